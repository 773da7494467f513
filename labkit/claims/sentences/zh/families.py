"""One family of models against another, in Chinese."""

from collections.abc import Sequence

from labkit.claims.claim import Sentence
from labkit.claims.findings.families import Families
from labkit.claims.sentences.judged import Strengths, sides
from labkit.claims.sentences.zh import grammar, levels, names
from labkit.claims.sentences.zh.grammar import Numbers
from labkit.claims.verdict import Strength


def statement(found: Families, strength: Strength) -> Sentence:
    """The statement with its numbers: a row of the evidence."""
    n, at = Numbers(), grammar.at(found.dataset)
    values, (ahead, behind) = _values(n, found), map(names.family, sides(found))
    if found.ahead is None:
        return n.sentence(f"{at}{ahead}与{behind}持平（{values}）。", [found])
    tail = f"，{levels.AHEAD[strength]}" if strength in levels.AHEAD else ""
    return n.sentence(f"{at}{ahead}领先于{behind}{tail}（{values}）。", [found])


def against(found: Sequence[Families], strengths: Strengths) -> list[Sentence]:
    """Who is ahead on which data set, in as few sentences as the data sets allow."""
    measured = [f for f in found if f.missing is None]
    alike = len({(f.ahead, strengths[f.id]) for f in measured}) == 1
    groups = [measured] if alike else [[f] for f in measured]
    return [_together(each, strengths[each[0].id]) for each in groups]


def _together(found: Sequence[Families], strength: Strength) -> Sentence:
    n, first = Numbers(), found[0]
    at, each = grammar.at(first.dataset), [_values(n, f, len(found) == 1) for f in found]
    if len(found) > 1:
        at = f"在{names.everywhere(len(found))}上，"
        each = [f"{names.dataset(f.dataset)} {shown}" for f, shown in zip(found, each, strict=True)]
    label = f"{names.measured(first)}：" if len(found) > 1 else ""
    values = label + "；".join(each)
    ahead, behind = map(names.family, sides(first))
    if first.ahead is None:
        return n.sentence(f"{at}{ahead}与{behind}持平（{values}）。", found)
    front, back = levels.sure(strength)
    lead = f"{ahead}{front}领先于{behind}"
    if strength != "level" and all(f.every and min(f.n_a, f.n_b) > 1 for f in found):
        back = back.replace("，差距在", "，但差距仍在")
        lead = f"每个{ahead}都{front}领先于每个{behind}"
    runs = "这些训练中，" if strength == "seen once" else ""
    return n.sentence(f"{runs}{at}{lead}{back}（{values}）。", found)


def _values(n: Numbers, found: Families, label: bool = True) -> str:
    return levels.against(n, found, *sides(found), label)
