"""A small class of invented numbers, as Moodle exports it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.builders import handins, stores

ANSWERS = """\
## What hyperparameters most influenced GAN stability in your runs?

The loss: with hinge Ada Lovelace saw 99.9 % of it.

## Evidence of mode collapse (if any)? What helped?

None that I could see.
"""


@pytest.fixture(autouse=True)
def _alone(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABKIT_CACHE", str(tmp_path_factory.mktemp("cache")))


@pytest.fixture(scope="session")
def three(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three hand-ins: Ada's with answers, Grace's without a cell, Kurt's with other settings."""
    root = tmp_path_factory.mktemp("class")
    made = root / "Lab 1"
    with pytest.MonkeyPatch.context() as patch:
        stores.still(patch)
        for number, (name, about) in enumerate(
            {
                "Ada Lovelace": {},
                "Grace Hopper": {"failed": ("MNIST_GAN_bce_z64",), "seeds": "[7]"},
                "Kurt Goedel": {"epochs": 3, "seeds": "[9]"},
            }.items()
        ):
            file = handins.project(root / name, **about)
            who = file.read_text().replace("Ada Lovelace", name).replace("1815", f"18{15 + number}")
            file.write_text(who)
            (file.parent / "answers.md").write_text(ANSWERS)
            folder = made / f"{name}_{300 + number}_assignsubmission_file_"
            folder.mkdir(parents=True)
            handins.handed_in(file, folder / "lab.zip", size="usual")
    (made / "Alan Turing_305_assignsubmission_file_").mkdir()
    (made / "Alan Turing_305_assignsubmission_file_" / "report.pdf").write_bytes(b"%PDF")
    (made / "Grades-Lab 1.csv").write_text("Identifier\n")
    return made


@pytest.fixture
def folder(three: Path, tmp_path: Path) -> Path:
    """The same class, to change."""
    return shutil.copytree(three, tmp_path / "Lab 1")
