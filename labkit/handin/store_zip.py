"""``store.zip`` beside a report: what it takes to render the report again, byte for byte.

It holds the committed cells without weights and samples, of their pictures those that the report
shows, and the plan with the title, the author and the options the report was made with. It is a bag
as a hand-in is, and is read as a stranger's.
"""

import re
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from labkit.errors import LabkitError, UserError, one_line
from labkit.experiment.plan import Plan
from labkit.handin import bag, content
from labkit.handin.container import ContainerError
from labkit.handin.ladder import needing_room
from labkit.handin.unpack import sound_store
from labkit.reporting import build, index
from labkit.reporting.files import Files, ReportError, update
from labkit.reporting.plots.fonts import BRINGS, lacking
from labkit.reporting.render.files import sources
from labkit.store.commits import json_bytes, may_lack
from labkit.store.store import Store
from labkit.text.language import SOURCE, languages, several

NAME = "store.zip"
NO_FONT = f"no installed font has Chinese characters; the package {BRINGS}"
#: A store with more files has no `store.zip`: it could not be read again.
MOST_FILES = 10_000
_FOLDER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,119}")


@dataclass(frozen=True)
class Asked:
    """How a report is made, beside what its store says."""

    root: Path  # of the store
    name: str  # of the report's folder
    answers: Path | None = None
    overrides: Mapping[str, Any] | None = None
    layout: str = "full"
    languages: tuple[str, ...] = (SOURCE,)


def write_report(
    asked: Asked, formats: Sequence[str], target: Path, zipped: bool = True
) -> list[Path]:
    """Write a report into a folder, its store beside it unless that is not wanted.

    Returns the paths of the reports, in the order of the formats. Errors are those of
    :func:`labkit.reporting.build.render_report`; a ReportError also where a file cannot be written.
    """
    store, overrides = Store(asked.root), asked.overrides or {}
    if "pdf" in formats and any(map(lacking, asked.languages)):
        if len(formats) == 1:
            raise ReportError(f"no report.pdf: {NO_FONT}")
        print(f"no report.pdf: {NO_FONT}", file=sys.stderr)
        formats = [name for name in formats if name != "pdf"]
    report = build.read_report(store, asked.answers, asked.layout, overrides, asked.languages)
    made: dict[str, Files] = build.render(report, formats)
    if zipped:
        # Whatever of it is shown later: the full report shows the most.
        brief = asked.layout != "full"
        full = build.read_report(store, None, "full", overrides) if brief else report
        shown = sources(report) | sources(full)
        if packed := _packed(store, asked, shown):
            made = {kind: {**files, NAME: packed} for kind, files in made.items()}
    update(target, made)
    index.refresh(target.parent)
    return build.paths(target, made)


def _packed(store: Store, asked: Asked, shown: Collection[Path]) -> bytes | None:
    """The content of a ``store.zip``; the same store and report give the same bytes."""
    plan = _as_shown(store.plan(), asked)
    name = asked.name if _FOLDER.fullmatch(asked.name) else "report"
    about = {"format": content.FORMAT, "name": name, "lang": ",".join(asked.languages)}
    payload: dict[str, bytes | Path] = {
        content.STORE: json_bytes(about),
        f"{content.RESULTS}/plan.json": json_bytes(plan.to_json()),
    }
    if asked.answers and asked.answers.is_file():
        payload[content.ANSWERS] = asked.answers.read_bytes()

    def wanted(kind: str, name: str, path: Path) -> bool:
        return path in shown or not may_lack(kind, name, light=True)

    content.add_cells(payload, store, plan, wanted)
    if len(payload) > MOST_FILES:
        print(f"no {NAME}: more than {MOST_FILES:,} files", file=sys.stderr)
        return None
    return bag.bag_bytes(name, payload, {})


def _as_shown(plan: Plan, asked: Asked) -> Plan:
    """The plan with what the report took from elsewhere."""
    given = dict(asked.overrides or {})
    options = {**plan.settings.get("report", {}), **given.pop("report", {}), "layout": asked.layout}
    return replace(plan, **given, settings={**plan.settings, "report": options})


@contextmanager
def opened(path: Path) -> Iterator[Asked]:
    """The store of a ``store.zip``, for as long as the block lasts, and how its report was made.

    LabkitError where it is none, it is damaged or makes no report, or there is no room for it.
    """
    with needing_room(), TemporaryDirectory(prefix="labkit-report-") as scratch:
        try:
            yield _unpacked(path, Path(scratch))
        except (LabkitError, OSError):
            raise
        except Exception as error:  # what a stranger's files do to a report cannot be foreseen
            raise UserError(f"{path}: cannot be rendered: {one_line(error)}") from error


def _unpacked(path: Path, scratch: Path) -> Asked:
    try:
        with closing((found := bag.find_bag(path)).container):
            about = content.about(found)
            if "report_code" in about:
                raise ContainerError("a hand-in, whose report is in it")
            plan, store = sound_store(found, path, scratch / content.RESULTS)
            answers = scratch / content.ANSWERS if content.ANSWERS in found else None
            if answers:
                answers.write_bytes(found.read(content.ANSWERS, 1 << 20))
    except ContainerError as error:
        raise UserError(f"{path}: not the store.zip of a report: {error}") from error
    spoken = several(about["lang"])
    if not _FOLDER.fullmatch(about["name"]) or not spoken or set(spoken) - {*languages()}:
        raise UserError(f"{path}: damaged: {content.STORE}")
    layout = "brief" if plan.settings.get("report", {}).get("layout") == "brief" else "full"
    return Asked(store.root, about["name"], answers, {}, layout, spoken)
