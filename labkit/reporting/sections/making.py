"""Section 10: what a reader needs to trust or repeat the numbers."""

from __future__ import annotations

import json

from labkit import calibration
from labkit.catalog import DATASETS
from labkit.experiment.spec import OWN_CODE
from labkit.reporting.blocks import (
    Block,
    Code,
    Column,
    Entry,
    Facts,
    Fold,
    Listing,
    Paragraph,
    Section,
)
from labkit.reporting.entries import number, row, table
from labkit.reporting.view import View
from labkit.text.language import _
from labkit.text.numbers import listing, setting, show


def making(view: View) -> Section:
    """Calibration, selection rule, environment, fingerprints, how to verify, tools used."""
    return Section(
        "making",
        _("How these numbers were made"),
        (),
        (
            Section("calibration", _("Calibration of the proxy FID"), _calibration(view)),
            Section("selection", _("Selection of the best epoch"), (Paragraph(_selection(view)),)),
            Section("environment", _("Environment"), _environment(view)),
            Section("fingerprints", _("Fingerprints"), _fingerprints(view)),
            Section("verify", _("How to verify"), _verify(view)),
            Section("tools", _("Tools used"), _tools(view)),
        ),
    )


def _calibration(view: View) -> tuple[Block, ...]:
    columns = (
        _("Data set"),
        Column(_("Of real images"), numeric=True, about=_("the floor")),
        Column(_("Of nonsense"), numeric=True, about=_("the ceiling")),
        Column(_("Feature network's test accuracy"), numeric=True),
        _("Feature network (SHA-256)"),
    )
    rows = []
    for dataset in view.datasets:
        scale, network = view.fid_scale(dataset), calibration.feature_hash(dataset)
        accuracy = calibration.feature_network(dataset)["test_accuracy"] if network else None
        of = f" ({_(scale.ceiling_of)})" if scale.ceiling else ""
        rows.append(
            (
                _(DATASETS[dataset].label),
                number(scale.floor),
                Entry(show(scale.ceiling or None) + of, scale.ceiling),
                show(None) if accuracy is None else f"{100 * accuracy:.1f} %",
                network[:16] or show(None),
            )
        )
    sizes = {f"{s.evaluation['samples']:,}" for s in view.plan.cells if s.evaluation}
    measured = _(
        "The samples of the best epoch stand against the 10,000 test images, both as 8-bit grey."
    )
    if sizes:
        measured = _(
            "{n} samples of the best epoch stand against the 10,000 test images, both as 8-bit "
            "grey.",
            n=listing(sorted(sizes)),
        )
    text = (
        _("Features are the penultimate layer of the network named below."),
        measured,
        _(
            "A proxy FID is comparable only within one data set, one number of samples and one "
            "feature network."
        ),
    )
    return Paragraph(" ".join(text)), table(_("The scale of the proxy FID"), columns, rows)


def _selection(view: View) -> str:
    rules = []
    for spec in view.plan.cells:
        if spec.code == OWN_CODE or not spec.has_features:
            continue
        rule = spec.selection
        rules.append(
            _(
                "Each epoch, {n} samples against the {images}; the epoch with the {rule} is the "
                "best epoch.",
                n=f"{int(rule['samples']):,}",
                images=_known(rule["against"]),
                rule=_known(rule.get("rule", "lowest proxy FID")),
            )
        )
    if rules:
        rules.append(
            _(
                "This tracking FID chooses the best epoch and shows how steady a training was; "
                "the proxy FID reported is measured afterwards with new samples against test "
                "images, so that the choice does not flatter it."
            )
        )
    unseen = dict.fromkeys(DATASETS[s.dataset].label for s in view.plan.cells if not s.has_features)
    if unseen:
        rules.append(
            _(
                "There is no feature network for {datasets}: nothing was measured of the samples, "
                "no epoch is known to be the best, and the last one is shown.",
                datasets=listing(unseen),
            )
        )
    if view.own_loops:
        rules.append(
            _(
                "Cells of the author's own training loop were measured on the samples their loop "
                "showed, in the epochs it showed them; those of the best epoch also chose it."
            )
        )
    return " ".join(dict.fromkeys(rules))


