"""Two results side by side: what belongs together, what is beyond noise, and the page of it."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from labkit.reporting.compare import page as comparison
from labkit.reporting.compare import table as compare
from labkit.reporting.compare.page import build_comparison
from labkit.reporting.compare.table import Judged, contrasts, key, measured_unlike, pairs
from tests.builders import results
from tests.builders.commands import labkit
from tests.builders.plans import SMALL, fake_plan
from tests.builders.stores import write_store


def table(values: dict[int, float], name: str = "x", **more: Any) -> pd.DataFrame:
    several = len(values) > 1
    return pd.DataFrame(
        [
            {
                "run": f"{name}_seed{seed}" if several else name,
                "seed": seed,
                "family": "gan",
                "dataset": "MNIST",
                "status": "done",
                "proxy_fid": value,
                "seconds": value,
                **more,
            }
            for seed, value in values.items()
        ]
    )


def contrast(
    a: pd.DataFrame, b: pd.DataFrame, metrics: tuple[str, ...] = ("proxy_fid",), **given: Any
) -> list[Judged]:
    return contrasts(pairs(a, b), metrics, lambda pair: pair.key[0], **given)


ZERO = {1: 50.0, 2: 60.0, 3: 70.0}


def shifted(*by: float) -> dict[int, float]:
    return {seed: value + d for (seed, value), d in zip(ZERO.items(), by, strict=False)}


@pytest.mark.parametrize(
    ("by", "verdict"),
    [
        # Student's t of three seeds is 4.303: for differences m − 1, m, m + 1 it is m √3.
        ((1.49, 2.49, 3.49), "clear"),
        ((1.48, 2.48, 3.48), "within noise"),
        ((-1.49, -2.49, -3.49), "clear"),
        ((5.0, -5.0, 0.2), "within noise"),
        ((0.0, 0.0, 0.0), "level"),
        ((9.0, 9.1), "seen once"),
        ((9.0,), "seen once"),
    ],
)
def test_clear_or_within_noise(by: tuple[float, ...], verdict: str) -> None:
    given = dict(list(ZERO.items())[: len(by)])
    ((found, strength),) = contrast(table(given), table(shifted(*by)), ("seconds",))
    assert strength == verdict
    assert found.mean_b - found.mean_a == pytest.approx(sum(by) / len(by))
    interval = found.interval()
    assert (interval is None) == (len(by) < 3 or not any(by))
    if interval:
        assert interval[0] <= found.mean_a - found.mean_b <= interval[1]


def test_swapping_the_two_turns_the_sign() -> None:
    a, b = table(ZERO), table(shifted(2.0, 2.2, 1.8))
    ((there, strength),), ((back, other),) = contrast(a, b), contrast(b, a)
    assert there.estimate == -(back.estimate or 0.0) != 0
    assert strength == other == "clear"
    ends, reverse = there.interval(), back.interval()
    assert ends
    assert reverse
    assert ends[0] == pytest.approx(-reverse[1])


def test_many_differences_are_judged_together() -> None:
    a = pd.concat([table(ZERO, "x"), table(ZERO, "y"), table(ZERO, "z")])
    border, none = shifted(1.49, 2.49, 3.49), shifted(3.0, -3.0, 0.1)
    b = pd.concat([table(border, "x"), table(none, "y"), table(none, "z")])
    found = {each.cells[0].run: strength for each, strength in contrast(a, b, ("seconds",))}
    assert found == dict.fromkeys("xyz", "within noise")  # alone, x is clear: see above


def test_one_seed_and_several_meet_in_the_seed_they_share() -> None:
    ((found, _),) = contrast(table({2: 61.0}), table(ZERO))
    assert found.n_seeds == 1
    assert (found.mean_a, found.mean_b) == pytest.approx((61.0, 60.0))
    text = compare.two(table({2: 61.0}), table(ZERO))
    assert "−1.00" in text
    assert text.count("only in B") == 6  # seeds 1 and 3: proxy FID, time and status


def test_every_pair_that_both_have_counts() -> None:
    a = pd.concat([table(ZERO, "x"), table(ZERO, "y")])
    b = pd.concat([table(shifted(1, 1, 1), "x"), table({1: 51.0, 2: 61.0}, "y")])
    ((found, _),) = contrasts(pairs(a, b), ["seconds"], lambda pair: pair.either["family"])
    assert (found.pairs, found.n_blocks, found.n_seeds) == (5, 2, 3)
    assert found.mean_b - found.mean_a == pytest.approx(1.0)


def test_what_must_not_be_compared_is_not() -> None:
    a = table(ZERO, total_loss=1.0, reconstruction="l1")
    b = table(shifted(1, 2, 3), total_loss=2.0, reconstruction="mse")
    assert [c.metric for c, _ in contrast(a, b, ("proxy_fid", "total_loss"))] == ["proxy_fid"]
    unlike = frozenset(key(run, seed) for run, seed in zip(a["run"], a["seed"], strict=True))
    assert contrast(a, b, unlike=unlike) == []
    frame = compare.differences(a, b, unlike)
    notes = dict(zip(frame["name"], frame["note"], strict=True))
    assert notes["total_loss"] == "reconstruction differs: not comparable"
    assert notes["proxy_fid"] == "measured in another way: not comparable"


def test_measured_unlike() -> None:
    plan = fake_plan(SMALL)
    first, *others = plan.cells
    changed = replace(first, evaluation={**first.evaluation, "samples": 500})
    other = replace(plan, cells=(changed, *others))
    assert measured_unlike(plan, plan) == frozenset()
    assert measured_unlike(plan, other) == {("MNIST_GAN_hinge_z64", 42)}


# --------------------------------------------------------------------- the page


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Three seeds of three cells; and again with another rate and GANs 20 % better, one failed."""
    root = tmp_path_factory.mktemp("two")
    plan = fake_plan(SMALL, seeds=(42, 43, 44), epochs=2)
    write_store(root / "a", plan)
    cells = (replace(c, params={**c.params, "lr": 0.5}) for c in plan.cells)
    other = replace(plan, cells=tuple(cells), title="<script>alert(1)</script>")
    real = results.history

    def better(spec: Any) -> list[dict[str, Any]]:
        factor = 0.8 + 0.001 * (spec.seed - 42) if spec.family == "gan" else 1.0
        return [{**row, "proxy_fid": factor * row["proxy_fid"]} for row in real(spec)]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(results, "history", better)
        write_store(root / "b", other, failed=["MNIST_GAN_hinge_z64_seed43"])
    return root / "a", root / "b"


