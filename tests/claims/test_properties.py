"""What holds for every table: no number without a source, no conclusion without seeds."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from labkit.claims import Answer, Claim, answer_questions
from labkit.claims.cell import Cell, Measured
from labkit.claims.cells import Cells, make_cells
from labkit.claims.judge import Context, judge
from labkit.claims.measure import measure
from labkit.claims.predicates.best_of import best_of
from labkit.claims.texts import Words
from tests.builders.tables import REAL, lab1
from tests.claims.numbers_in import unexplained

GAN_METRICS = ("proxy_fid", "fid_drawdown", "d_dominance", "coverage", "sharpness")
VAE_METRICS = ("proxy_fid", "test_recon_loss", "test_kl_loss", "active_units", "sharpness",
               "recon_proxy_fid", "recon_sharpness")  # fmt: skip
COLLAPSE = ("none detected at N=10,000", "classes missing: 4, 9", "not measurable at N=50", None)

relaxed = settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def tables(draw: st.DrawFn, max_seeds: int = 4) -> pd.DataFrame:
    """Grids of GANs and VAEs: some metrics absent, some cells failed, ties on purpose."""
    rng = random.Random(draw(st.integers(0, 2**32 - 1)))
    losses = draw(st.sampled_from([("hinge",), ("hinge", "bce")]))
    zs = draw(st.sampled_from([(64,), (32, 64), (32, 64, 128)]))
    latents = draw(st.sampled_from([(), (8, 16), (8, 16, 32)]))
    datasets = draw(st.sampled_from([("MNIST",), ("MNIST", "FashionMNIST")]))
    seeds = draw(st.integers(1, max_seeds))
    coarse = draw(st.booleans())  # few distinct values: many ties
    absent = set(draw(st.lists(st.sampled_from((*GAN_METRICS, *VAE_METRICS)), max_size=3)))
    failing = draw(st.sampled_from([0.0, 0.0, 0.15]))

    def value() -> float:
        return float(rng.randint(1, 4)) if coarse else rng.lognormvariate(3, 0.4)

    rows: list[dict[str, Any]] = []
    for dataset in datasets:
        for seed in range(seeds):
            points = [("gan", {"loss": loss, "z_dim": z}, GAN_METRICS) for loss in losses
                      for z in zs]  # fmt: skip
            points += [("vae", {"latent_dim": k, "reconstruction": "l1"}, VAE_METRICS)
                       for k in latents]  # fmt: skip
            for family, point, metrics in points:
                row = {"family": family, "dataset": dataset, "seed": seed, "epochs": 10, **point,
                       "seconds": rng.uniform(5, 500), "status": "done"}  # fmt: skip
                if rng.random() < failing:
                    row["status"] = "failed"
                else:
                    row |= {m: value() for m in metrics if m not in absent}
                    row["collapse"] = rng.choice(COLLAPSE) if family == "gan" else None
                row["run"] = f"{dataset}_{family}_{'_'.join(map(str, point.values()))}_seed{seed}"
                rows.append(row)
    return pd.DataFrame(rows)


def claims_of(answers: Sequence[Answer]) -> list[Claim]:
    return [claim for answer in answers for claim in answer.claims]


#: A table in which there is something of everything.
RICH = lab1(3)


def test_the_rich_table_has_something_of_everything() -> None:
    claims = claims_of(answer_questions(RICH))
    assert {"supported", "inconclusive", "not supported", "not measured"} == {
        claim.verdict for claim in claims
    }
    measured = [claim for claim in claims if claim.verdict != "not measured"]
    assert {"best-of", "trend", "family"} <= {claim.predicate["kind"] for claim in measured}
    assert {"proxy_fid", "coverage"} <= {claim.predicate.get("metric") for claim in measured}
    assert any(c.interval is not None and c.estimate is not None for c in claims)
    assert any(c.in_these_runs == "no" for c in claims)
    assert any(text[:1].isdigit() for c in claims for text in c.shown.values())


@given(tables())
@example(RICH)
@relaxed
def test_every_number_of_a_text_is_among_its_numbers(frame: pd.DataFrame) -> None:
    for claim in claims_of(answer_questions(frame)):
        assert unexplained(claim.text, claim.numbers) == [], claim.text


@given(tables())
@relaxed
def test_every_number_of_a_paragraph_comes_from_a_claim(frame: pd.DataFrame) -> None:
    for answer in answer_questions(frame):
        by_id = {claim.id: claim for claim in answer.claims}
        known: dict[str, float] = {}
        for claim in answer.claims:
            known |= {f"{claim.id} {name}": v for name, v in claim.numbers.items()}
        for sentence in answer.sentences:
            assert set(sentence.claims) <= by_id.keys()
            plan = sentence.text.startswith("What could settle")
            if not plan:  # the plan's time is checked against the table's seconds below
                assert unexplained(sentence.text, known) == [], sentence.text
        assert answer.paragraph == " ".join(s.text for s in answer.sentences)


@given(tables())
@example(RICH)
@relaxed
def test_shown_is_the_printed_form_of_numbers(frame: pd.DataFrame) -> None:
    for claim in claims_of(answer_questions(frame)):
        for name, text in claim.shown.items():
            assert name in claim.numbers
            if text[:1].isdigit() or text[:1] == "−":
                assert unexplained(text, {name: claim.numbers[name]}) == []


@given(tables())
@example(RICH)
@relaxed
def test_the_estimate_lies_in_its_interval(frame: pd.DataFrame) -> None:
    for claim in claims_of(answer_questions(frame)):
        if claim.interval is not None and claim.estimate is not None:
            low, high = claim.interval
            slack = 1e-9 * (1 + abs(claim.estimate))
            assert low - slack <= claim.estimate <= high + slack, claim.id


@given(tables())
@example(RICH)
@relaxed
def test_verdicts_follow_the_rules(frame: pd.DataFrame) -> None:
    for claim in claims_of(answer_questions(frame)):
        if claim.verdict == "supported":
            assert claim.n_seeds >= 3
            assert claim.in_these_runs == "yes"
            assert claim.interval is not None
            assert claim.settle is None
        elif claim.verdict == "not measured":
            assert claim.in_these_runs is None
            assert claim.estimate is None
            assert claim.reasons
        elif claim.verdict == "inconclusive":
            assert claim.reasons
        if claim.in_these_runs == "no":
            assert claim.verdict == "not supported"
        json.dumps(claim.to_json(), allow_nan=False)


@given(tables(max_seeds=1))
@relaxed
def test_one_seed_never_supports(frame: pd.DataFrame) -> None:
    assert all(claim.verdict != "supported" for claim in claims_of(answer_questions(frame)))


@given(tables())
@relaxed
def test_ids_are_unique_and_depend_on_the_grid_alone(frame: pd.DataFrame) -> None:
    claims = claims_of(answer_questions(frame))
    assert len({claim.id for claim in claims}) == len(claims)


@given(tables(), st.integers(0, 2**32 - 1))
@relaxed
def test_the_order_and_the_names_of_rows_change_nothing(frame: pd.DataFrame, seed: int) -> None:
    shuffled = frame.sample(frac=1, random_state=seed).reset_index(drop=True)
    names = {name: f"run{i}" for i, name in enumerate(shuffled["run"])}
    renamed = shuffled.assign(run=shuffled["run"].map(names))

    def bare(claim: Claim, renaming: Mapping[str, str]) -> dict[str, Any]:
        found = claim.to_json()
        found["runs"] = sorted(renaming.get(run, run) for run in found["runs"])
        del found["settle"]  # a command speaks of names
        found["counterexamples"] = len(found["counterexamples"])
        return found

    before = [bare(c, names) for c in claims_of(answer_questions(frame))]
    assert before == [bare(c, {}) for c in claims_of(answer_questions(renamed))]
    assert [a.paragraph for a in answer_questions(shuffled)] == [
        a.paragraph for a in answer_questions(frame)
    ]


# ------------------------------------------------------------------ recomputed another way


def _mean(frame: pd.DataFrame, metric: str) -> float:
    """Over blocks within a seed, then over seeds, in pandas' words."""
    return float(frame.groupby("seed")[metric].mean().mean())