def _known(text: str) -> str:
    """Translate a rule's words as cells store them; unknown ones stay as they are."""
    today = {
        "lowest proxy FID": _("lowest proxy FID"),
        "first 10,000 training images": _("first 10,000 training images"),
    }
    return today.get(text, text)


def _environment(view: View) -> tuple[Block, ...]:
    if not view.environments:
        return (Paragraph(_("No cell is done yet.")),)
    blocks: list[Block] = []
    for text, cells in view.environments.items():
        facts = [
            (key, setting(None) if value is None else show(value))
            for key, value in sorted(json.loads(text).items())
        ]
        if len(view.environments) > 1:
            facts.append((_("cells"), listing(cell.spec.name for cell in cells)))
        blocks.append(Facts(tuple(facts)))
    versions = {
        f"{name} {version}"
        for cell in view.cells
        if cell.result
        for name, version in cell.result.environment.get("packages", {}).items()
    }
    packages = listing(sorted(versions)) or _("not recorded")
    blocks.append(Paragraph(_("Packages: {packages}.", packages=packages)))
    return tuple(blocks)


def _fingerprints(view: View) -> tuple[Block, ...]:
    text = _(
        "A cell's fingerprint is the SHA-256 of all that can change its training: settings, "
        "seed, precision, data, best-epoch rule and training code. Its evaluation has a second "
        "one. Equal fingerprints mean equal cells."
    )
    if view.own_loops:
        text += " " + _(
            "For cells of the author's own training loop it covers the stated settings, neither "
            "code nor data: equal fingerprints do not mean equal cells there."
        )
    columns = (_("Run"), _("Training"), _("Evaluation"), _("Training code"))
    rows = (
        row(
            c.name,
            c.spec.fingerprint[:16],
            c.spec.evaluation_fingerprint[:16],
            c.spec.code[:16],
            run=c.name,
        )
        for c in view.cells
    )
    data = {(s.dataset, s.data["source"], s.data["sha256"]) for s in view.plan.cells}
    hashes = tuple(
        (_("{dataset} training images ({source})", dataset=dataset, source=source), sha256)
        for dataset, source, sha256 in sorted(data)
    )
    every = table(_("Fingerprints, first 16 digits"), columns, rows)
    return (
        Paragraph(text),
        Fold(_("Fingerprints of every cell"), (every,)),
        Fold(_("SHA-256 of the data"), (Facts(hashes),)),
    )


def _verify(view: View) -> tuple[Block, ...]:
    flag = f" --profile {view.plan.profile}" if view.plan.profile else ""
    hand_in = _(
        "Every cell's folder lists the SHA-256 of its files in COMMIT.json. `labkit submit` packs "
        "report, tables and cells as one zip. `labkit verify` checks it without trusting it: that "
        "the files are whole, that tables and report follow from the cells, that the measures "
        "follow from the samples and, with `--rerun`, that training cells again ends in their "
        "numbers."
    )
    again = _(
        "Without a zip: with the same experiment file, data and machine, a second run into an "
        "empty folder ends in the same numbers, but for time, speed and memory."
    )
    if view.own_loops:
        again += " " + _(
            "Cells of the author's own training loop are trained again by neither; their samples "
            "can be measured again, no more."
        )
    return (
        Paragraph(hand_in),
        Code(f"labkit submit{flag} -o hand-in.zip\nlabkit verify hand-in.zip --rerun 1", "sh"),
        Paragraph(again),
        Code(
            f"labkit run{flag} --results again\n"
            f"labkit report{flag} --results again -o again/report",
            "sh",
        ),
    )


def _tools(view: View) -> tuple[Block, ...]:
    sources = [
        _(
            "{dataset}: {source}; licence {licence}",
            dataset=_(DATASETS[d].label),
            source=DATASETS[d].source,
            licence=DATASETS[d].licence,
        )
        for d in view.datasets
    ]
    made = _(
        "Models were trained with PyTorch and everything else here, from the tables to "
        "this page, was made by labkit."
    )
    if view.own_loops:
        made += " " + _("What the author's own training loop used is not known.")
    return Paragraph(made), Listing(tuple(sources))
