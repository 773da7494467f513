"""A text in several languages at once."""

from collections.abc import Sequence
from typing import Self


class Said(str):
    """A text in several languages; as plain text, one behind the other: "Data | 数据"."""

    versions: tuple[tuple[str, str], ...]
    """Each language's code and what it says."""

    @classmethod
    def of(cls, texts: Sequence[str], languages: Sequence[str]) -> Self | str:
        """The texts as one; a plain text where all say the same."""
        said = dict(zip(reversed(texts), reversed(languages), strict=True))
        if len(said) == 1:
            return texts[0]
        found = cls(" | ".join(text for text in reversed(said) if text))
        found.versions = tuple((code, text) for text, code in reversed(said.items()))
        return found


def versions(text: str) -> tuple[tuple[str, str], ...]:
    """A text's versions as language codes and texts; of a plain text that alone, without code."""
    return text.versions if isinstance(text, Said) else (("", text),)
