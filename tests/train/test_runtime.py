"""What `runtime.set_up` changes in a process."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

STEPS = """
import resource, torch
from labkit.train import runtime

def step():
    kept = [torch.ones(3_200_000) for _ in range(4)]  # as the activations of a GAN

runtime.set_up()
step()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(10):
    step()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.slow
@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the setting is glibc's")
def test_freed_memory_is_used_again() -> None:
    """Else glibc returns most of what a step frees: 3,125 pages of each tensor, at every step."""
    done = subprocess.run([sys.executable, "-c", STEPS], capture_output=True, check=True)
    assert int(done.stdout) < 5 * 3_125
