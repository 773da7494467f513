"""Rung 2: the report and its tables follow from the committed cells, and those from the plan.

The report is made again, by this labkit's code and templates, and compared byte by
byte: so every number in it is traced to a committed cell. Plots are compared where the
libraries that drew them are those at hand.
"""

import csv
import io
import json
import math
import re
from collections.abc import Iterator

from labkit.calibration import feature_hash
from labkit.data.sources import data_hash
from labkit.errors import PlanError, misshapen, one_line
from labkit.execution.image_grid import same_pixels
from labkit.experiment.fingerprint import training_code
from labkit.experiment.grid import differences
from labkit.experiment.spec import OWN_CODE, UNSTATED, CellSpec, sha256_of
from labkit.handin import content
from labkit.handin.ladder import Rung, lacking
from labkit.handin.unpack import Unpacked
from labkit.reporting.files import TABLES
from labkit.store.file_names import BEST, ENVIRONMENT, HISTORY, SPEC
from labkit.store.history import read_history
from labkit.text.language import several

_TAG = re.compile("<[^>]*>")
_SVG = re.compile(rb"<svg\b.*?</svg>", re.DOTALL)


def check(found: Unpacked, rung: Rung) -> None:
    """Look at everything that needs neither torch nor trust; what does not hold goes to `rung`."""
    try:
        for line in differences(found.experiment, found.plan):
            rung.fail(line)
    except (PlanError, KeyError, TypeError, AttributeError) as error:
        rung.fail(f"the plan cannot be compared with the experiment file: {misshapen(error)}")
    for spec in found.plan.cells:
        for line in _cell(found, spec):
            rung.fail(f"{spec.name}: {line}")
    # Each measurement names what it was made from; that must be what was handed in.
    for below, commit in found.commits.items():
        if commit["kind"] == "eval" and "inputs" in commit:
            train = found.commits.get(f"{below.rpartition('/')[0]}/train")
            if train is None or sha256_of([train["files"].get(BEST)]) != commit["inputs"]:
                rung.fail(f"{below}: measured of other weights than those committed")
    _versions(found, rung)
    # What a stranger's files make the report's code do cannot be foreseen; none of it is a pass.
    try:
        _report(found, rung)
    except Exception as error:
        if lacks := lacking(error):
            rung.lack(lacks, "the report")
        else:
            rung.fail(f"the report cannot be made from these results: {one_line(error)}")
    done = sum(found.store.is_evaluated(spec) for spec in found.plan.cells)
    rung.note(f"{done} of {len(found.plan.cells)} cells are trained and measured")


def _cell(found: Unpacked, spec: CellSpec) -> Iterator[str]:
    """What is wrong with a trained cell's files, a line each."""
    outside = spec.code == OWN_CODE
    if not outside and spec.data["sha256"] != data_hash(spec.dataset, spec.data["source"]):
        yield f"trained on other data than the {spec.data['source']} {spec.dataset}"
    if not found.store.is_trained(spec):
        return
    train = found.store.train_folder(spec)
    try:
        stated = CellSpec.from_json(json.loads((train / SPEC).read_bytes()))
        if stated.fingerprint != spec.fingerprint:
            yield "spec.json is another cell's"
        rows = list(read_history(train / HISTORY))
        epochs, last = [row["epoch"] for row in rows], spec.training["epochs"]
        # A loop outside of labkit may have told of some epochs only.
        if epochs != (sorted({*epochs, last}) if outside else list(range(1, last + 1))):
            yield f"history.jsonl: not {last} epochs in order"
        numbers = [value for row in rows for value in row.values() if value is not None]
        if not all(isinstance(n, int | float) and math.isfinite(n) for n in numbers):
            yield "history.jsonl: holds what is no number"
        environment = json.loads((train / ENVIRONMENT).read_bytes())
        if not isinstance(environment["numeric"], dict):
            yield "environment.json: no numeric environment"
    except (OSError, ValueError, RecursionError, KeyError, TypeError, AttributeError) as error:
        yield f"cannot be read: {one_line(error)}"


