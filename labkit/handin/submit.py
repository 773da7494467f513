"""`labkit submit`: everything a grader needs, in one file, and a checklist."""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from labkit import __version__
from labkit.catalog import words_of
from labkit.experiment.grid import differences
from labkit.experiment.plan import Plan
from labkit.experiment.reader import Experiment
from labkit.experiment.spec import CellFailure
from labkit.handin import bag, content, weights
from labkit.reporting.build import computed
from labkit.reporting.student.answers import students
from labkit.reporting.view import read_view
from labkit.store.commits import COMMIT, json_bytes, may_lack
from labkit.store.file_names import BEST, DRAWS, HEAVY
from labkit.store.store import Store
from labkit.text.language import several

#: How much of a cell goes in: all of it; what can be drawn again from the best epoch's weights
#: left out; or no weights at all.
Size = Literal["full", "usual", "light"]
#: What learning platforms mostly take, by size.
MOST_BYTES = {"usual": 48_000_000, "light": 10_000_000}
_WITHOUT = {
    "usual": "; left out, since they can be drawn again: samples, last epochs' weights, "
    "discriminators",
    "light": "; samples and weights left out: measures cannot be recomputed",
}


def submit(experiment: Experiment, file: Path, results: Path, out: Path, size: Size) -> list[str]:
    """Write a hand-in of a store's newest plan; return the lines of the checklist.

    The same store gives the same bytes. Beside the experiment `file` ``answers.md`` is looked for.
    LabkitError where `out` is something else than a hand-in. What a light cell lacks is in a
    hand-in of no `size`.
    """
    bag.refuse_foreign(out)
    store = Store(results)
    plan = store.plan()
    payload: dict[str, bytes | Path] = {
        content.EXPERIMENT: file.read_bytes(),
        f"{content.RESULTS}/plan.json": store.plan_path.read_bytes(),
    }
    payload |= {f"{code.name}.py": file.parent / f"{code.name}.py" for code in experiment.own}
    answers = file.parent / content.ANSWERS
    languages = several(experiment.content.report.language)
    # First, since the first report writes the headings of the answers.
    report = content.make_report(experiment, store.root, answers, languages)
    payload |= {f"{content.REPORT}/{name}": data for name, data in report.items()}
    if answers.is_file():
        payload[content.ANSWERS] = answers.read_bytes()

    def wanted(kind: str, name: str, path: Path) -> bool:
        return not (may_lack(kind, name, light=False) or (size != "full" and name in HEAVY))

    damaged = content.add_cells(payload, store, plan, wanted)
    if size == "usual":
        _add_weights(payload, store, plan)
    own_light = any(store.left_out(spec) for spec in plan.cells)
    without = size != "full" or own_light
    about = {
        "format": content.FORMAT,
        "name": plan.name,
        "profile": experiment.profile,
        "light": without,
        "made_with": content.made_with(languages),
        "report_code": content.report_code(),
        "lang": ",".join(languages),
    }
    payload[content.SUBMISSION] = json_bytes(about)
    bag.write_bag(out, plan.name, payload, _info(experiment, store, plan))
    octets = out.stat().st_size
    left = _WITHOUT.get(size, "")
    if own_light and size != "light":
        left += "; samples and weights of light cells are missing"
    full, changed = plan.data_source == "full", differences(experiment, plan)
    more = f": no: {changed[0]} ({len(changed)} in all); `labkit run`" if changed else ""
    return [
        _author(experiment),
        *_cells(store, plan, damaged),
        _item(not changed, f"the experiment file is what was run{more}"),
        *_answers(experiment, store, answers),
        _item(full, f"data: the {'full sets' if full else 'BUNDLED subset, not the full sets'}"),
        _item(octets <= MOST_BYTES.get(size, octets), f"{out}: {octets / 1e6:.1f} MB{left}"),
    ]


def _add_weights(payload: dict[str, bytes | Path], store: Store, plan: Plan) -> None:
    """Add what draws each trained cell's samples again: its best epoch's weights, or a part."""
    for spec in plan.cells:
        train = store.train_folder(spec)
        below, best = train.relative_to(store.root).as_posix(), train / BEST
        prefix = f"{content.RESULTS}/{below}"
        if f"{prefix}/{COMMIT}" not in payload or not best.is_file():
            continue
        part = weights.without(best.read_bytes(), weights.not_drawn(plan, spec))
        payload[f"{prefix}/{BEST if part is None else DRAWS}"] = part or best


def _info(experiment: Experiment, store: Store, plan: Plan) -> dict[str, str]:
    """Return what the bag says of itself; what is not known is left out."""
    author = experiment.content.author
    info = {
        "External-Identifier": plan.name,
        "Contact-Name": author.name,
        "Source-Organization": author.course,
        "Bagging-Date": store.newest_commit(plan.cells)[:10] or "unknown",
        "Bag-Software-Agent": f"labkit {__version__}",
    }
    return {name: text for name, text in info.items() if text}


def _item(ok: bool, text: str) -> str:
    return f"[{'x' if ok else ' '}] {text}"


def _author(experiment: Experiment) -> str:
    author = experiment.content.author.model_dump()
    given = ", ".join(value for value in author.values() if value) or "nobody"
    lacking = ", ".join(f"author.{name}" for name, value in author.items() if not value)
    more = f"; missing in the experiment file: {lacking}" if lacking else ""
    return _item(not lacking, f"who: {given}{more}")


def _cells(store: Store, plan: Plan, damaged: dict[str, str]) -> Iterator[str]:
    """How many cells of each family are done, and what became of the others."""
    wrong: dict[str, str] = {}
    for spec in plan.cells:
        outcome = store.outcome(spec)
        if spec.name in damaged:
            wrong[spec.name] = f"damaged and left out: {damaged[spec.name]}"
        elif isinstance(outcome, CellFailure):
            wrong[spec.name] = f"failed: {outcome.error}"
        elif not (outcome and outcome.measured):
            wrong[spec.name] = "not done; `labkit run` does it"
    for family in dict.fromkeys(spec.family for spec in plan.cells):
        done = [spec.name not in wrong for spec in plan.cells if spec.family == family]
        yield _item(all(done), f"{family} cells done: {sum(done)} of {len(done)}")
    yield from (_item(False, f"{name}: {why}") for name, why in wrong.items())


def _answers(experiment: Experiment, store: Store, path: Path) -> Iterator[str]:
    """How many of the questions that apply have an answer of the student's."""
    found = computed(read_view(store, options=experiment.overrides()["report"]))
    given = students(path, found.table, found.answers).answers
    lacking = [words_of(each.question) for each in found.answers if each.question not in given]
    asked = len(found.answers)
    yield _item(not lacking, f"own answers: {asked - len(lacking)} of {asked} questions")
    yield from (_item(False, f"no answer in {path.name}: {text}") for text in lacking)
