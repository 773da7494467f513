"""Section 10: everything that must be known to trust or to repeat the numbers."""

from __future__ import annotations

import json
from typing import Any

from labkit.catalog import DATASETS
from labkit.reporting.blocks import (
    Block,
    Code,
    Column,
    Entry,
    Facts,
    Fold,
    Listing,
    Paragraph,
    Row,
    Section,
    Table,
)
from labkit.reporting.numbers import listing, show
from labkit.reporting.view import View
from labkit.reporting.yardstick import feature_facts


def making(view: View) -> Section:
    """Calibration, selection rule, environment, fingerprints, how to verify, tools used."""
    return Section(
        "making",
        "How these numbers were made",
        (),
        (
            Section("calibration", "Calibration of the proxy FID", _calibration(view)),
            Section("selection", "Selection of the best epoch", (Paragraph(_selection(view)),)),
            Section("environment", "Environment", _environment(view)),
            Section("fingerprints", "Fingerprints", _fingerprints(view)),
            Section("verify", "How to verify", _verify(view)),
            Section("tools", "Tools used", _tools(view)),
        ),
    )


def _calibration(view: View) -> tuple[Block, ...]:
    columns = (
        Column("Data set"),
        Column("Real images read", numeric=True, about="the floor"),
        Column("Nonsense reads", numeric=True, about="the ceiling"),
        Column("Feature network's test accuracy", numeric=True),
        Column("Feature network (SHA-256)"),
    )
    rows = []
    for dataset in view.datasets:
        scale, facts = view.yardstick(dataset), feature_facts(dataset)
        ceiling = f"{show(scale.ceiling)} ({scale.ceiling_of})" if scale.ceiling else show(None)
        accuracy = facts.get("test_accuracy")
        share = f"{100 * float(accuracy):.1f} %" if accuracy is not None else show(None)
        rows.append(
            Row(
                (
                    Entry(DATASETS[dataset].label),
                    Entry(show(scale.floor), scale.floor),
                    Entry(ceiling, scale.ceiling),
                    Entry(share),
                    Entry(str(facts.get("sha256", show(None)))[:16]),
                )
            )
        )
    sizes = listing(
        sorted({f"{s.evaluation['samples']:,}" for s in view.plan.cells if s.evaluation})
    )
    text = (
        f"Features are the penultimate layer of the network named below. {sizes or 'The'} samples "
        "of the best epoch stand against the 10,000 test images, both as 8-bit grey. A proxy FID "
        "is comparable only within one data set, one number of samples and one feature network."
    )
    return (Paragraph(text), Table("The scale of the proxy FID", columns, tuple(rows)))


def _selection(view: View) -> str:
    rules = []
    for spec in view.plan.cells:
        rule = spec.selection
        rules.append(
            f"Each epoch, {int(rule['samples']):,} samples against the {rule['against']}; "
            f"the epoch with the {rule.get('rule', 'lowest proxy FID')} is the best epoch"
        )
    return (
        f"{'. '.join(dict.fromkeys(rules))}. This tracking FID only chooses; the proxy FID "
        "reported is measured afterwards with new samples against test images, so that the "
        "choice does not flatter it."
    )


def _environment(view: View) -> tuple[Block, ...]:
    if not view.environments:
        return (Paragraph("No cell is done yet."),)
    blocks: list[Block] = []
    for text, cells in view.environments.items():
        facts = [(key, _plain(value)) for key, value in sorted(json.loads(text).items())]
        if len(view.environments) > 1:
            facts.append(("cells", listing(cell.spec.name for cell in cells)))
        blocks.append(Facts(tuple(facts)))
    versions = {
        f"{name} {version}"
        for cell in view.cells
        if cell.result
        for name, version in cell.result.environment.get("packages", {}).items()
    }
    blocks.append(Paragraph(f"Packages: {listing(sorted(versions)) or 'not recorded'}."))
    return tuple(blocks)


def _plain(value: Any) -> str:
    return "none" if value is None else show(value)


def _fingerprints(view: View) -> tuple[Block, ...]:
    text = (
        "A cell's fingerprint is the SHA-256 of all that can change its training: settings, "
        "seed, precision, data, best-epoch rule and training code. Its evaluation has a second "
        "one. Equal fingerprints mean equal cells."
    )
    columns = (Column("Run"), Column("Training"), Column("Evaluation"), Column("Training code"))
    rows = tuple(
        Row(
            (
                Entry(c.spec.name),
                Entry(c.spec.fingerprint[:16]),
                Entry(c.spec.evaluation_fingerprint[:16]),
                Entry(c.spec.code[:16]),
            ),
            c.spec.name,
        )
        for c in view.cells
    )
    data = {(s.dataset, s.data["source"], s.data["sha256"]) for s in view.plan.cells}
    hashes = tuple((f"{d} training images ({source})", h) for d, source, h in sorted(data))
    table = Table("Fingerprints, first 16 digits", columns, rows)
    return (
        Paragraph(text),
        Fold("Fingerprints of every cell", (table,)),
        Fold("SHA-256 of the data", (Facts(hashes),)),
    )


def _verify(view: View) -> tuple[Block, ...]:
    flag = f" --profile {view.plan.profile}" if view.plan.profile else ""
    hand_in = (
        "Every cell's folder lists the SHA-256 of its files in COMMIT.json. `labkit submit` packs "
        "report, tables and cells as one zip. `labkit verify` checks it without trusting it: that "
        "the files are whole, that tables and report follow from the cells, that the measures "
        "follow from the samples and, with `--rerun`, that training cells again ends in their "
        "numbers."
    )
    again = (
        "Without a zip: with the same experiment file, data and machine, a second run into an "
        "empty folder ends in the same numbers, but for time, speed and memory."
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
        f"{DATASETS[d].label}: {DATASETS[d].source}; licence {DATASETS[d].licence}"
        for d in view.datasets
    ]
    return (
        Paragraph(
            "Models were trained with PyTorch and everything else here, from the tables to this "
            "page, was made by labkit."
        ),
        Listing(tuple(sources)),
    )
