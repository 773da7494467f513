"""Run the example notebook anew: ``python -m scripts.make_notebook``.

Executes ``docs/notebook.ipynb`` in an empty folder, from the bundled data, and writes it with
what came out. Of its metadata only what a reader needs is kept, so that two versions differ
in code, text and results alone.
"""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

NOTEBOOK = Path(__file__).parents[1] / "docs" / "notebook.ipynb"
#: Seconds a cell may take.
PATIENCE_S = 1200


def executed(notebook: NotebookNode, folder: Path) -> NotebookNode:
    """The notebook with its outputs, run from top to bottom in `folder`.

    Raises:
        nbclient.exceptions.CellExecutionError: a cell failed.
    """
    client = NotebookClient(
        notebook,
        timeout=PATIENCE_S,
        kernel_name="python3",
        resources={"metadata": {"path": str(folder)}},
        coalesce_streams=True,
    )
    return client.execute()


#: The folder of an attempt is named after the machine and the process at work.
_ATTEMPT = re.compile(r"(attempt-\w+-)[\w-]+\.\d+\.\w+")


def tidy(notebook: NotebookNode) -> NotebookNode:
    """Without times, version numbers and ids of the machine it ran on."""
    notebook.metadata = nbformat.from_dict(
        {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        }
    )
    for i, cell in enumerate(notebook.cells):
        cell.metadata = nbformat.from_dict({})
        cell.id = f"cell-{i}"
        for output in cell.get("outputs", ()):
            if "text" in output:
                output["text"] = _ATTEMPT.sub(r"\1…", output["text"])
    return notebook


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        found = executed(nbformat.read(NOTEBOOK, as_version=4), Path(name))
    NOTEBOOK.write_text(nbformat.writes(tidy(found)) + "\n", "utf-8", newline="\n")
