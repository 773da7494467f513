"""Section 10: what a reader needs to trust or repeat the numbers."""

import json
from collections import Counter

from labkit import calibration
from labkit.catalog import DATASETS
from labkit.catalog.metrics import MEASURED_ON
from labkit.experiment.spec import OWN_CODE
from labkit.reporting.blocks import Block, Code, Column, Facts, Fold, Listing, Paragraph, Section
from labkit.reporting.entries import number, row, table
from labkit.reporting.view import View
from labkit.text.language import N_, _, many
from labkit.text.numbers import listing, setting, show

N_("first 10,000 training images")  # as cells state what their samples stand against


def making(view: View) -> Section:
    """Calibration, selection rule, environment, fingerprints, how to verify, tools used."""
    used = (DATASETS[dataset] for dataset in view.datasets)
    sources = (f"{_(each.label)}: {each.source} ({each.licence})" for each in used)
    made = _(
        "Models were trained with PyTorch and everything else here, from the tables to "
        "this page, was made by labkit."
    )
    inner = (
        Section("calibration", _("Calibration of the proxy FID"), _calibration(view)),
        Section("selection", _("Selection of the best epoch"), (Paragraph(_selection(view)),)),
        Section("environment", _("Environment"), _environment(view)),
        Section("fingerprints", _("Fingerprints"), _fingerprints(view)),
        Section("verify", _("How to verify"), _verify(view)),
        Section("tools", _("Tools used"), (Paragraph(made), Listing(tuple(sources)))),
    )
    return Section("making", _("How these numbers were made"), (), inner)


def _calibration(view: View) -> tuple[Block, ...]:
    columns = (
        _("Data set"),
        Column(_("Of real images"), True, _("the floor")),
        Column(_("Of noise"), True, _("the ceiling")),
        Column(_("Feature network's test accuracy"), True),
        _("Feature network (SHA-256)"),
    )
    rows = []
    for dataset in view.datasets:
        scale, network = view.fid_scale(dataset), calibration.feature_hash(dataset)
        ends, accuracy = (number(scale.floor), number(scale.ceiling)), show(None)
        if network:
            accuracy = f"{100 * calibration.feature_network(dataset)['test_accuracy']:.1f} %"
        rows.append((_(DATASETS[dataset].label), *ends, accuracy, network[:16] or show(None)))
    sizes = {s.evaluation["samples"] for s in view.plan.cells if s.evaluation}
    text = _(
        "Features are the penultimate layer of the network named below; {n} samples of the best "
        "epoch stand against the 10,000 test images, both as 8-bit grey. A proxy FID is "
        "comparable only within one data set, one number of samples and one feature network.",
        n=listing(f"{n:,}" for n in sorted(sizes)) or _("all"),
    )
    return Paragraph(text), table(_("The scale of the proxy FID"), columns, rows)


def _selection(view: View) -> str:
    rules = [
        _(
            "Each epoch, {n} samples against the {images}; the epoch with the {rule} is the best. "
            "The proxy FID reported is measured afterwards with new samples against test images, "
            "so that the choice does not flatter it.",
            n=f"{int(spec.selection['samples']):,}",
            images=_(spec.selection["against"]),
            rule=_(spec.selection.get("rule", N_("lowest proxy FID"))),
        )
        for spec in view.plan.cells
        if spec.code != OWN_CODE and spec.has_features
    ]
    unseen = dict.fromkeys(DATASETS[s.dataset].label for s in view.plan.cells if not s.has_features)
    if unseen:
        text = _(
            "There is no feature network for {datasets}: nothing was measured of the samples, "
            "no epoch is known to be the best, and the last one is shown.",
            datasets=listing(unseen),
        )
        rules.append(text)
    if view.own_loops:
        rules.append(_("Of cells trained by own code, the appendix tells."))
    return " ".join(dict.fromkeys(rules))


def _environment(view: View) -> tuple[Block, ...]:
    """What the cells were trained with; each environment once, with its cells if several."""
    if not view.environments:
        return (Paragraph(_("No cell is done yet.")),)
    blocks: list[Block] = []
    for text, cells in view.environments.items():
        facts = [(key, setting(value)) for key, value in sorted(json.loads(text).items())]
        if len(view.environments) > 1:
            facts.append((_("cells"), listing(cell.spec.name for cell in cells)))
        blocks.append(Facts(tuple(facts)))
    found = (cell.result.environment.get("packages", {}) for cell in view.cells if cell.result)
    versions = {f"{name} {version}" for each in found for name, version in each.items()}
    packages = listing(sorted(versions)) or _("not recorded")
    said = _("Packages: {packages}.", packages=packages)
    return *blocks, Paragraph(" ".join(filter(None, (_measured(view), said))))


def _measured(view: View) -> str:
    """Where the measures were computed; empty where it was the CPU alone."""
    counts = Counter(cell.detail(MEASURED_ON) for cell in view.cells if cell.status == "done")
    if counts.keys() <= {None}:
        return ""
    where = (
        many("{device} ({n} cell)", "{device} ({n} cells)", n, device=device or _("the CPU"))
        for device, n in counts.items()
    )
    return _("The measures were computed on {devices}.", devices=listing(where))


def _fingerprints(view: View) -> tuple[Block, ...]:
    text = _(
        "A cell's fingerprint is the SHA-256 of all that can change its training: settings, "
        "seed, precision, data, best-epoch rule and training code. Its evaluation has a second "
        "one. Equal fingerprints mean equal cells."
    )
    columns = (_("Run"), _("Training"), _("Evaluation"), _("Training code"))
    rows = []
    for name, spec in ((cell.name, cell.spec) for cell in view.cells):
        hashes = spec.fingerprint, spec.evaluation_fingerprint, spec.code
        rows.append(row(name, *(each[:16] for each in hashes), run=name))
    data = {(s.dataset, s.data["source"], s.data["sha256"]) for s in view.plan.cells}
    files = tuple(
        (_("{dataset} training images ({source})", dataset=dataset, source=source), sha256)
        for dataset, source, sha256 in sorted(data)
    )
    every = table(_("Fingerprints, first 16 digits"), columns, rows)
    return (
        Paragraph(text),
        Fold(_("Fingerprints of every cell"), (every,)),
        Fold(_("SHA-256 of the data"), (Facts(files),)),
    )


def _verify(view: View) -> tuple[Block, ...]:
    flag = f" --profile {view.plan.profile}" if view.plan.profile else ""
    hand_in = _(
        "`labkit submit` packs report, tables and cells as one zip. `labkit verify` checks without "
        "trust that its files are whole, that tables and report follow from the cells and "
        "the measures from the samples and, with `--rerun`, that training cells again ends in "
        "their numbers."
    )
    again = _(
        "Without a zip: with the same experiment file, data and machine, a second run into an "
        "empty folder ends in the same numbers, but for time, speed and memory."
    )
    report = f"labkit report{flag} --results again -o again/report"
    return (
        Paragraph(hand_in),
        Code(f"labkit submit{flag} -o hand-in.zip\nlabkit verify hand-in.zip --rerun 1", "sh"),
        Paragraph(again),
        Code(f"labkit run{flag} --results again\n{report}", "sh"),
    )
