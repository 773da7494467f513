"""labkit from Python: load, run and report, and what a notebook shows of them."""

from __future__ import annotations

import inspect
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import labkit
from labkit import api, cli
from labkit.errors import LabkitError
from labkit.reporting.results import Results
from labkit.store.store import Store
from tests.builders.commands import TINY
from tests.builders.plans import fake_plan
from tests.builders.stores import write_store

POINTS = (
    ("gan", "MNIST", {"loss": "hinge", "z_dim": 64}),
    ("gan", "MNIST", {"loss": "bce", "z_dim": 64}),
    ("vae", "FashionMNIST", {"latent_dim": 8}),
)
EVIL = "<script>alert(1)</script> & \"'"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Two cells that are done, one that failed; a title that attacks."""
    plan = replace(fake_plan(POINTS, epochs=2), title=EVIL)
    root = tmp_path_factory.mktemp("api") / "lab"
    return write_store(root, plan, failed=["MNIST_GAN_bce_z64"])


@pytest.fixture(scope="module")
def results(store: Store) -> Results:
    return labkit.load(store.root)


def test_tables_and_cells(results: Results) -> None:
    assert list(results.table["run"]) == list(results.cells) == [
        "MNIST_GAN_hinge_z64", "MNIST_GAN_bce_z64", "FashionMNIST_VAE_latent8",
    ]  # fmt: skip
    assert results.summary == "2 of 3 cells done; 1 failed"
    cell = results.cells["MNIST_GAN_hinge_z64"]
    assert cell.status == "done"
    assert cell.settings["z_dim"] == 64
    row = results.table.set_index("run").loc[cell.name]
    assert cell.metrics["proxy_fid"] == row["proxy_fid"]
    assert list(cell.history["epoch"]) == [1, 2]
    mine = results.history[results.history["run"] == cell.name]
    assert list(mine["d_loss"]) == list(cell.history["d_loss"])
    failed = results.cells["MNIST_GAN_bce_z64"]
    assert failed.metrics == {}
    assert failed.history.empty
    assert "diverged at step 7" in failed.error


def test_images_are_those_on_disk(results: Results) -> None:
    cell = results.cells["FashionMNIST_VAE_latent8"]
    assert [(image.shows, image.epoch) for image in cell.images] == [
        (view, epoch) for view in ("interpolation", "reconstruction", "samples")
        for epoch in (1, 2)
    ]  # fmt: skip
    assert {image.epoch for image in cell.best} == {cell.best_epoch}
    grid = cell.images[-1].array()
    assert grid.dtype == np.uint8
    assert grid.ndim == 2
    assert grid.max() > 100
    assert cell.images[-1]._repr_png_().startswith(b"\x89PNG")
    assert len(results.images) == 2 + 6  # what a failed cell had made is not among them


def test_claims_are_those_of_the_report(results: Results) -> None:
    assert {answer.question for answer in results.answers}
    texts = [claim.text for claim in results.claims]
    assert texts
    assert any("hinge" in text.lower() or "GAN" in text for text in texts)
    assert {claim.verdict for claim in results.claims} <= {
        "inconclusive", "not measured", "not supported", "supported",
    }  # fmt: skip


def test_what_a_notebook_shows_is_escaped_and_small(results: Results) -> None:
    page = results._repr_html_()
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert page.count("<img ") == 2  # the best GAN of MNIST, the best VAE of FashionMNIST
    assert page.count("<tr>") == 4
    assert len(page) < 100_000
    assert type(page) is str  # what a notebook adds to it is not escaped
    cell = results.cells["MNIST_GAN_hinge_z64"]
    assert "Proxy FID" in cell._repr_html_()
    assert len(cell._repr_html_()) < 100_000
    assert "diverged at step 7" in results.cells["MNIST_GAN_bce_z64"]._repr_html_()
    assert EVIL in repr(results)  # text, not HTML


def test_many_cells_are_cut_short(tmp_path: Path) -> None:
    points = [("gan", "MNIST", {"loss": "hinge", "z_dim": z}) for z in range(1, 60)]
    plan = fake_plan(points, epochs=1)
    store = write_store(tmp_path, plan, missing=[cell.name for cell in plan.cells])
    page = labkit.load(store.root)._repr_html_()
    assert page.count("<tr>") == 41
    assert "… and 19 more cells" in page


def test_a_report_of_a_file_or_of_a_folder(store: Store, tmp_path: Path) -> None:
    page = labkit.report(store.root, tmp_path / "a", format="html")
    assert page == tmp_path / "a" / "report.html"
    file = tmp_path / "experiments.yaml"
    file.write_text(
        "name: lab\ntitle: Mine\nexperiments: {v: {family: vae, grid: {dataset: [MNIST]}}}\n"
    )
    other = labkit.report(file, tmp_path / "b", results=store.root, format="md")
    assert other == tmp_path / "b" / "report.md"
    assert other.read_text("utf-8").startswith("# Mine\n")
    assert (tmp_path / "answers.md").is_file()


def test_mistakes_are_one_line(tmp_path: Path) -> None:
    for call in (
        lambda: labkit.load(tmp_path / "nowhere"),
        lambda: labkit.load(tmp_path / "absent.yaml"),
        lambda: labkit.run(tmp_path / "absent.yaml"),
        lambda: labkit.report(tmp_path),
        lambda: labkit.report(tmp_path / "absent.yaml"),
    ):
        with pytest.raises(LabkitError) as caught:
            call()
        assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("seeds", "said"), [(3, "3"), ([0, 1, 2], "0,1,2,"), ((7,), "7,"), ("0,1", "0,1"), (None, None)]
)
def test_seeds(seeds: object, said: str | None) -> None:
    from labkit.experiment.grid import parse_seeds

    assert api._seeds(seeds) == said  # type: ignore[arg-type]
    if isinstance(seeds, list | tuple):
        assert parse_seeds(str(said), 42) == tuple(seeds)


@pytest.mark.parametrize(("device", "there"), [("cuda", 0), ("cuda:1", 1), ("mps", 0)])
def test_a_device_that_is_not_there_is_said_before_any_cell_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, device: str, there: int
) -> None:
    import torch

    monkeypatch.setattr(torch.cuda, "device_count", lambda: there)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    file = tmp_path / "experiments.yaml"
    file.write_text("name: lab\nexperiments: {v: {family: vae, grid: {dataset: [MNIST]}}}\n")
    results = tmp_path / "results"
    with pytest.raises(LabkitError, match=rf"^--device {device}: not on this machine; it has cpu"):
        labkit.run(file, device=device, source="bundled", results=results)
    assert not results.exists()


def test_python_takes_what_the_command_line_takes() -> None:
    def names(function: object) -> set[str]:
        return set(inspect.signature(function).parameters)  # type: ignore[arg-type]

    # `among` is set by a time budget, not by the caller.
    asked = names(api.RunOptions) - {"among"}
    assert names(api.run) == asked == names(cli.function("run")) - {"dry_run"}
    spoken = {"source": "file", "format": "formats"}
    assert {spoken.get(n, n) for n in names(api.report)} == names(cli.function("report"))


def test_importing_labkit_imports_nothing_heavy() -> None:
    code = (
        "import sys, labkit\n"
        "assert 'run' in dir(labkit)\n"
        "before = set(sys.modules)\n"
        "labkit.load, labkit.run, labkit.report\n"
        "heavy = {'torch', 'pandas', 'numpy', 'matplotlib', 'scipy', 'jinja2', 'pydantic'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "[]"


@pytest.mark.slow
def test_run_and_report_in_one_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("experiments.yaml").write_text(TINY, "utf-8")
    results = labkit.run(only="*VAE*", executor="inline")
    assert results.summary == "1 of 2 cells done; 1 missing"
    assert results.cells["FashionMNIST_VAE_latent8"].samples().shape == (300, 28, 28)
    assert labkit.report().read_text("utf-8").count("FashionMNIST_VAE_latent8") > 3