@pytest.fixture(scope="module")
def page(stores: tuple[Path, Path]) -> str:
    path = build_comparison(*stores, stores[0].parent / "page.html")
    return path.read_text("utf-8")


def test_the_page_says_what_changed(page: str) -> None:
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))
    assert "a and b compared" in text
    assert re.search(r"Changed in the settings: lr\b", text)
    assert re.search(r"lr 0.0002 0.5 MNIST_GAN_hinge_z64 and MNIST_GAN_bce_z64", text)
    assert "Clear: Proxy FID of GAN on MNIST." in text
    assert "−20 to −20 %" in text
    assert "B is incomplete: 8 of 9 cells done; 1 failed" in text
    assert "? seen once" in text  # of the cell whose third failed
    assert "−20 %" in text


def test_the_page_is_self_contained_and_safe(page: str, stores: tuple[Path, Path]) -> None:
    assert "default-src 'none'" in page
    assert not re.search(r"(?:src|href)=\"(?!#|data:)", page)
    assert "<script>alert" not in page
    assert str(stores[0].parent) not in page
    assert page.count("<img ") == 2 * 2  # the best GAN and the best VAE, in A and in B


def test_the_same_stores_give_the_same_bytes(page: str, stores: tuple[Path, Path]) -> None:
    again = build_comparison(*stores, stores[0].parent / "again.html")
    assert again.read_text("utf-8") == page


def test_a_result_with_itself(stores: tuple[Path, Path]) -> None:
    path = build_comparison(stores[0], stores[0], stores[0].parent / "self.html")
    text = path.read_text("utf-8")
    assert "The settings are the same." in text
    assert "No value of any cell differs." in text
    assert "✓ clear</td>" not in text


def test_names_tell_two_folders_apart(tmp_path: Path) -> None:
    one, two = tmp_path / "mine/results/lab1", tmp_path / "yours/results/lab1"
    assert comparison.named(one, two) == ("mine/results/lab1", "yours/results/lab1")
    assert comparison.named(one, one.parent / "lab2") == ("lab1", "lab2")
    assert comparison.named(one, one) == ("lab1", "lab1")


def test_the_verb(stores: tuple[Path, Path], tmp_path: Path) -> None:
    a, b = map(str, stores)
    said = labkit("compare", a, b, "-o", "two.html", cwd=tmp_path)
    assert said.stdout == "two.html\n"
    assert (tmp_path / "two.html").stat().st_size > 50_000
    labkit("compare", a, b, "-o", "two.html", cwd=tmp_path)  # its own page it may replace
    (tmp_path / "answers.md").write_text("my own words")
    for own in ("answers.md", ".", ""):
        wrong = labkit("compare", a, b, "-o", own, cwd=tmp_path, check=2)
        assert len(wrong.stderr.splitlines()) == 1
    assert (tmp_path / "answers.md").read_text() == "my own words"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["answers.md", "two.html"]
    for args in ([a, "-o", "x.html"], [a, b, "--csv", "-o", "x.html"]):
        wrong = labkit("compare", *args, cwd=tmp_path, check=2)
        assert len(wrong.stderr.splitlines()) == 1
