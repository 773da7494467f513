"""What every test starts from, whichever ran before it in the same process."""

from __future__ import annotations

import sys

import pytest

#: Files with minutes of slow tests, the longest first: they begin first, so that at the end no
#: worker is left alone with one.
LONG = (
    "test_recipes_hold", "test_own_kept", "test_measures", "test_verify", "test_cli",
    "test_own_noise", "test_soak", "test_notebook", "test_colab",
)  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the long files in front; all else stays in its order."""
    items.sort(key=lambda item: LONG.index(stem) if (stem := item.path.stem) in LONG else len(LONG))


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Subnormal numbers are numbers again: training in this process rounds them to zero."""
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.set_flush_denormal(False)
