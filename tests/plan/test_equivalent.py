"""The code of the first release, rewritten, computes the same: its stores are not made again.

`first_release.json` holds the versions as that release computed them; `scripts/same_bits.py`
proved the bits equal before `equivalent.json` was written. When training code changes what it
computes, these tests fail for the families concerned: then their lines go, and the changelog
says that their cells train again.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from labkit.experiment import fingerprint
from labkit.experiment.fingerprint import measuring_code, training_code

#: Modules of measures that the first release did not have, and the one that hands them out.
JOINED = {
    name: {"now": fingerprint._module_hash(fingerprint.PACKAGE / "measure" / name), "was": was}
    for name, was in {
        "two_sample.py": {},
        "evaluate.py": {
            "evaluate.py": "599379b2e37a174d392d2fc9cac957166dbf87baaa16bf64cdeb15bc902a78ff"
        },
    }.items()
}
FIRST = json.loads(Path(__file__).with_name("first_release.json").read_bytes())


@pytest.mark.parametrize("cell", FIRST["training"])
def test_no_cell_trains_again(cell: str) -> None:
    family, _, setting = cell.partition(" ")
    name, _, value = setting.partition("=")
    assert training_code(family, {name: value} if name else None) == FIRST["training"][cell]


def test_what_measured_in_the_first_release_computes_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Measures have joined since, so cells are measured again; those of then keep their bits."""
    assert measuring_code() != FIRST["measuring"]
    known = {**fingerprint._equivalent(), **JOINED}
    monkeypatch.setattr(fingerprint, "_equivalent", lambda: known)
    assert measuring_code.__wrapped__() == FIRST["measuring"]


def test_a_line_holds_for_one_text_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """A module that changes once more is itself again, and its cells train."""
    name = "labkit.train.loop"
    line = fingerprint._equivalent()[name]
    assert fingerprint._as_before({name: line["now"]}) == line["was"]
    assert fingerprint._as_before({name: "another"}) == {name: "another"}
