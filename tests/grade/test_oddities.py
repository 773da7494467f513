"""Real histories have nothing odd; those that somebody wrote have."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from labkit.grade.oddities import oddities
from labkit.grade.record import GradedCell, HandIn
from tests.grade.test_likeness import honest

Row = dict[str, Any]


@pytest.mark.parametrize("place", range(12))
def test_real_histories_have_nothing_odd(place: int) -> None:
    assert oddities(honest()[place]) == []


def test_nor_has_a_hand_in_without_cells() -> None:
    assert oddities(HandIn("a.zip")) == []
    assert (
        oddities(HandIn("a.zip", cells=(GradedCell("x", "", "gan", "MNIST", 1, "missing"),))) == []
    )


def changed(cell: int, change: Callable[[Row], Row], epochs: int = 0) -> HandIn:
    """The first student with every row of a cell changed; more of them if so many are wanted."""
    cells = list(honest()[0].cells)
    rows = cells[cell].history
    if epochs:
        rows = tuple(
            {**rows[0], "epoch": e, "seconds": 1.234567891 * e} for e in range(1, epochs + 1)
        )
    cells[cell] = replace(cells[cell], history=tuple(map(change, rows)))
    return replace(honest()[0], cells=tuple(cells))


def by_epoch(slope: float) -> Callable[[Row], Row]:
    return lambda r: {
        "epoch": r["epoch"], "seconds": r["seconds"], "proxy_fid": 213.1234567 - slope * r["epoch"]
    }  # fmt: skip


@pytest.mark.parametrize(("found", "handin"), [
    ("3 numbers of its history have fewer than 6 digits",
     changed(0, lambda r: {**r, "proxy_fid": round(r["proxy_fid"], 1)})),
    ("total loss is not reconstruction + KL in 3 of 3 epochs",
     changed(2, lambda r: {**r, "recon_loss": r["recon_loss"] * 0.97})),
    ("an epoch that took no time", changed(1, lambda r: {**r, "seconds": -r["seconds"]})),
    ("proxy_fid goes along a straight line", changed(0, by_epoch(7.7654321), 6)),
])  # fmt: skip
def test_what_no_training_gives(found: str, handin: HandIn) -> None:
    names = [cell.name for cell in handin.cells]
    assert [line for line in oddities(handin) if line.partition(": ")[2] == found]
    assert all(line.partition(": ")[0] in names for line in oddities(handin))


def test_small_changes_that_arithmetic_makes_are_no_oddity() -> None:
    off = changed(2, lambda r: {**r, "recon_loss": r["recon_loss"] * (1 + 5e-5)})
    assert oddities(off) == []
    bent = changed(
        0, lambda r: {**by_epoch(7.7654321)(r), "proxy_fid": 213.5 - r["epoch"] ** 1.01}, 6
    )
    assert not [line for line in oddities(bent) if "straight" in line]


def test_epochs_that_were_copied_within_a_hand_in() -> None:
    first, second, *rest = honest()[0].cells
    odd = oddities(
        replace(honest()[0], cells=(first, replace(second, history=first.history), *rest))
    )
    assert odd == [
        "3 epochs took exactly as long as another one",
        f"{', '.join(sorted([first.name, second.name]))}: epochs of the same numbers",
    ]


@pytest.mark.parametrize("value", [None, 1])
def test_a_number_that_is_missing_stops_nothing(value: float | None) -> None:
    handin = changed(2, lambda r: {**r, "kl_loss": value})
    assert not any("reconstruction + KL" in line for line in oddities(handin))
