"""`labkit submit`: everything a grader needs, in one file, and a checklist."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from labkit.catalog import QUESTIONS
from labkit.experiment.plan import Plan
from labkit.experiment.reader import Experiment
from labkit.experiment.spec import CellFailure, CellResult, CellSpec
from labkit.handin import bag
from labkit.handin.agreement import differences
from labkit.handin.content import (
    ANSWERS,
    EXPERIMENT,
    FORMAT,
    REPORT,
    REPORT_FORMATS,
    RESULTS,
    SUBMISSION,
    made_with,
    may_lack,
    report_code,
)  # fmt: skip
from labkit.handin.machine import needing_room
from labkit.reporting.computed import computed, for_claims
from labkit.reporting.student.answers import students
from labkit.reporting.view import read_view
from labkit.store.commits import COMMIT, damage, read_commit
from labkit.store.store import Store

LIGHT_BYTES = 10_000_000


@dataclass(frozen=True)
class Item:
    """A line of the checklist."""

    ok: bool
    text: str

    def __str__(self) -> str:
        return f"[{'x' if self.ok else ' '}] {self.text}"


def submit(experiment: Experiment, file: Path, results: Path, out: Path, light: bool) -> list[Item]:
    """Write a hand-in of a store's newest plan. The same store gives the same bytes.

    Args:
        experiment: what `file` says, with its profile.
        file: the experiment file; ``answers.md`` is looked for beside it.
        results: the store.
        out: the ZIP file to write.
        light: leave out samples and weights.

    Returns:
        The checklist: what the lab wants, and whether it is there.

    Raises:
        StoreError: the store has no readable plan.
        ForeignFileError: a file is there that is no hand-in.
        OSError: a file cannot be read or written.
    """
    bag.refuse_foreign(out)
    store = Store(results)
    plan = store.plan()
    payload: dict[str, bytes | Path] = {
        SUBMISSION: _json(
            {
                "format": FORMAT,
                "name": plan.name,
                "profile": experiment.profile,
                "light": light,
                "made_with": made_with(),
                "report_code": report_code(),
            }
        ),
        EXPERIMENT: file.read_bytes(),
        f"{RESULTS}/plan.json": store.plan_path.read_bytes(),
    }
    payload |= {f"{own.name}.py": file.parent / f"{own.name}.py" for own in experiment.own}
    answers = file.parent / ANSWERS
    with needing_room(), tempfile.TemporaryDirectory() as scratch:
        # First, since the first report writes the headings of the answers.
        for path in _report(experiment, store, answers, Path(scratch)):
            payload[f"{REPORT}/{path.relative_to(scratch).as_posix()}"] = path.read_bytes()
    if answers.is_file():
        payload[ANSWERS] = answers.read_bytes()
    wrong: dict[str, str] = {}
    for spec in plan.cells:
        wrong[spec.name] = why = _damage(store, plan, spec)
        for folder in [] if why else _committed(store, plan, spec):
            prefix = f"{RESULTS}/{folder.relative_to(store.root).as_posix()}"
            commit = read_commit(folder)
            payload[f"{prefix}/{COMMIT}"] = folder / COMMIT
            for name in commit["files"]:
                if not may_lack(commit["kind"], name, light):
                    payload[f"{prefix}/{name}"] = folder / name
    author = experiment.content.author
    info = {
        "External-Identifier": plan.name,
        "Contact-Name": author.name,
        "Source-Organization": author.course,
        "Bagging-Date": store.newest_commit(plan.cells)[:10] or "unknown",
        "Bag-Software-Agent": f"labkit {made_with()['labkit']}",
    }
    bag.write_bag(out, plan.name, payload, {k: v for k, v in info.items() if v})
    return list(_checklist(experiment, plan, store, answers, out, light, wrong))


def _committed(store: Store, plan: Plan, spec: CellSpec) -> Iterator[Path]:
    """The folders that say how a cell ended."""
    outcome = store.outcome(spec)
    sheet_gan = plan.sheet_gan(spec)
    if store.is_trained(spec):
        yield store.train_folder(spec)
    if store.is_evaluated(spec):
        yield store.eval_folder(spec)
    if sheet_gan is not None and not store.sheet_damage(spec, sheet_gan):
        yield store.sheet_folder(spec, sheet_gan)
    if isinstance(outcome, CellFailure):
        yield store.failed_folder(spec)


def _damage(store: Store, plan: Plan, spec: CellSpec) -> str:
    """What is wrong with the content of a cell's commits; nothing for what is not there."""
    for folder in _committed(store, plan, spec):
        if found := damage(folder, deep=True):
            return f"{folder.name}/{found}"
    return ""


