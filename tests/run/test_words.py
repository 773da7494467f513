"""The verbs about anyone's work, as they are typed: reflect, check, evaluate, init."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from labkit.data.sources import load
from tests.builders.commands import labkit, project
from tests.builders.plans import fake_plan
from tests.builders.stores import write_store
from tests.builders.tables import REAL


def test_reflect_says_in_words_and_as_data_what_a_table_bears(tmp_path: Path) -> None:
    table = tmp_path / "metrics.csv"
    header, *rows = REAL.read_text("utf-8").splitlines()
    table.write_text("\n".join([f"shoe_size,{header}", *(f"44,{row}" for row in rows)]))
    said = labkit("reflect", "metrics.csv", cwd=tmp_path).stdout
    assert (
        "\n\nNo: none of the twelve GANs collapsed; every class appears in the samples of each. "
        in said
    )
    assert "\nHow sure: One training per setting, so chance is not ruled out." in said
    assert "\n  None of the twelve GANs collapsed.\n" in said
    assert said.endswith("Columns no claim uses: shoe_size\n")
    claims = json.loads(labkit("reflect", "metrics.csv", "--json", cwd=tmp_path).stdout)
    assert {"id", "text", "verdict", "strength", "noise", "numbers", "rule", "runs"} <= claims[
        0
    ].keys()
    assert {(c["strength"], c["verdict"], c["noise"]) for c in claims} == {
        ("seen once", "inconclusive", None)
    }
    assert all(f"\n  {claim['text']}\n" in said for claim in claims)


def test_reflect_says_how_sure_each_finding_is(tmp_path: Path) -> None:
    rows = [
        f"{family}{seed},{family},MNIST,{seed},{fid}"
        for family, fids in (("gan", (9.0, 9.3, 9.1)), ("vae", (5.1, 5.0, 4.9)))
        for seed, fid in enumerate(fids)
    ]
    (tmp_path / "metrics.csv").write_text("\n".join(["run,family,dataset,seed,proxy_fid", *rows]))
    said = labkit("reflect", "metrics.csv", cwd=tmp_path).stdout
    claims = json.loads(labkit("reflect", "metrics.csv", "--json", cwd=tmp_path).stdout)
    found = next(c for c in claims if c["strength"] == "clear")
    assert (found["verdict"], found["noise"]["source"]) == ("supported", "own")
    assert f"\n  clear: {found['text']}\n" in said
    missing = [c["text"] for c in claims if c["strength"] == "not measured"]
    assert missing
    assert all(said.count(f"\n  not measured: {text}\n") >= 1 for text in missing)


ANSWERS = """\
## GAN stability

[claim: best loss by proxy_fid on MNIST is {loss}] It was {{{{ value("{run}", "proxy_fid") }}}}.
{more}
"""


def test_check_holds_a_students_words_against_the_table(tmp_path: Path) -> None:
    store = write_store(tmp_path / "results" / "lab1", fake_plan())
    run = store.plan().cells[0].name
    answers = tmp_path / "answers.md"

    def checked(more: str, exit_code: int) -> str:
        answers.write_text(ANSWERS.format(loss=loss, run=run, more=more))
        return labkit(
            "check", "answers.md", "--results", str(store.root), cwd=tmp_path, check=exit_code
        ).stdout

    for loss, line in (("hinge", "  answers.md:3: ✓ beyond usual"),
                       ("bce", "! answers.md:3: ✗ refuted")):  # fmt: skip
        said = checked("Nothing came below 0.00123.", 1)
        assert "! answers.md:4: 0.00123: matches no value of the table" in said
        assert f"{line}: best loss by proxy_fid on MNIST is {loss}\n" in said
    assert "\n    This does not hold: on MNIST, hinge was ahead of BCE in all three pairs" in said
    assert "!    0 words  Evidence of mode collapse" in said


def test_evaluate_measures_anyones_samples(tmp_path: Path) -> None:
    images = load("MNIST", "test", "bundled").images
    np.savez(tmp_path / "mine.npz", samples=images[:600])
    said = labkit("evaluate", "mine.npz", "--dataset", "MNIST", cwd=tmp_path).stdout
    assert said.startswith("mine.npz: 600 samples against real MNIST test images\n")
    found = json.loads(
        labkit("evaluate", "mine.npz", "--dataset", "MNIST", "--json", cwd=tmp_path).stdout
    )
    assert found["sharpness"] == pytest.approx(1, abs=0.1)
    assert found["proxy_fid"] < 5
    assert f"{found['proxy_fid']:.3g}" in said
    assert found["verdict"] in said


def test_init_writes_a_file_that_can_be_run_and_never_writes_over_one(tmp_path: Path) -> None:
    assert labkit("init", cwd=tmp_path).stdout.splitlines() == [
        "experiments.yaml", "experiments.schema.json"
    ]  # fmt: skip
    planned = labkit("run", "-n", "--source", "bundled", cwd=tmp_path).stderr
    assert "18 of 18 cells would run" in planned
    again = labkit("init", cwd=tmp_path, check=2)
    assert "experiments.yaml" in again.stderr
    assert again.stderr.count("\n") == 1


@pytest.mark.parametrize("verb", ["check", "report"])
def test_answers_that_are_not_utf_8_end_in_one_line(tmp_path: Path, verb: str) -> None:
    store = write_store(tmp_path / "results" / "lab1", fake_plan())
    project(tmp_path)
    words = tmp_path / "answers.md"
    words.write_bytes("## GAN stability\n\nEs war früh.\n".encode("latin-1"))
    args = ["answers.md"] if verb == "check" else []
    said = labkit(verb, *args, "--results", str(store.root), cwd=tmp_path, check=2).stderr
    assert "answers.md:3: not UTF-8; save the file as UTF-8\n" in said
    assert said.count("\n") == 1


def test_a_mark_some_editors_begin_a_file_with_costs_no_answer(tmp_path: Path) -> None:
    store = write_store(tmp_path / "results" / "lab1", fake_plan())
    (tmp_path / "answers.md").write_text("## GAN stability\n\nEs war früh.\n", "utf-8-sig")
    said = labkit("check", "--results", str(store.root), cwd=tmp_path, check=1).stdout
    assert "     3 words  What hyperparameters most influenced GAN stability" in said
