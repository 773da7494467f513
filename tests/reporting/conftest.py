"""One finished store for all tests of the report; it takes seconds to write."""

from __future__ import annotations

from pathlib import Path

import pytest

from labkit.store.store import Store
from tests.builders.plans import SMALL, fake_plan
from tests.builders.stores import still, write_store


@pytest.fixture(scope="session")
def lab1(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Lab 1's 18 cells, one seed, all done; read only."""
    with pytest.MonkeyPatch.context() as patch:
        still(patch)
        return write_store(tmp_path_factory.mktemp("lab1"), fake_plan())


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Three cells of two epochs, one seed, all done; read only."""
    with pytest.MonkeyPatch.context() as patch:
        still(patch)
        return write_store(tmp_path_factory.mktemp("small"), fake_plan(SMALL, epochs=2))


@pytest.fixture(scope="session")
def troubled(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Three cells of three epochs and three seeds: one failed, one missing, one unmeasured."""
    plan = fake_plan(SMALL, seeds=(42, 43, 44), epochs=3, data_source="full", profile="quick")
    return write_store(
        tmp_path_factory.mktemp("troubled"),
        plan,
        failed=["MNIST_GAN_hinge_z64_seed43"],
        missing=["MNIST_GAN_bce_z64_seed42"],
        unmeasured=["FashionMNIST_VAE_latent8_seed44"],
    )


@pytest.fixture
def answers(tmp_path: Path) -> Path:
    """A student's answers, with an attack or two."""
    path = tmp_path / "answers.md"
    path.write_text(
        "## 1. What hyperparameters most influenced GAN stability in your runs?\n"
        'Own **words**: {{ value("MNIST_GAN_hinge_z64", "proxy_fid") }} <img src=x onerror=a()>\n'
        "[run](javascript:alert(1)) ![px](https://example.org/p.png)\n\n"
        "## Something of my own\nA remark.\n",
        "utf-8",
    )
    return path