@given(tables())
@example(RICH)
@relaxed
def test_level_means_can_be_recomputed_from_the_table(frame: pd.DataFrame) -> None:
    for claim in claims_of(answer_questions(frame)):
        p = claim.predicate
        if p["kind"] not in ("best-of", "trend") or claim.verdict == "not measured":
            continue
        rows = frame[frame["run"].isin(claim.runs)].copy()
        metric = p["metric"]
        if p.get("target") is not None:
            rows[metric] = (rows[metric] - p["target"]).abs()
        for level in p.get("order") or p["levels"]:
            expected = _mean(rows[rows[p["factor"]] == level], metric)
            assert claim.numbers[f"{metric}, {level}"] == pytest.approx(expected, rel=1e-9)
        first, second = (p["level"], p["rival"]) if "level" in p else (p["levels"][-1],
                                                                       p["levels"][0])  # fmt: skip
        difference = _mean(rows[rows[p["factor"]] == first], metric) - _mean(
            rows[rows[p["factor"]] == second], metric
        )
        assert claim.estimate == pytest.approx(difference, rel=1e-9, abs=1e-9)


@given(tables())
@example(RICH)
@relaxed
def test_family_means_can_be_recomputed_from_the_table(frame: pd.DataFrame) -> None:
    for claim in claims_of(answer_questions(frame)):
        p = claim.predicate
        if p["kind"] != "family" or claim.verdict == "not measured":
            continue
        rows = frame[frame["run"].isin(claim.runs)].copy()
        if p["target"] is not None:
            rows[p["metric"]] = (rows[p["metric"]] - p["target"]).abs()
        sides = [rows[rows["family"] == f] for f in p["families"]]
        shared = set(sides[0]["seed"]) & set(sides[1]["seed"])
        for family, side in zip(p["families"], sides, strict=True):
            expected = _mean(side[side["seed"].isin(shared)], p["metric"])
            assert claim.numbers[f"{p['metric']}, {family}"] == pytest.approx(expected)


