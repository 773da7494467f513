"""Where everything lies in a store: every folder; file names are in labkit.store.file_names.

plan.json
.gitattributes           git leaves line ends alone here
.run.lock                whose the run is that is at work here; see labkit.store.lock
.plan.lock               held while plan.json is read, changed and written
cells/<name>-<fingerprint[:12]>/
  train/                 committed training; what a light one is without stands in LIGHT.json
  eval-<fingerprint[:12]>/   committed evaluation
  sheet-<fingerprint[:12]>/  the lab sheet's number, committed
  failed/                the last failure: error.json, log.txt, what was trained so far
  attempt-<kind>-<host>.<pid>.<token>/   work in progress, nobody's result; of the kind
                         ``own``: what a loop of the user's own has told, see execution.recorder
  damaged-*, superseded-*    what was in the way; set aside, never deleted
"""

from __future__ import annotations

import os
from pathlib import Path

from labkit.experiment.spec import CellSpec


class Layout:
    """The folders of the results of one experiment file (and profile)."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.plan_path = root / "plan.json"
        self.plan_lock_path = root / ".plan.lock"
        self.lock_path = root / ".run.lock"
        self.attributes_path = root / ".gitattributes"
        self._folders: dict[str, Path] | None = None

    def cell_folder(self, spec: CellSpec) -> Path:
        """The cell's folder: looked up by fingerprint, named for people."""
        tag = spec.fingerprint[:12]
        if self._folders is None:
            cells = self.root / "cells"
            names = sorted(os.listdir(cells)) if cells.is_dir() else []  # noqa: PTH208 (fast)
            self._folders = {name[-12:]: cells / name for name in names}
        folder = self._folders.get(tag)
        if folder is None:
            folder = self._folders[tag] = self.root / "cells" / f"{spec.name}-{tag}"
        return folder

    def train_folder(self, spec: CellSpec) -> Path:
        return self.cell_folder(spec) / "train"

    def eval_folder(self, spec: CellSpec) -> Path:
        return self.cell_folder(spec) / f"eval-{spec.evaluation_fingerprint[:12]}"

    def sheet_folder(self, spec: CellSpec, sheet_gan: CellSpec) -> Path:
        return self.cell_folder(spec) / f"sheet-{spec.sheet_fingerprint(sheet_gan)[:12]}"

    def failed_folder(self, spec: CellSpec) -> Path:
        return self.cell_folder(spec) / "failed"
