"""What every test starts from, whichever ran before it in the same process."""

from __future__ import annotations

import sys

import pytest


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Subnormal numbers are numbers again: training in this process rounds them to zero."""
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.set_flush_denormal(False)
