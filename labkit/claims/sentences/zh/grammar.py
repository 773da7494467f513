"""What only Chinese needs: a space between Chinese and Latin letters, places before what is there.

Texts are joined without a thought of spaces; :func:`spaced` sets them at the end.
"""

import re

from labkit.claims.sentences import numbers
from labkit.claims.sentences.zh import names

_HAN = "\u3400-\u9fff"
_LATIN = "A-Za-z0-9α-ωΑ-Ω"
_BETWEEN = re.compile(rf"(?<=[{_HAN}])(?=[{_LATIN}`−])|(?<=[{_LATIN}`%∞])(?=[{_HAN}])")


def spaced(text: str) -> str:
    """A text with a space wherever Chinese meets Latin letters, digits or code.

    >>> spaced("全部12个GAN都稳定，覆盖率52%。")
    '全部 12 个 GAN 都稳定，覆盖率 52%。'
    """
    return _BETWEEN.sub(" ", text)


def at(dataset: str) -> str:
    """ "在 MNIST 上，"; empty if the table names no data set."""
    return f"{names.on(dataset)}，" if dataset else ""


def of(dataset: str) -> str:
    """ "MNIST 上的"; empty if the table names no data set."""
    return f"{names.dataset(dataset)}上的" if dataset else ""


def stop(text: str) -> str:
    """A sentence without its full stop, as a part of another."""
    return text.rstrip("。")


class Numbers(numbers.Numbers):
    """The values of one Chinese sentence while it is written."""

    percent = "%"

    def finished(self, text: str) -> str:
        """A sentence as it stands on a page."""
        return spaced(text)
