"""How much of one text stands in another: sequences of words that both have, the rare ones first.

Three words in a row, numbers left open. What labkit or the lab sheet says counts for nobody, and
what many of a class say counts little: it is the words of the subject.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from itertools import combinations
from math import log

#: Words in a sequence, and the fewest sequences of a text that are compared.
WORDS, FEWEST = 3, 25
#: Added to the size of a class, so that two texts alone can be compared too.
_MORE = 8
_MARK = re.compile(r"\{\{.*?\}\}|\[\s*claims?\b[^\]\n]*\]|https?://\S+", re.IGNORECASE)
#: A word, a number, or one letter of a script that puts no spaces between words.
_TOKEN = re.compile(
    r"(?P<number>[0-9][0-9.,]*)|[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|[^\W\d_]+"
)

Shingle = tuple[str, ...]


def tokens(text: str) -> list[tuple[str, int, int]]:
    """The words of a text in small letters, each with its place; every number is ``#``."""
    plain = _MARK.sub(lambda match: " " * len(match.group()), text)
    return [
        ("#" if match["number"] else match.group().casefold(), *match.span())
        for match in _TOKEN.finditer(plain)
    ]


def shingles(text: str) -> set[Shingle]:
    """Every sequence of `WORDS` words of a text."""
    words = [word for word, _start, _end in tokens(text)]
    return set(zip(*(words[k:] for k in range(WORDS)), strict=False))


def known(texts: Iterable[str]) -> set[Shingle]:
    """The sequences of texts that are nobody's own: labkit's sentences, the sheet's questions."""
    return set().union(*map(shingles, texts))


def overlaps(texts: Sequence[str], common: set[Shingle]) -> Iterator[tuple[tuple[int, int], float]]:
    """Yield every two texts that share a sequence which is not `common`, by their places.

    With them, the share of the smaller's sequences that are in both, by weight, 0 to 1.

    A sequence weighs the less the more texts have it, as in search engines: log of the number of
    texts over that of those with it. Texts of fewer than `FEWEST` are not compared.
    """
    own = {i: found for i, text in enumerate(texts) if len(found := shingles(text) - common)}
    own = {i: found for i, found in own.items() if len(found) >= FEWEST}
    owners: Mapping[Shingle, list[int]] = defaultdict(list)
    for i, found in own.items():
        for shingle in found:
            owners[shingle].append(i)
    weight = {each: log((len(own) + _MORE) / len(having)) for each, having in owners.items()}
    whole = {i: sum(weight[each] for each in found) for i, found in own.items()}
    shared: Counter[tuple[int, int]] = Counter()
    for shingle, having in owners.items():
        for both in combinations(having, 2):
            shared[both] += weight[shingle]  # type: ignore[assignment]
    for (i, j), sum_of_both in sorted(shared.items()):
        yield (i, j), sum_of_both / min(whole[i], whole[j])


def passage(first: str, second: str) -> str:
    """The longest run of words that both texts have, as the first has it."""
    a, b = tokens(first), tokens(second)
    words = [word for word, *_ in a], [word for word, *_ in b]
    match = SequenceMatcher(None, *words, autojunk=False).find_longest_match()
    if not match.size:
        return ""
    said = first[a[match.a][1] : a[match.a + match.size - 1][2]]
    return " ".join(said.split())