def _versions(found: Unpacked, rung: Rung) -> None:
    """Note which cells another code than this labkit's trained or measured."""
    cells, families = found.plan.cells, set()
    for spec in cells:
        stated = {name: value for name, value in spec.params.items() if value != UNSTATED}
        if spec.code not in (OWN_CODE, training_code(spec.family, stated)):
            families.add(spec.family)
    if families:
        rung.note(f"{', '.join(sorted(families))}: trained by other code than this labkit's")
    if outside := sum(spec.code == OWN_CODE for spec in cells):
        how = "trained by a loop of the author's own; their settings are as stated"
        rung.note(f"{outside} cells {how}")
    if any(spec.selection["features"] != feature_hash(spec.dataset) for spec in cells):
        rung.give_up("measured by another feature network than this labkit's")


def _report(found: Unpacked, rung: Rung) -> None:
    prefix, answers = f"{content.REPORT}/", found.scratch / content.ANSWERS
    spoken = several(found.about["lang"])
    again = content.make_report(found.experiment, found.store.root, answers, spoken)
    given = {p.removeprefix(prefix) for p in found.bag.payload if p.startswith(prefix)}
    theirs, ours = found.about["made_with"], content.made_with(spoken)
    other_font = theirs.get("font") != ours.get("font")
    if other_font or found.about["report_code"] != content.report_code():
        for name in TABLES:
            table = found.bag.read(prefix + name) if name in given else b""
            _same_table(name, table, again[name], rung)
        by = f"by another labkit ({theirs.get('labkit', 'unknown')})"
        by = f"with another font ({theirs.get('font', 'unknown')})" if other_font else by
        rung.give_up(f"the report was made {by}: only tables were compared")
        return
    for name in sorted(given - again.keys()):
        rung.fail(f"{prefix}{name}: no part of this report")
    plots = 0  # of other bytes
    for name, made in sorted(again.items()):
        if name not in given:
            rung.fail(f"{prefix}{name}: missing")
        elif not _same(name, data := found.bag.read(prefix + name), made, theirs == ours):
            rung.fail(f"{prefix}{name}: not what these results give{_where(name, data, made)}")
        elif name.startswith("plots/"):
            plots += data != made
    if theirs == ours:
        rung.note(f"report made again: {len(again)} files, all bytes compared")
        return
    differ = [name for name in ours if theirs.get(name) != ours[name]]
    others = ", ".join(f"another {n} ({theirs.get(n, 'unknown')}, here {ours[n]})" for n in differ)
    unlike = f"{plots} plots not compared: not the same bytes, but drawn by {others}"
    rung.note(f"report made again: text and numbers exact; {unlike}")


def _same(name: str, given: bytes, again: bytes, same_libraries: bool) -> bool:
    if given == again or same_libraries:
        return given == again
    if name.startswith("plots/"):
        return given.startswith(b"\x89PNG")
    if name.endswith(".html"):
        return _SVG.sub(b"", given) == _SVG.sub(b"", again)
    return name.endswith(".png") and same_pixels(given, again)


def _where(name: str, given: bytes, again: bytes) -> str:
    """The first line that differs, for a text; else an empty string.

    Of a page, as it is seen, where what is seen differs.
    """
    if not name.endswith((".md", ".csv", ".html", ".json")):
        return ""
    lines, made = given.decode("utf-8", "replace").splitlines(), again.decode().splitlines()
    for number, (a, b) in enumerate(zip(lines, made, strict=False), 1):
        if a != b:
            if name.endswith(".html"):
                seen = [" ".join(_TAG.sub(" ", line).split()) for line in (a, b)]
                a, b = seen if seen[0] != seen[1] else (a, b)
            at = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), 0)
            near = slice(max(0, at - 30), at + 30)
            return f": line {number}: “{a[near]}”, should be “{b[near]}”"
    return f": {len(lines)} lines, should be {len(made)}"


def _same_table(name: str, given: bytes, again: bytes, rung: Rung) -> None:
    """Compare the columns that two versions of a table share."""
    texts = (data.decode("utf-8", "replace") for data in (given, again))
    first, second = (list(csv.DictReader(io.StringIO(text))) for text in texts)
    if len(first) != len(second):
        rung.fail(f"{name}: {len(first)} rows, should be {len(second)}")
        return
    for number, (a, b) in enumerate(zip(first, second, strict=True), 1):
        for key in a.keys() & b.keys():
            if a[key] != b[key]:
                rung.fail(f"{name}: row {number}, {key}: {a[key]}, should be {b[key]}")