def _report(experiment: Experiment, store: Store, answers: Path, out: Path) -> list[Path]:
    from labkit.reporting.build import build_report  # all of the reporting half

    build_report(
        store.root,
        out=out,
        formats=REPORT_FORMATS,
        answers_file=answers,
        layout=experiment.content.report.layout,
        overrides=experiment.overrides(),
    )
    return sorted(path for path in out.rglob("*") if path.is_file())


def _json(value: object) -> bytes:
    return (json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()


# --------------------------------------------------------------------------- the checklist


def _checklist(
    experiment: Experiment,
    plan: Plan,
    store: Store,
    answers: Path,
    out: Path,
    light: bool,
    wrong: dict[str, str],
) -> Iterator[Item]:
    author = experiment.content.author.model_dump()
    given = [name for name, value in author.items() if value]
    lacking = [f"author.{name}" for name in author if name not in given]
    yield Item(
        not lacking,
        f"who: {', '.join(author[name] for name in given) or 'nobody'}"
        + (f"; missing in the experiment file: {', '.join(lacking)}" if lacking else ""),
    )
    outcomes = {spec.name: store.outcome(spec) for spec in plan.cells}
    for family in dict.fromkeys(spec.family for spec in plan.cells):
        specs = [spec for spec in plan.cells if spec.family == family]
        done = [s for s in specs if _is_measured(outcomes[s.name]) and not wrong[s.name]]
        yield Item(len(done) == len(specs), f"{family} cells done: {len(done)} of {len(specs)}")
    for spec in plan.cells:
        outcome = outcomes[spec.name]
        if wrong[spec.name]:
            yield Item(False, f"{spec.name}: damaged and left out: {wrong[spec.name]}")
        elif isinstance(outcome, CellFailure):
            yield Item(False, f"{spec.name}: failed: {outcome.error}")
        elif not _is_measured(outcome):
            yield Item(False, f"{spec.name}: not done; `labkit run` does it")
    changed = differences(experiment, plan)
    yield Item(
        not changed,
        "the experiment file is what was run"
        + (f": no: {changed[0]} ({len(changed)} in all); `labkit run`" if changed else ""),
    )
    yield from _answers(experiment, store, answers)
    full = plan.data_source == "full"
    yield Item(
        full, "data: " + ("the full sets" if full else "the BUNDLED subset, not the full sets")
    )
    size = out.stat().st_size
    fits = not light or size <= LIGHT_BYTES
    left = "; samples and weights left out: measures cannot be recomputed" if light else ""
    yield Item(fits, f"{out}: {size / 1e6:.1f} MB{left}")


def _is_measured(outcome: object) -> bool:
    return isinstance(outcome, CellResult) and outcome.measured


def _answers(experiment: Experiment, store: Store, path: Path) -> Iterator[Item]:
    """How many of the questions that apply have an answer of the student's."""
    view = read_view(store, options=experiment.overrides()["report"])
    answers = computed(view)
    asked = [QUESTIONS[answer.question].text for answer in answers]
    given = students(path, for_claims(view.tables), answers).answers
    lacking = [QUESTIONS[a.question].text for a in answers if a.question not in given]
    yield Item(not lacking, f"own answers: {len(asked) - len(lacking)} of {len(asked)} questions")
    for text in lacking:
        yield Item(False, f"no answer in {path.name}: {text}")
