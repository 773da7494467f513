"""What the shipped file resolves to, and what changes a cell's identity."""

from __future__ import annotations

import json
import math
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from labkit.catalog import DATASETS, FAMILIES, REGISTRIES, Param
from labkit.catalog.rules import acts_with
from labkit.data.sources import data_hash
from labkit.errors import PlanError
from labkit.experiment import grid as plan_module
from labkit.experiment.grid import make_plan, parse_experiment, read_experiment
from labkit.experiment.plan import Plan, matches
from labkit.experiment.spec import CellSpec

LAB1 = [
    "MNIST_GAN_hinge_z32",
    "MNIST_GAN_hinge_z64",
    "MNIST_GAN_hinge_z128",
    "MNIST_GAN_bce_z32",
    "MNIST_GAN_bce_z64",
    "MNIST_GAN_bce_z128",
    "FashionMNIST_GAN_hinge_z32",
    "FashionMNIST_GAN_hinge_z64",
    "FashionMNIST_GAN_hinge_z128",
    "FashionMNIST_GAN_bce_z32",
    "FashionMNIST_GAN_bce_z64",
    "FashionMNIST_GAN_bce_z128",
    "MNIST_VAE_latent8",
    "MNIST_VAE_latent16",
    "MNIST_VAE_latent32",
    "FashionMNIST_VAE_latent8",
    "FashionMNIST_VAE_latent16",
    "FashionMNIST_VAE_latent32",
]

Build = Callable[..., Plan]


def names(plan: Plan) -> list[str]:
    return [cell.name for cell in plan.cells]


def prints(plan: Plan) -> set[str]:
    return {cell.fingerprint for cell in plan.cells}


# --- the shipped file


def test_lab1(lab1: Path) -> None:
    plan = make_plan(read_experiment(lab1), source="bundled")
    assert names(plan) == LAB1
    assert len(prints(plan)) == 18
    assert (plan.name, plan.profile, plan.seeds) == ("lab1", None, (42,))
    assert plan.title == "Lab 1 — Generative Models: GAN vs VAE"
    assert plan.author == {"name": "", "id": "", "group": "", "course": ""}
    assert plan.snapshot_epochs == (1, 5, 10)
    assert (plan.data_source, plan.data_reason) == ("bundled", "the bundled subset was asked for")
    assert plan.settings["report"] == {
        "answers": "prose",
        "language": "en",
        "layout": "full",
        "performance": False,
        "questions": [],
        "reference": True,
    }


def test_lab1_cells_are_the_lab_sheets(lab1: Path) -> None:
    """Every setting of one GAN and one VAE, as the lab sheet has them."""
    cells = {cell.name: cell for cell in make_plan(read_experiment(lab1), source="bundled").cells}
    gan, vae = cells["MNIST_GAN_bce_z64"], cells["FashionMNIST_VAE_latent16"]
    assert gan.params == {
        "networks": "lab1", "loss": "bce", "z_dim": 64, "lr": 2e-4, "betas": [0.5, 0.999],
        "n_critic": 1, "constraint": "none", "clip": 0.01, "gp_weight": 10.0, "optimiser": "adam",
        "d_norm": "own", "init": "default", "label_smoothing": 0.0, "ema": 0.0,
    }  # fmt: skip
    assert vae.params == {
        "networks": "lab1", "latent_dim": 16, "reconstruction": "l1", "lr": 2e-3,
        "betas": [0.9, 0.999], "optimiser": "adam", "beta": 1.0, "kl_warmup": 0, "free_bits": 0.0,
        "norm": "none", "dropout": 0.0,
    }  # fmt: skip
    for cell in (gan, vae):
        assert (cell.seed, cell.precision) == (42, "fp32")
        assert cell.training == {"epochs": 10, "batch_size": 128}
        assert cell.data == {
            "source": "bundled", "sha256": data_hash(cell.dataset, "bundled"), "limit": None,
        }  # fmt: skip
        assert cell.selection == {
            "rule": "lowest proxy FID",
            "samples": 5000,
            "against": "first 10,000 training images",
            "features": f"weights of {cell.dataset}",
        }
        assert cell.evaluation["samples"] == 10_000
        assert len(cell.code) == len(cell.evaluation["code"]) == 64
    assert gan.code != vae.code


