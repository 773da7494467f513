"""Memory that is this cell's own."""

from __future__ import annotations

import sys
from mmap import mmap

import pytest

from labkit.measure import cost
from labkit.measure.cost import PeakMemory


@pytest.mark.skipif(sys.platform != "linux", reason="the high-water mark is Linux's")
def test_an_earlier_peak_does_not_count():
    before = PeakMemory()
    # Straight from the system: an allocator may have as much left of what was freed before.
    with mmap(-1, 200_000_000) as large:
        large.write(bytes(200_000_000))
        with_large = before.megabytes()
    later = PeakMemory()
    if "during the cell" not in later.method:
        pytest.skip("the kernel does not let this process reset its mark")
    assert with_large - later.megabytes() > 150


def test_it_says_how_it_was_measured(monkeypatch):
    monkeypatch.setattr(cost, "_reset_high_water_mark", lambda: False)
    monkeypatch.setattr(cost, "_lifetime_peak", iter([200.0, 200.0, 300.0]).__next__)
    memory = PeakMemory()
    assert memory.method.endswith("so far, if it rose in the cell")
    assert [memory.megabytes(), memory.megabytes()] == [None, 300.0]
    monkeypatch.setattr(cost, "_reset_high_water_mark", lambda: True)
    monkeypatch.setattr(cost, "_high_water_mark", lambda: 120.0)
    memory = PeakMemory()
    assert memory.method.endswith("during the cell")
    assert memory.megabytes() == 120.0


@pytest.mark.skipif(sys.platform != "linux", reason="read from /proc")
def test_the_peak_of_this_process_is_known():
    assert PeakMemory().megabytes() > 10
