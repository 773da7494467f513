"""The records of a class on the disk: what was looked at before is not looked at again.

grades/records/<id>.json      the record of a hand-in
grades/records/<id>.seen      what the hand-in was then, and how it was looked at
grades/records/chance         what decides which cells are measured again, so that it stays the same

A record is written when it is whole, so a grading that was killed goes on where it was.
"""

import json
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from labkit import __version__
from labkit.catalog import resolve
from labkit.errors import UserError
from labkit.grade.found import Found, hand_ins
from labkit.grade.guarded import OPENED, Limits, each_opened
from labkit.grade.record import HandIn, from_bytes, to_bytes
from labkit.handin.content import report_code
from labkit.handin.ladder import Rung, Say, printable
from labkit.store import atomic

#: Seconds of work for a cell measured again; memory is then as much as there is.
MEASURING = 600.0


@dataclass(frozen=True)
class Asked:
    """How far hand-ins are looked at."""

    rungs: int = 2
    sample: int | None = None  # cells measured again on rung 3; all if None
    rerun: int = 0  # cells trained again on rung 4

    @property
    def highest(self) -> int:
        """The highest rung that this means."""
        return 4 if self.rerun else 3 if self.sample and self.rungs < 3 else self.rungs


@dataclass(frozen=True)
class Kept:
    """Where the records of a class lie, and how its hand-ins are looked at."""

    folder: Path
    asked: Asked = field(default_factory=Asked)
    limits: Limits = field(default_factory=Limits)
    jobs: int = 1
    data_root: Path | None = None
    say: Say = lambda line: None

    def records(self, handed_in: Path, out: Path) -> list[HandIn]:
        """A record of everything in a folder of hand-ins, by path; only what is new takes time."""
        founds = hand_ins(handed_in, out)
        atomic.mkdir(self.folder)
        known = {each.file: self._known(each) for each in founds}
        todo = [each for each in founds if known[each.file] is None]
        if before := sum(not each.problem for each in founds) - len(todo):
            self.say(f"{before} of {before + len(todo)} were looked at before")
        for i, (found, new) in enumerate(self._looked_at(todo), 1):
            known[found.file] = new
            self.say(f"{i} of {len(todo)}: {printable(found.file)}: {_said(new)}")
        return [record for record in known.values() if record is not None]

    def _looked_at(self, founds: Sequence[Found]) -> Iterator[tuple[Found, HandIn]]:
        """Rungs 1 and 2 of all, side by side; the higher ones of those that hold so far."""
        first = min(self.asked.highest, 2)
        above: dict[str, tuple[Found, HandIn]] = {}
        for found, record in each_opened(founds, self.jobs, self.limits, highest=first):
            holds = not record.problem and "failed" not in record.verdicts.values()
            if self.asked.highest > 2 and holds:
                above[found.file] = found, record
            else:
                self._keep(found, record)
                yield found, record
        for found, record in self._above([found for found, _ in above.values()]):
            if record.gave_up:  # what the first rungs found stands all the same
                low = above[found.file][1]
                why = Rung(3, "not checkable", notes=[record.problem])
                record = replace(low, rungs=(*low.rungs, why), gave_up=True)
            self._keep(found, record)
            yield found, record

    def _above(self, founds: Sequence[Found]) -> Iterator[tuple[Found, HandIn]]:
        """Rungs 3 and 4: cells measured again in workers, and trained again by all of them."""
        if not founds:
            return
        asked: dict[str, Any] = {"sample": self.asked.sample, "data_root": self.data_root}
        asked["salt"] = self._salt()
        if self.asked.rerun:
            for found in founds:
                again = {"rerun": self.asked.rerun, "say": self.say}
                yield found, resolve(OPENED)(found, 4, **again, **asked)
            return
        work = MEASURING * (self.asked.sample or 100)
        limits = Limits(work, memory=0, patience=10 * work)
        yield from each_opened(founds, self.jobs, limits, highest=3, **asked)

    def _salt(self) -> str:
        """Return a random secret, made once for a grades folder: it chooses the cells to check."""
        path = self.folder / "chance"
        if not path.is_file():
            atomic.replace_bytes(path, secrets.token_hex(16).encode())
        return path.read_text()

    # ------------------------------------------------------------------ on the disk

    def _how(self, record: HandIn) -> str:
        """What a record depends on beside the hand-in."""
        seconds = self.limits.seconds if record.gave_up else 0.0
        lacked = str(self.data_root) if any(rung.here for rung in record.rungs) else ""
        return json.dumps([__version__, report_code(), asdict(self.asked), seconds, lacked])

    def _path(self, found: Found) -> Path:
        return self.folder / f"{HandIn(found.file).id}.json"

    def _known(self, found: Found) -> HandIn | None:
        """The record of a hand-in as it is now, from before; else None."""
        if found.problem:
            return HandIn(found.file, found.student, found.identifier, found.problem)
        try:
            state, how, digest = (self._path(found).with_suffix(".seen")).read_text().splitlines()
            record = from_bytes(self._path(found).read_bytes())
        except (OSError, ValueError):
            return None
        if record is None or how != self._how(record):
            return None
        try:
            # Unpacked from the platform's archive anew, the same bytes have another time.
            same = state == found.state() or (digest != "" and digest == found.digest())
        except OSError:
            return None
        return record if same else None

    def _keep(self, found: Found, record: HandIn) -> None:
        path = self._path(found)
        try:
            state = found.state()
        except OSError:  # what cannot even be looked at is tried again
            return
        path.with_suffix(".seen").unlink(missing_ok=True)
        atomic.replace_bytes(path, to_bytes(record))
        seen = f"{state}\n{self._how(record)}\n{record.digest}\n"
        atomic.replace_bytes(path.with_suffix(".seen"), seen.encode())


def _said(record: HandIn) -> str:
    if record.problem:
        return record.problem
    failed = [str(number) for number, verdict in record.verdicts.items() if verdict == "failed"]
    return f"does not hold: rung {', '.join(failed)}" if failed else "holds"


def refuse_elsewhere(out: Path) -> None:
    """UserError where a folder is there that no grading of labkit's made."""
    if out.exists() and not (out / "records").is_dir() and (out.is_file() or any(out.iterdir())):
        raise UserError(f"{out}: is there already and no folder of grades; name another with -o")