# ------------------------------------------------------------------ swaps, rounding, absence


def gans(values: Mapping[tuple[str, int, int], Measured]) -> tuple[Cells, Context]:
    cells = make_cells(
        Cell(f"{loss}{z}{s}", "gan", "MNIST", s, {"loss": loss, "z_dim": z}, {"proxy_fid": v})
        for (loss, z, s), v in values.items()
    )
    return cells, Context(cells, Words())


grids = st.tuples(st.integers(1, 3), st.integers(1, 4)).flatmap(
    lambda size: st.lists(
        st.tuples(st.integers(0, 400), st.integers(0, 400)),
        min_size=size[0] * size[1],
        max_size=size[0] * size[1],
    ).map(lambda pairs: (size, pairs))
)


@given(grids)
@settings(deadline=None)
def test_swapping_two_levels_swaps_what_these_runs_show(
    grid: tuple[tuple[int, int], list[tuple[int, int]]],
) -> None:
    (blocks, seeds), pairs = grid
    places = [(z, s) for z in range(blocks) for s in range(seeds)]

    def shown(swap: bool) -> tuple[str | None, float | None]:
        values = {}
        for (z, s), (a, b) in zip(places, pairs, strict=True):
            first, second = (b, a) if swap else (a, b)
            values["hinge", z, s] = Measured(float(first))
            values["bce", z, s] = Measured(float(second))
        cells, context = gans(values)
        draft = best_of(cells, "loss", measure("proxy_fid"), context, level="hinge")
        claim = judge("q", [draft], context)[0]
        return claim.in_these_runs, claim.estimate

    (before, estimate), (after, swapped) = shown(False), shown(True)
    assert after == {"yes": "no", "no": "yes", "tie": "tie"}[before or ""]
    assert swapped == pytest.approx(-(estimate or 0.0), abs=1e-9)


@given(
    st.integers(1, 99),
    st.lists(st.floats(-0.499, 0.499), min_size=6, max_size=6),
    st.integers(0, 3),
)
@settings(deadline=None)
def test_noise_below_rounding_never_makes_a_winner(
    units: int, noise: Sequence[float], decimals: int
) -> None:
    """One true value, disturbed by less than the digits show, then rounded as people do."""
    step = 10.0**-decimals
    half = step / 2
    typed = [Measured(round((units + n) * step, decimals), half, decimals) for n in noise]
    keys = [(loss, z, 0) for z in (32, 64, 128) for loss in ("hinge", "bce")]
    cells, context = gans(dict(zip(keys, typed, strict=True)))
    for factor in ("loss", "z_dim"):
        draft = best_of(cells, factor, measure("proxy_fid"), context)
        assert judge("q", [draft], context)[0].in_these_runs == "tie"


