"""A text in several languages at once."""

import re
from collections.abc import Sequence
from typing import Self


class Said(str):
    """A text in several languages; as plain text, one behind the other: "Data | 数据"."""

    versions: tuple[tuple[str, str], ...]
    """Each language's code and what it says."""

    @classmethod
    def of(cls, texts: Sequence[str], languages: Sequence[str]) -> Self | str:
        """The texts as one; a plain text where all say the same. A number before all is said once.

        A list of names is the same whichever comma stands between them.

        >>> Said.of(["1. Data", "1. 数据"], ["en", "zh"])
        '1. Data | 数据'
        """
        if len({text.replace("、", ", ") for text in texts}) == 1:
            return texts[0]
        (number,) = re.findall(r"\A(?:\d+\. )?", texts[0])
        texts = [texts[0], *(text.removeprefix(number) for text in texts[1:])]
        said = dict(zip(reversed(texts), reversed(languages), strict=True))
        found = cls(" | ".join(text for text in reversed(said) if text))
        found.versions = tuple((code, text) for text, code in reversed(said.items()))
        return found


def versions(text: str) -> tuple[tuple[str, str], ...]:
    """A text's versions as language codes and texts; of a plain text that alone, without code."""
    return text.versions if isinstance(text, Said) else (("", text),)
