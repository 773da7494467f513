"""Memory that is this cell's own."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from labkit.measure.cost import PeakMemory


@pytest.mark.skipif(sys.platform != "linux", reason="the high-water mark is Linux's")
def test_an_earlier_peak_does_not_count():
    before = PeakMemory()
    large = np.ones(200_000_000, np.uint8)
    with_large = before.megabytes()
    del large
    later = PeakMemory()
    if "during the cell" not in later.method:
        pytest.skip("the kernel does not let this process reset its mark")
    assert with_large - later.megabytes() > 150


def test_it_says_how_it_was_measured():
    memory = PeakMemory()
    assert memory.method
    assert memory.megabytes() is None or memory.megabytes() > 1
