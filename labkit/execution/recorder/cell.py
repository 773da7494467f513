"""A training of the user's own while it goes on: what may be told of it, and where it stands."""

import contextlib
import math
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from labkit.calibration import feature_hash
from labkit.catalog import FAMILIES
from labkit.data.grey import Grey, NotFiniteError, Scale, to_grey
from labkit.errors import PlanError, closest
from labkit.execution import image_grid
from labkit.execution.recorder import convert, journal
from labkit.execution.recorder import plan as own_plan
from labkit.experiment.spec import CellSpec
from labkit.measure.samples_file import doubt
from labkit.store.store import Store

#: Samples below which a proxy FID would say more about chance than about the images.
FEWEST = 1000
GRID = 16
#: What an epoch's row has instead where its images hold NaN.
_IMAGES = "images"


class Cell:
    """A training of the user's own, as it is told."""

    #: Whether it was trained outside of labkit, so that its training time is unknown.
    elsewhere = False

    def __init__(self, spec: CellSpec, store: Store, planned: int | None) -> None:
        self.name, self.dataset, self.family = spec.name, spec.dataset, spec.family
        self._spec, self._store, self.planned = spec, store, planned
        self.journal = journal.begin(store, spec)
        #: When training would have begun, had it gone on without a break.
        self._started = time.perf_counter() - self.journal.seconds
        self._told = self._joined = self._doubted = False
        self._scale: Scale = ""
        self._tracker: Any = None

    @property
    def epochs_done(self) -> int:
        """The last epoch that was told, in earlier openings or this one; 0 at the beginning."""
        return max(self.journal.rows, default=0)

    def remaining(self) -> range:
        """The epochs still to train, of ``epochs=`` in all: after an interruption, the rest.

        Raises:
            PlanError: ``epochs=`` was not stated.
        """
        if self.planned is None:
            needs = "cell.remaining() needs labkit.cell(epochs=...)"
            raise PlanError(f"labkit.cell: {self.name}: {needs}")
        return range(self.epochs_done + 1, self.planned + 1)

    def log(self, epoch: int, **values: Any) -> None:
        """Note what an epoch came to: means over its batches, by name.

        A NaN or an infinite loss is noted like any other: the cell is then reported as diverged
        from that epoch on.

        Args:
            epoch: from 1.
            values: ``d_loss``, ``g_loss``, ``total_loss``, ``recon_loss``, ``kl_loss`` and
                whatever else is worth a column: one number each, of any kind and on any device;
                None where it was not measured.

        Raises:
            ValueError: a value is not a number, the epoch not a whole one from 1, or a name
                almost that of a loss.
        """
        losses = FAMILIES[self.family].losses
        for name in values:
            near = closest(name, losses, 0.8)
            if near not in (None, name):
                raise ValueError(f"epoch {epoch}: '{name}': did you mean '{near}'?")
        self.take(epoch, values)

    def take(self, epoch: int, values: Mapping[str, Any]) -> None:
        """Note an epoch's values under names that are meant as they are; see :meth:`log`."""
        epoch = self._at(epoch)
        row: dict[str, float | None] = {}
        for name, value in values.items():
            try:
                row[name] = None if value is None else convert.number(value)
            except (TypeError, ValueError, OverflowError) as error:
                raise ValueError(f"epoch {epoch}: {name} must be a single number") from error
        self._tell(epoch, row)

    def samples(self, images: Any, epoch: int) -> float | None:
        """Show an epoch's samples and measure them.

        Args:
            images: tensor or array (N, 28, 28), or with a channel of one: floats in [-1, 1],
                or in [0, 1] where they show it, or uint8 0..255. 1,000 at least are measured,
                10,000 are best; the same number each epoch, from the same noise if you can.
            epoch: from 1.

        Returns:
            The proxy FID against training images that chooses the best epoch, or None
            where there are too few samples for one, NaN among their pixels, or no feature
            network of the data set.

        Raises:
            ValueError: another shape or range, or another number than before.
        """
        epoch = self._at(epoch)
        if (grey := self._grey(images, epoch)) is None:
            return None
        count = self.journal.count
        if len(grey) >= FEWEST and count not in (None, len(grey)):
            why = "the proxy FID of different numbers cannot be compared"
            raise ValueError(f"epoch {epoch}: {len(grey):,} samples, {count:,} before; {why}")
        self._show(epoch, "samples", grey[:GRID])
        if len(grey) < FEWEST or not feature_hash(self.dataset):
            return None
        from labkit.measure.tracker import Tracker  # torch: only where FIDs are computed

        started = time.perf_counter()
        if not self._doubted and (said := doubt(grey, self.dataset, converted=not self._scale)):
            self._doubted = True
            journal.say(f"{self.name}: epoch {epoch}: {said}")
        self._tracker = self._tracker or Tracker(self.dataset)
        value = float(self._tracker.proxy_fid(grey))
        more: dict[str, Any] = {"count": len(grey)}
        if self.journal.best is None or value < self.journal.best[0]:
            more["best"] = f"best_epoch{epoch}.npz"
            self.journal.keep(more["best"], image_grid.npz(grey))
        self._started += time.perf_counter() - started
        self._tell(epoch, {"proxy_fid": value}, **more)
        return value

    def reconstructions(self, originals: Any, rebuilt: Any, epoch: int) -> None:
        """Show images beside what a VAE made of them: the first eight of each.

        Raises:
            ValueError: not images, or not the same number of both.
        """
        epoch = self._at(epoch)
        a, b = self._grey(originals, epoch), self._grey(rebuilt, epoch)
        if a is None or b is None:
            return
        a, b = a[: GRID // 2], b[: GRID // 2]
        if len(a) != len(b):
            raise ValueError(f"{len(a)} originals but {len(b)} reconstructions")
        self._show(epoch, "reconstruction", np.stack([a, b], 1).reshape(-1, 28, 28))

    def interpolation(self, images: Any, epoch: int) -> None:
        """Show up to sixteen steps between two images."""
        epoch = self._at(epoch)
        if (grey := self._grey(images, epoch)) is not None:
            self._show(epoch, "interpolation", grey[:GRID])

    @property
    def history(self) -> list[dict[str, Any]]:
        """A row an epoch, in order; None for what was NaN or infinite."""
        rows = self.journal.rows
        return [
            {name: value if _finite(value) else None for name, value in rows[epoch].items()}
            for epoch in sorted(rows)
        ]

    @property
    def diverged(self) -> str:
        """From which epoch on a loss or the images were not finite; empty where none was."""
        rows = self.journal.rows
        known = {*FAMILIES[self.family].losses, _IMAGES}
        for epoch in sorted(rows):
            for name, value in rows[epoch].items():
                if not _finite(value) and (name in known or name.endswith(("loss", "grad_norm"))):
                    said = "hold" if name == _IMAGES else "is"
                    return f"diverged in epoch {epoch}: {name} {said} {value}"
        return ""

    @property
    def how_far(self) -> str:
        """``after epoch 4 of 10``."""
        if not self.epochs_done:
            return "before an epoch ended"
        return f"after epoch {self.epochs_done}" + (f" of {self.planned}" if self.planned else "")

    @property
    def seconds(self) -> float:
        """Spent training, in all openings."""
        return time.perf_counter() - self._started

    def _at(self, epoch: Any) -> int:
        """A whole epoch; told again, it takes back what an earlier opening said from there on."""
        try:
            found = convert.whole(epoch, 1)
        except ValueError as error:
            raise ValueError(f"epoch {error}") from None
        if not self._told and found <= self.epochs_done:
            journal.say(
                f"{self.name}: epoch {found} is told anew; of the {self.epochs_done} epochs logged "
                f"before, {found - 1 or 'none'} still count"
            )
            before = self.journal.seconds
            self.journal.take_back(found)
            self._started += before - self.journal.seconds
        return found

    def _tell(self, epoch: int, values: Mapping[str, Any], **more: Any) -> None:
        self.journal.tell(epoch, values, self.seconds, **more)
        self._told = True
        if not self._joined:  # from now on the plan has the cell, whatever becomes of it
            with contextlib.suppress(OSError):  # a full disk; again with what is told next
                self.name = own_plan.join(self._store, self.spec()).name
                self._joined = True

    def _grey(self, images: Any, epoch: int) -> Grey | None:
        """Images as grey values; None where they hold NaN, which is noted."""
        try:
            grey, self._scale = to_grey(images, self._scale)
        except NotFiniteError:
            self._tell(epoch, {_IMAGES: math.nan})
            return None
        except ValueError as error:
            raise ValueError(f"epoch {epoch}: {error}") from None
        return grey

    def _show(self, epoch: int, what: str, page: Grey) -> None:
        picture = image_grid.png(image_grid.tile(page))
        self.journal.keep(f"images/{what}_epoch{epoch}.png", picture)
        self._tell(epoch, {})

    def spec(self, done: bool = False) -> CellSpec:
        """What the cell is: as it was told if it is done, else as far as it was to go."""
        count = self.journal.count or 0
        epochs = self.epochs_done if done else self.planned or self.epochs_done or 1
        return replace(
            self._spec,
            name=self.name,
            training={**self._spec.training, "epochs": epochs},
            selection={**self._spec.selection, "samples": count},
            evaluation={**self._spec.evaluation, "samples": count},
        )


def _finite(value: Any) -> bool:
    return not isinstance(value, float) or math.isfinite(value)