@given(tables())
@example(RICH)
@relaxed
def test_an_absent_metric_is_not_measured(frame: pd.DataFrame) -> None:
    for metric in ("proxy_fid", "coverage"):
        if metric not in frame:
            continue
        for without in (frame.drop(columns=metric), frame.assign(**{metric: float("nan")})):
            for claim in claims_of(answer_questions(without)):
                named = [claim.predicate.get("metric"), *claim.predicate.get("metrics", [])]
                if metric in named:
                    assert claim.verdict == "not measured"


# ------------------------------------------------------------------ sensitivity


@pytest.mark.parametrize("table", ["real", "three seeds"])
@pytest.mark.parametrize(
    ("row", "metric"),
    [(0, "proxy_fid"), (1, "fid_drawdown"), (4, "coverage"), (12, "test_recon_loss"),
     (17, "recon_proxy_fid"), (13, "active_units"), (7, "d_dominance"), (16, "sharpness")],
)  # fmt: skip
def test_a_changed_value_reaches_exactly_the_claims_that_rest_on_it(
    row: int, metric: str, table: str
) -> None:
    frame = pd.read_csv(REAL) if table == "real" else lab1(3)
    changed = frame.copy()
    changed[metric] = changed[metric].astype(float)
    changed.loc[row, metric] = changed.loc[row, metric] * 1.01 + 1e-4
    run = frame.loc[row, "run"]
    before, after = answer_questions(frame), answer_questions(changed)
    reached = 0
    for old, new in zip(before, after, strict=True):
        touched = [_rests_on(claim, run, metric) for claim in old.claims]
        for a, b, rests in zip(old.claims, new.claims, touched, strict=True):
            same = (dict(a.numbers), a.estimate, a.interval) == (
                dict(b.numbers), b.estimate, b.interval)  # fmt: skip
            assert same != rests, f"{a.id}: rests on it: {rests}, numbers the same: {same}"
            reached += rests
        if not any(touched):
            assert json.dumps(old.to_json()) == json.dumps(new.to_json())
    assert reached


def _rests_on(claim: Claim, run: str, metric: str) -> bool:
    named = [claim.predicate.get("metric"), *claim.predicate.get("metrics", [])]
    return metric in named and run in claim.runs


# ------------------------------------------------------------------ time


def test_the_plan_costs_what_the_table_says() -> None:
    frame = lab1()
    answers = {a.question: a for a in answer_questions(frame)}
    claim = next(c for c in answers["stability"].claims if c.id.endswith("loss.proxy_fid.MNIST")
                 and c.settle)  # fmt: skip
    assert claim.settle is not None
    gan = frame[(frame["family"] == "gan") & (frame["dataset"] == "MNIST")]
    assert claim.settle.trainings == 2 * len(gan)
    assert claim.settle.seconds == pytest.approx(2 * gan["seconds"].sum())
    assert claim.settle.command == "labkit run --seeds 3 --only 'MNIST_GAN_*'"
    minutes = round(claim.settle.seconds / 60)
    assert f"about {minutes} min of training" in claim.settle.text


def test_means_weigh_seeds_not_cells() -> None:
    """A seed with one block counts as much as one with two."""
    values = {("hinge", 32, 0): 0.0, ("bce", 32, 0): 10.0, ("hinge", 64, 0): 0.0,
              ("bce", 64, 0): 20.0, ("hinge", 32, 1): 0.0, ("bce", 32, 1): 6.0}  # fmt: skip
    cells, context = gans({k: Measured(v) for k, v in values.items()})
    claim = judge("q", [best_of(cells, "loss", measure("proxy_fid"), context)], context)[0]
    assert claim.estimate == -fmean([15.0, 6.0])
    assert "not every setting was run with every seed" in claim.reasons