def test_quick_profile(lab1: Path) -> None:
    plan = make_plan(read_experiment(lab1, "quick"), source="bundled")
    assert (plan.name, plan.profile, names(plan)) == ("lab1-quick", "quick", LAB1)
    assert plan.snapshot_epochs == (1, 2)
    cell = plan.cells[0]
    assert cell.training == {"epochs": 2, "batch_size": 128}
    assert (cell.data["limit"], cell.evaluation["samples"]) == (2000, 2000)
    assert not prints(plan) & prints(make_plan(read_experiment(lab1), source="bundled"))


def test_plan_json(lab1: Path) -> None:
    plan = make_plan(read_experiment(lab1, "quick"), source="bundled", seeds="2")
    text = json.dumps(plan.to_json(), allow_nan=False)
    assert Plan.from_json(json.loads(text)) == plan
    for broken in ({}, {**plan.to_json(), "format_version": 2}, {"format_version": 1}):
        with pytest.raises(PlanError, match=r"^plan\.json: "):
            Plan.from_json(broken)
    missing = plan.to_json()
    del missing["cells"][0]["seed"]
    with pytest.raises(PlanError, match=r"^plan\.json: damaged: 'seed' is missing$"):
        Plan.from_json(missing)


def test_planning_brings_in_nothing_heavy(lab1: Path) -> None:
    """In a process of its own: the tests around have imported everything."""
    code = (
        "import sys; from pathlib import Path; import labkit.experiment.grid as p; "
        "p.feature_hash = str; "
        f"p.make_plan(p.read_experiment(Path({str(lab1)!r})), source='bundled'); "
        "print(*sorted({'torch', 'pandas', 'scipy', 'matplotlib'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


# --- identity

FILE: dict[str, Any] = {
    "name": "lab",
    "title": "A lab",
    "author": {"name": "Ada"},
    "seeds": [42],
    "training": {"epochs": 4, "batch_size": 64, "snapshot_epochs": [1, 4]},
    "experiments": {
        "gan": {
            "family": "gan",
            "grid": {"dataset": ["MNIST", "FashionMNIST"], "z_dim": [64, 32]},
            "params": {"lr": 2e-4, "betas": [0.5, 0.999]},
        }
    },
    "evaluation": {"samples": 5000},
}


def changed(*path: str, to: Any) -> str:
    """The file with one value replaced."""
    copy: dict[str, Any] = json.loads(json.dumps(FILE))
    inner = copy
    for step in path[:-1]:
        inner = inner.setdefault(step, {})
    inner[path[-1]] = to
    return yaml.safe_dump(copy)


@pytest.mark.parametrize(
    "text",
    [
        yaml.safe_dump(FILE, sort_keys=True),
        yaml.safe_dump(FILE, sort_keys=False, default_flow_style=True),
        json.dumps(FILE, indent=4),
        "# a comment\n" + yaml.safe_dump(FILE).replace("\n", "  # and more\n"),
        changed("title", to="Another"),
        changed("author", "id", to="7"),
        changed("name", to="other"),
        changed("training", "snapshot_epochs", to=[2]),
        changed("threads", to=2),
        changed("report", "layout", to="brief"),
        changed("evaluation", "samples", to=100),
        changed("precision", to="fp32"),
        changed("experiments", "gan", "params", "n_critic", to=1),
        changed("experiments", "gan", "grid", "dataset", to=["FashionMNIST", "MNIST"]),
        yaml.safe_dump(FILE).replace("0.0002", "2e-4"),
        yaml.safe_dump(FILE).replace("gan:", "renamed:"),
        yaml.safe_dump({**FILE, "profiles": {"quick": {"seeds": [1]}}}),
    ],
)
def test_what_does_not_change_a_cell(text: str, plan_of: Build) -> None:
    base = plan_of(yaml.safe_dump(FILE))
    assert [c.fingerprint for c in plan_of(text).cells] == [c.fingerprint for c in base.cells]


@pytest.mark.parametrize(
    "text",
    [
        changed("seeds", to=[43]),
        changed("training", "epochs", to=5),
        changed("training", "batch_size", to=65),
        changed("data", "limit", to=5000),
        changed("precision", to="bf16"),
        changed("evaluation", "selection_samples", to=4999),
        changed("experiments", "gan", "params", "lr", to=3e-4),
        changed("experiments", "gan", "params", "betas", to=[0.5, 0.99]),
        changed("experiments", "gan", "params", "loss", to="bce"),
        changed("experiments", "gan", "training", to={"epochs": 5}),
    ],
)
def test_what_changes_every_cell(text: str, plan_of: Build) -> None:
    assert not prints(plan_of(yaml.safe_dump(FILE))) & prints(plan_of(text))


def test_data_code_and_features_change_every_cell(
    plan_of: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = yaml.safe_dump(FILE)
    base = plan_of(text)
    for target, other in (
        ("labkit.experiment.grid.resolve_source", lambda *_: ("full", "here")),
        ("labkit.experiment.grid.feature_hash", lambda _: "other"),
        ("labkit.experiment.fingerprint.training_code", lambda *_: "other"),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(target, other)
            assert not prints(base) & prints(plan_of(text))


def test_measuring_changes_only_the_evaluation(
    plan_of: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = yaml.safe_dump(FILE)
    base = plan_of(text)
    more = plan_of(changed("evaluation", "samples", to=6000))
    monkeypatch.setattr(plan_module.fingerprint, "measuring_code", lambda: "other")
    mended = plan_of(text)
    for other in (more, mended):
        assert prints(base) == prints(other)
        pairs = zip(base.cells, other.cells, strict=True)
        assert all(a.evaluation_fingerprint != b.evaluation_fingerprint for a, b in pairs)


# --- grids, names, order


def test_order_is_by_size_and_catalog_not_by_typing(plan_of: Build) -> None:
    plan = plan_of(
        "name: lab\nexperiments:\n"
        "  vae: {family: vae, params: {dataset: MNIST},"
        " grid: {latent_dim: [10, 9], reconstruction: [bernoulli, mse, l1]}}\n"
        "  gan: {family: gan, grid: {lr: [1e-3, 5e-5], z_dim: [8], dataset: [MNIST]}}\n"
    )
    assert names(plan) == [
        "MNIST_VAE_latent9_l1", "MNIST_VAE_latent9_mse", "MNIST_VAE_latent9_bernoulli",
        "MNIST_VAE_latent10_l1", "MNIST_VAE_latent10_mse", "MNIST_VAE_latent10_bernoulli",
        "MNIST_GAN_hinge_z8_lr5e-05", "MNIST_GAN_hinge_z8_lr0.001",
    ]  # fmt: skip


def test_betas_as_an_axis(plan_of: Build) -> None:
    plan = plan_of(
        "name: lab\nexperiments:\n  gan:\n    family: gan\n"
        "    grid: {dataset: [MNIST], betas: [[0.5, 0.999], [0, 0.9]]}\n"
    )
    assert names(plan) == [
        "MNIST_GAN_hinge_z64_betas0-0.9",
        "MNIST_GAN_hinge_z64_betas0.5-0.999",
    ]
    assert plan.cells[0].params["betas"] == [0.0, 0.9]


def test_a_shared_name_carries_the_experiment(plan_of: Build) -> None:
    plan = plan_of(
        "name: lab\nexperiments:\n"
        "  slow: {family: gan, params: {dataset: MNIST, lr: 1e-4}}\n"
        "  fast: {family: gan, params: {dataset: MNIST, lr: 1e-3}}\n"
        "  vae: {family: vae, params: {dataset: MNIST}}\n"
    )
    assert names(plan) == [
        "MNIST_GAN_hinge_z64_slow", "MNIST_GAN_hinge_z64_fast", "MNIST_VAE_latent16",
    ]  # fmt: skip


def test_training_of_one_experiment(plan_of: Build) -> None:
    plan = plan_of(
        "name: lab\ntraining: {epochs: 3, snapshot_epochs: [1, 4, 9]}\nexperiments:\n"
        "  gan: {family: gan, params: {dataset: MNIST}, training: {epochs: 6}}\n"
        "  vae: {family: vae, params: {dataset: MNIST}, training: {batch_size: 32}}\n"
    )
    gan, vae = plan.cells
    assert gan.training == {"epochs": 6, "batch_size": 128}
    assert vae.training == {"epochs": 3, "batch_size": 32}
    assert plan.snapshot_epochs == (1, 4, 6)
    assert (plan.snapshots(gan), plan.snapshots(vae)) == ((1, 4, 6), (1, 3))


def test_long_names_are_cut_and_stay_distinct(
    plan_of: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan_module, "MAX_NAME", 40)
    plan = plan_of(
        "name: lab\nexperiments:\n  gan:\n    family: gan\n"
        "    grid: {dataset: [MNIST], lr: [0.0001234567, 0.0001234568], n_critic: [1, 2]}\n"
    )
    assert len(set(names(plan))) == 4
    assert all(len(name) == 40 for name in names(plan))


def test_profiles_merge_deeply(plan_of: Build) -> None:
    text = (
        "name: lab\nseeds: [1, 2]\ndata: {source: bundled, limit: 100}\nexperiments:\n"
        "  gan:\n    family: gan\n    grid: {dataset: [MNIST], z_dim: [8, 16]}\n"
        "    params: {lr: 1e-3, n_critic: 2}\n"
        "profiles:\n  tiny:\n    seeds: [5]\n    data: {limit: null}\n    experiments:\n"
        "      gan: {grid: {z_dim: [4]}, params: {lr: 1e-2}}\n"
    )
    plan = plan_of(text, "tiny", source=None)
    (cell,) = plan.cells
    assert (plan.name, cell.name, cell.seed) == ("lab-tiny", "MNIST_GAN_hinge_z4", 5)
    assert (cell.params["lr"], cell.params["n_critic"]) == (0.01, 2)
    assert (cell.data["source"], cell.data["limit"]) == ("bundled", None)


def test_text_stays_as_it_was_typed(plan_of: Build) -> None:
    plan = plan_of(
        "name: 2024\ntitle: 1.50\nauthor: {id: 007, name: no, group: 1e3, course: }\n"
        "report:\nexperiments: {gan: {family: gan, params: {dataset: MNIST}}}\n"
    )
    assert (plan.name, plan.title) == ("2024", "1.50")
    assert plan.author == {"id": "007", "name": "no", "group": "1e3", "course": ""}


def test_anchors_may_be_used(plan_of: Build) -> None:
    plan = plan_of(
        "name: lab\nexperiments:\n"
        "  gan: {family: gan, grid: {dataset: &both [MNIST, FashionMNIST]}}\n"
        "  vae: {family: vae, grid: {dataset: *both}}\n"
    )
    assert len(plan.cells) == 4


# --- seeds


SEEDS = "name: lab\nexperiments:\n  gan: {family: gan, grid: {dataset: [MNIST], z_dim: [1, 2]}}\n"


def test_seeds_count_up_or_are_listed(plan_of: Build) -> None:
    assert plan_of(SEEDS).seeds == (42,)
    assert plan_of(SEEDS, seeds="3").seeds == (42, 43, 44)
    assert plan_of("seeds: [7, 1]\n" + SEEDS, seeds="2").seeds == (7, 8)
    assert plan_of(SEEDS, seeds="0,1, 2").seeds == (0, 1, 2)
    assert plan_of(SEEDS, seeds="9,").seeds == (9,)
    assert names(plan_of(SEEDS, seeds="9,")) == ["MNIST_GAN_hinge_z1", "MNIST_GAN_hinge_z2"]
    assert names(plan_of(SEEDS, seeds="2")) == [
        "MNIST_GAN_hinge_z1_seed42", "MNIST_GAN_hinge_z1_seed43",
        "MNIST_GAN_hinge_z2_seed42", "MNIST_GAN_hinge_z2_seed43",
    ]  # fmt: skip


def test_more_seeds_keep_the_cells_that_were_there(plan_of: Build) -> None:
    assert prints(plan_of(SEEDS)) < prints(plan_of(SEEDS, seeds="3"))


def test_only_never_removes_a_cell(plan_of: Build) -> None:
    plain = plan_of(SEEDS)
    assert plan_of(SEEDS, only="*z1") == plain
    some = plan_of(SEEDS, only="*z1", seeds="2")
    assert [(c.name, c.seed) for c in some.cells] == [
        ("MNIST_GAN_hinge_z1_seed42", 42),
        ("MNIST_GAN_hinge_z1_seed43", 43),
        ("MNIST_GAN_hinge_z2_seed42", 42),
    ]
    listed = plan_of(SEEDS, only="*z1_seed7", seeds="7,8")
    assert [(c.name[-9:], c.seed) for c in listed.cells] == [
        ("z1_seed42", 42), ("_z1_seed7", 7), ("z2_seed42", 42),
    ]  # fmt: skip


def test_a_glob_means_a_cell_with_or_without_its_seed() -> None:
    assert matches("MNIST_GAN_hinge_z64_seed42", "MNIST_GAN_hinge_z64")
    assert matches("MNIST_GAN_hinge_z64_seed42", "*_seed42")
    assert not matches("MNIST_GAN_hinge_z64_seed42", "*_seed43")
    assert not matches("MNIST_GAN_hinge_z64", "mnist*")


def test_the_reason_names_no_folder_of_this_machine(
    tmp_path: Path, plan_of: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LABKIT_DATA", str(tmp_path / "mine"))
    monkeypatch.setenv("LABKIT_CACHE", str(tmp_path / "cache"))
    plan = plan_of(SEEDS, source="auto", download=False)
    assert plan.data_source == "bundled"
    assert plan.data_reason == (
        "no full MNIST under LABKIT_DATA and the cache: looked for "
        "MNIST/raw/train-images-idx3-ubyte or its .gz"
    )
    with pytest.raises(PlanError, match=r"no full MNIST under .* without --data-root"):
        plan_of(SEEDS, source="auto", download=False, data_root=tmp_path)


# --- any valid file


@st.composite
def files(draw: st.DrawFn) -> dict[str, Any]:
    """A valid experiment file, over every family and setting of the catalog."""
    blocks = {}
    for key in draw(st.lists(st.sampled_from(["a", "b-1", "C.c"]), min_size=1, unique=True)):
        family = draw(st.sampled_from(sorted(FAMILIES)))
        grid = {"dataset": draw(_some(sorted(DATASETS)))}
        params = FAMILIES[family].params
        free = sorted(name for name, p in params.items() if not acts_with(p, params))
        for name in draw(st.lists(st.sampled_from(free), max_size=4, unique=True)):
            grid[name] = draw(_some(_levels(FAMILIES[family].params[name])))
        blocks[key] = {"family": family, "grid": grid}
    return {
        "name": "lab",
        "seeds": draw(st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=3, unique=True)),
        "training": {"epochs": draw(st.integers(1, 100))},
        "experiments": blocks,
    }


_POOL: dict[type, list[Any]] = {
    int: [1, 2, 30],
    float: [1e-4, 0.25, 3.0],
    tuple: [[0.0, 0.5], [0.5, 0.999]],
}


def _levels(param: Param) -> list[Any]:
    if param.choices:
        return sorted(REGISTRIES[param.choices])
    most = math.inf if param.below is None else param.below
    pool = _POOL[type(param.default)]
    if param.minimum and param.minimum > 2:  # such as maps that are normalised eight at a time
        pool = [int(param.minimum) * n for n in (1, 2, 4)]
    return [v for v in pool if isinstance(v, list) or v < most]


def _some(pool: list[Any]) -> st.SearchStrategy[list[Any]]:
    return st.permutations(pool).flatmap(
        lambda order: st.integers(1, len(order)).map(lambda n: order[:n])
    )


@settings(deadline=None, max_examples=60)
@given(files())
def test_any_valid_file(file: dict[str, Any]) -> None:
    """Two spellings give one plan; names and fingerprints are distinct; JSON holds all."""
    text = yaml.safe_dump(file, sort_keys=False)
    try:
        plan = make_plan(parse_experiment(text, "a.yaml"), source="bundled")
    except PlanError as error:
        if not re.search("is also in|mixes them|takes no argument", str(error)):
            raise
        return
    again = make_plan(parse_experiment(json.dumps(file), "b.json"), source="bundled")
    assert plan == again
    assert Plan.from_json(json.loads(json.dumps(plan.to_json()))) == plan
    assert len({name.lower() for name in names(plan)}) == len(plan.cells) == len(prints(plan))
    assert all(CellSpec.from_json(cell.to_json()) == cell for cell in plan.cells)
    allowed = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-")
    assert all(set(name) <= allowed and len(name) <= 120 for name in names(plan))
    for cell in plan.cells:
        assert set(cell.params) == set(FAMILIES[cell.family].params)
