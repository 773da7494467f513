"""What is usual in a class, and what is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from labkit.grade.build import Graded
from labkit.grade.class_view import LEAST, Class, usual_range
from labkit.grade.marks import Mark, Marks
from labkit.grade.page import _labels, _wiping
from labkit.grade.record import GradedCell, HandIn
from labkit.grade.table import moodle_csv


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


def test_of_several_uploads_the_one_with_points_goes_to_moodle() -> None:
    """A text that was typed in beside the file is a row of its own, and comes after it."""
    names = ("Ada_1_assignsubmission_file_/lab.zip", "Ada_1_assignsubmission_onlinetext_/x.html")
    file, text = (HandIn(name, "Ada", "Participant 1") for name in names)
    marks = Marks({(file.id, "overall"): Mark(5.0, "well done")})
    said = moodle_csv(Class((file, text), marks=marks)).splitlines()[1]
    assert said.startswith("Participant 1,Ada,5")
    assert "well done" in said


def test_points_of_no_hand_in_are_said() -> None:
    made = Class((HandIn("a.zip"),), marks=Marks({("h123456789", "overall"): Mark(5.0)}))
    assert "points.csv: rows of no hand-in here: h123456789" in Graded(made, []).lines
    here = Marks({(HandIn("a.zip").id, "overall"): Mark(5.0)})
    assert not any(
        "no hand-in" in line for line in Graded(Class(made.handins, marks=here), []).lines
    )


def test_a_late_hand_in_changes_no_others_name() -> None:
    class_ = [HandIn(f"{i}.zip", f"Student {i}") for i in range(20)]
    for blind in (False, True):
        named = _labels(class_, blind)
        assert len(set(named.values())) == 20
        with_late = _labels([HandIn("late.zip", "Emil"), *class_], blind)
        assert {file: with_late[file] for file in named} == named


def test_a_name_is_blotted_out_however_it_is_written() -> None:
    wiped = _wiping([HandIn("a.zip", "Ada Ohm"), HandIn("b.zip", "王小明")])
    text = wiped("ada ohm, ADA and Ada's radar; 我是王小明，谢谢")
    assert text == "▮▮▮, ▮▮▮ and ▮▮▮'s radar; 我是▮▮▮，谢谢"
    assert Path("a.zip").name not in wiped("a.zip")
