"""The example notebook: what it shows really came out, and comes out again."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import nbformat
import pytest

from scripts.make_notebook import NOTEBOOK, executed, tidy

#: An absolute path: from the root, a drive or a home folder.
PATH = re.compile(r"(?<![\w.…~<:/])/(?:[\w.@-]+/)+|\b[A-Za-z]:\\\w|~/")


@pytest.fixture(scope="module")
def notebook() -> Any:
    return nbformat.read(NOTEBOOK, as_version=4)


def outputs(notebook: Any) -> list[str]:
    """Everything a reader sees under the cells, without the pictures."""
    found = []
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            data = output.get("data", {"text/plain": output.get("text", "")})
            found += [text for kind, text in data.items() if kind.startswith("text/")]
    return [re.sub(r"base64,[\w+/=]+", "", text) for text in found]


def code(notebook: Any) -> list[Any]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def test_it_was_run_from_top_to_bottom(notebook: Any) -> None:
    nbformat.validate(notebook)
    cells = code(notebook)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert all(cell.outputs for cell in cells)
    kinds = [output.output_type for cell in cells for output in cell.outputs]
    assert "error" not in kinds
    assert any("image/png" in out.get("data", {}) for cell in cells for out in cell.outputs)


def test_its_outputs_name_no_place_on_a_machine(notebook: Any) -> None:
    texts = [re.sub(r"</?\w[^>]*>", " ", text) for text in outputs(notebook)]
    assert sum(map(len, texts)) > 5000
    for text in texts:
        assert not PATH.search(text), PATH.search(text)
        assert not re.search(r"attempt-\w+-[\w-]+\.\d+\.", text)  # host and process


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("saved in /home/ann/lab/x", True),
        ("PosixPath('/tmp/x/y')", True),
        (r"C:\Users\ann", True),
        ("~/lab", True),
        ("results/tour/plan.json, epoch 1/3, 28 x 28", False),
        ("PosixPath('reports/tour/report.html')", False),
    ],
)
def test_places_are_recognised(text: str, found: bool) -> None:
    assert bool(PATH.search(text)) == found


def test_it_is_tidy_and_small(notebook: Any) -> None:
    text = NOTEBOOK.read_text("utf-8")
    assert nbformat.writes(tidy(notebook)) + "\n" == text
    assert len(text) < 400_000
    assert set(json.loads(text)["metadata"]) == {"kernelspec", "language_info"}


@pytest.mark.slow
def test_it_runs_again(notebook: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABKIT_CACHE", str(tmp_path / "cache"))
    fresh = executed(nbformat.from_dict(json.loads(json.dumps(notebook))), tmp_path)
    assert "6 of 6 cells done" in "".join(outputs(fresh))
    assert (tmp_path / "reports" / "tour" / "report.html").is_file()
    kinds = [cell.outputs[-1].output_type for cell in code(fresh)]
    assert kinds == [cell.outputs[-1].output_type for cell in code(notebook)]
