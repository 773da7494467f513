"""What is usual in a class, and what is not."""

from __future__ import annotations

import pytest

from labkit.grade.class_view import LEAST, Class, usual_range
from labkit.grade.record import GradedCell, HandIn


def cell(fid: float, name: str = "MNIST_GAN_hinge_z64_seed7") -> GradedCell:
    return GradedCell(name, "f" * 64, "gan", "MNIST", 7, "done", {"proxy_fid": fid})


def class_of(*fids: float) -> Class:
    return Class(tuple(HandIn(f"{i:02d}.zip", cells=(cell(fid),)) for i, fid in enumerate(fids)))


def test_the_range_is_of_the_many() -> None:
    """The median of logs and five robust deviations; one number far off does not widen it."""
    values = [10.0, 11.0, 12.0, 9.0, 10.5, 11.5, 9.5, 10.0]
    found, wider = usual_range(values, True), usual_range([*values, 1000.0], True)
    assert found.low < min(values) < max(values) < found.high < 30
    assert wider.high < 30
    assert found.holds(found.high)
    assert not found.holds(found.high * 1.001)
    assert not found.holds(found.low * 0.999)


def test_equal_numbers_leave_room_for_the_next() -> None:
    assert usual_range([10.0] * 9, True).holds(10.5)
    assert not usual_range([10.0] * 9, True).holds(12.0)


def test_a_number_that_stands_out_is_told_with_the_range() -> None:
    made = class_of(*[10.0 + i / 10 for i in range(LEAST - 1)], 0.5)
    *usual, odd = made.handins
    assert [made.standing_out(each) for each in usual] == [[]] * (LEAST - 1)
    (line,) = made.standing_out(odd)
    assert line.startswith("MNIST_GAN_hinge_z64_seed7: Proxy FID 0.500 (class: 8")


@pytest.mark.parametrize("number", [LEAST - 1, LEAST])
def test_few_hand_ins_have_no_range(number: int) -> None:
    made = class_of(*[10.0 + i / 10 for i in range(number - 1)], 0.5)
    assert bool(made.standing_out(made.handins[-1])) == (number >= LEAST)
