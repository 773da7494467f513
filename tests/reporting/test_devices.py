"""What a report says of the devices that cells were trained and measured on."""

from __future__ import annotations

import re
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from labkit.catalog.metrics import MEASURED_ON
from labkit.reporting.build import render_report
from labkit.store.store import Store
from tests.builders import results
from tests.builders.plans import SMALL, fake_plan
from tests.builders.stores import still, write_store

CARD = "NVIDIA H100 80GB HBM3"


def report(folder: Path, patch: pytest.MonkeyPatch, cards: int, measured: int) -> str:
    """Three cells' report; so many of them trained, and measured, on a card."""
    still(patch)
    plan, store = fake_plan(SMALL, epochs=2), Store(folder)
    names, own = [spec.name for spec in plan.cells], results.measures
    for i, name in enumerate(names):
        environment = deepcopy(results.ENVIRONMENT)
        if i < cards:
            environment["numeric"]["device"] = CARD

        def measures(*args: Any, on_card: bool = i < measured) -> dict[str, Any]:
            found = own(*args)
            if on_card:
                found["details"][MEASURED_ON] = CARD
            return found

        with patch.context() as inner:
            inner.setattr(results, "ENVIRONMENT", environment)
            inner.setattr(results, "measures", measures)
            write_store(folder, plan, missing=[n for n in names if n != name])
    return render_report(store.root, formats=("md",))["md"]["report.md"].decode()


def sentences(text: str, word: str) -> list[str]:
    """Sentences with a word, outside of tables and lists."""
    lines = [line for line in text.splitlines() if not line.startswith(("|", "- ", "#"))]
    return [s for line in lines for s in re.split(r"(?<=[.;]) ", line) if word in s]


def test_devices_that_differ_are_named_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = report(tmp_path, monkeypatch, cards=1, measured=0)
    (said,) = sentences(text, CARD)
    assert said.endswith(
        f"The cells were trained on {CARD} and cpu, and not all on the same (see “How these "
        "numbers were made”): small differences between them may come from that."
    )
    assert "measures were computed" not in text
    assert f"**Device:** {CARD} and cpu" in text


@pytest.mark.parametrize("cards", [0, 3])
def test_where_there_is_one_device_nothing_is_warned_of(
    cards: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = report(tmp_path, monkeypatch, cards=cards, measured=cards)
    assert "not all on the same" not in text
    assert "more than one numeric environment" not in text
    said = sentences(text, "measures were computed")
    assert said == ([f"The measures were computed on {CARD} (3 cells)."] if cards else [])


def test_measures_of_two_devices_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = report(tmp_path, monkeypatch, cards=3, measured=2)
    (said,) = sentences(text, "measures were computed")
    assert said == f"The measures were computed on {CARD} (2 cells) and the CPU (1 cell)."
