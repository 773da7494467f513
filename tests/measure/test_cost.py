"""FLOPs that can be counted by hand, and memory that is this cell's own."""

from __future__ import annotations

import sys

import numpy as np
import pytest
import torch

from labkit.measure.cost import PeakMemory, flops_per_image


def test_a_linear_layer_forward_and_backward():
    layer = torch.nn.Linear(30, 20, bias=False)
    batch = torch.ones(8, 30)
    forward = flops_per_image(lambda: layer(batch), 8)
    assert forward == 2 * 30 * 20
    both = flops_per_image(lambda: layer(batch).sum().backward(), 8)
    assert both == 2 * forward  # the input needs no gradient


def test_a_convolution():
    layer = torch.nn.Conv2d(1, 4, 3, padding=1, bias=False)
    with torch.no_grad():
        assert flops_per_image(lambda: layer(torch.ones(2, 1, 28, 28)), 2) == 2 * 28 * 28 * 4 * 9


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
