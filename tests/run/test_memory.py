"""A setting that cannot fit the machine is refused before anything is trained."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.builders.commands import labkit, project

TEXT = """
name: large
data: {source: bundled, limit: 256}
training: {epochs: 1}
experiments:
  it:
    family: FAMILY
    grid: {dataset: [MNIST], SETTING}
"""


@pytest.mark.parametrize("options", [(), ("-n",)])
@pytest.mark.parametrize(
    ("family", "setting", "said"),
    [
        (
            "gan",
            "loss: [hinge], z_dim: [64, 1000000000]",
            "z_dim 1000000000 would take about 140 TB",
        ),
        ("vae", "latent_dim: [1000000000]", "latent_dim 1000000000 would take about 191 TB"),
    ],
)
def test_a_code_larger_than_the_memory_is_refused(
    tmp_path: Path, options: tuple[str, ...], family: str, setting: str, said: str
) -> None:
    lab = project(tmp_path, TEXT.replace("FAMILY", family).replace("SETTING", setting))
    line = labkit("run", *options, cwd=lab, check=2).stderr.splitlines()[-1]
    assert said in line
    assert "of memory; this machine has " in line
    assert not (lab / "results").exists()


def test_a_large_code_that_fits_is_none_of_labkits_business(tmp_path: Path) -> None:
    lab = project(tmp_path, TEXT.replace("FAMILY", "vae").replace("SETTING", "latent_dim: [60000]"))
    labkit("run", "-n", cwd=lab)
