"""What only Chinese needs: places before what is there, no capitals, "52%".

Texts are joined without a thought of spaces; ``spaced`` sets them at the end.
"""

from labkit.claims.sentences import numbers
from labkit.claims.sentences.numbers import dataset_label
from labkit.text.typography import spaced


def on(dataset: str) -> str:
    """ "在MNIST上"; empty if the table names no data set."""
    return f"在{dataset_label(dataset)}上" if dataset else ""


def at(dataset: str) -> str:
    """ "在 MNIST 上，"; empty if the table names no data set."""
    return f"{on(dataset)}，" if dataset else ""


def of(dataset: str) -> str:
    """ "MNIST 上的"; empty if the table names no data set."""
    return f"{dataset_label(dataset)}上的" if dataset else ""


def stop(text: str) -> str:
    """A sentence without its full stop, as a part of another."""
    return text.rstrip("。")


class Numbers(numbers.Numbers):
    """The values of one Chinese sentence while it is written."""

    percent = "%"

    def finished(self, text: str) -> str:
        """A sentence as it stands on a page."""
        return spaced(text)
