"""Each kind of statement on tables small enough to check by eye."""

from __future__ import annotations

from typing import Any

import pytest

from labkit.claims.cell import Cell, Measured
from labkit.claims.cells import Cells, make_cells
from labkit.claims.claim import Claim, Draft, Reference
from labkit.claims.collapse import read
from labkit.claims.judge import Context, judge
from labkit.claims.measure import Samples, measure
from labkit.claims.predicates.absence import all_finished, no_collapse
from labkit.claims.predicates.best_of import best_of, dominates
from labkit.claims.predicates.change import change
from labkit.claims.predicates.family import family_versus
from labkit.claims.predicates.helped import helped, mark_collapsed
from labkit.claims.predicates.pattern import same_pattern, trade_off
from labkit.claims.predicates.ranking import ranking
from labkit.claims.predicates.reproduces import reproduces
from labkit.claims.predicates.setting import best_setting
from labkit.claims.predicates.spread import seed_spread
from labkit.claims.predicates.trend import trend
from labkit.claims.questions.essay import Essay
from labkit.claims.texts import Words

FID = measure("proxy_fid")


def cell(
    value: float | None = None, *, metric: str = "proxy_fid", half: float = 0.0, seed: int = 0,
    family: str = "gan", dataset: str = "MNIST", status: str = "done", collapse: str = "",
    metrics: dict[str, float] | None = None, **settings: Any,
) -> Cell:  # fmt: skip
    found = {n: Measured(v) for n, v in (metrics or {}).items()}
    if value is not None:
        found[metric] = Measured(value, half)
    name = "_".join([dataset, family, *(str(v) for v in settings.values()), f"seed{seed}"])
    return Cell(name, family, dataset, seed, settings, found, status, read(collapse))


def table(*cells: Cell) -> tuple[Cells, Context]:
    found = make_cells(cells)
    return found, Context(found, Words())


def judged(draft: Draft, context: Context) -> Claim:
    return judge("q", [draft], context)[0]


def hinge_bce(hinge: list[float], bce: list[float], **more: Any) -> tuple[Cells, Context]:
    """One cell per loss and seed."""
    pairs = zip(hinge, bce, strict=True)
    return table(*(
        cell(value, loss=loss, seed=seed, **more)
        for seed, pair in enumerate(pairs)
        for loss, value in zip(("hinge", "bce"), pair, strict=True)
    ))  # fmt: skip


def test_families_are_compared_over_the_seeds_they_share() -> None:
    gans = [
        cell(10.0 + 100 * seed, loss=loss, seed=seed)
        for seed in range(3)
        for loss in ("hinge", "bce")
    ]
    cells, context = table(*gans, cell(50.0, family="vae"))
    found = judged(family_versus(cells, "gan", "vae", FID, context), context)
    assert found.n_seeds == 1
    assert found.numbers["cells, gan"] == 2
    assert len(found.runs) == 3
    assert "(from 3 of 7 cells)" in found.text


def test_a_seed_whose_grid_has_holes_is_no_part_of_the_shares() -> None:
    cells, context = table(*(
        cell(z + 3.0 * (loss == "bce") + seed / 10, loss=loss, z_dim=z, seed=seed)
        for seed in (0, 1, 2)
        for loss in ("hinge", "bce")
        for z in (8, 16, 32)
        if seed < 2 or (loss == "hinge" and z == 8)
    ))  # fmt: skip
    found = judged(ranking(cells, FID, context), context)
    assert found.n_seeds == 2
    assert len(found.runs) == 12
    assert "(from 12 of 13 cells)" in found.text


def test_fewer_samples_resolve_less() -> None:
    usual = measure("proxy_fid", samples=Samples()).margin(0.0, "MNIST")
    fewer = measure("proxy_fid", samples=Samples(2_000, 1_000)).margin(0.0, "MNIST")
    assert 0 < usual < fewer
    assert measure("coverage", samples=Samples()).margin(0.0, "MNIST") == 0
    assert FID.margin(0.0, "MNIST") == 0


# ------------------------------------------------------------------ verdicts


def test_one_seed_is_a_fact_about_these_runs_only() -> None:
    cells, context = hinge_bce([10.0], [20.0])
    claim = judged(best_of(cells, "loss", FID, context), context)
    assert (claim.in_these_runs, claim.verdict) == ("yes", "inconclusive")
    assert claim.interval is None
    assert claim.estimate == -10.0
    assert "run-to-run noise is not known" in claim.text
    assert claim.settle is not None
    assert claim.settle.seeds == 3


def test_two_seeds_are_too_few_however_alike() -> None:
    cells, context = hinge_bce([10.0, 10.1], [20.0, 20.3])
    assert judged(best_of(cells, "loss", FID, context), context).verdict == "inconclusive"


def test_three_seeds_that_agree_support() -> None:
    cells, context = hinge_bce([10.0, 10.1, 9.9], [20.0, 20.3, 19.8])
    claim = judged(best_of(cells, "loss", FID, context), context)
    assert claim.verdict == "supported"
    assert claim.interval is not None
    assert claim.margin is not None
    assert claim.interval[1] < -claim.margin
    assert claim.text.startswith("On MNIST, hinge has a lower proxy FID than BCE")


def test_an_effect_below_the_margin_is_not_supported_by_precision() -> None:
    """2 % apart beyond any doubt is still below the 5 % that count."""
    cells, context = hinge_bce([98.0, 98.01, 97.99], [100.0, 100.01, 100.0])
    claim = judged(best_of(cells, "loss", FID, context), context)
    assert claim.in_these_runs == "yes"
    assert claim.verdict == "inconclusive"
    assert claim.interval is not None
    assert claim.interval[1] < 0
    assert "does not clear the margin" in claim.text


def test_noise_leaves_it_open_and_says_which_run_could_settle_it() -> None:
    cells, context = hinge_bce([10.0, 24.0, 13.0], [20.0, 22.0, 21.0])
    claim = judged(best_of(cells, "loss", FID, context), context)
    assert claim.verdict == "inconclusive"
    assert "leaves it open" in claim.text
    assert claim.settle is not None


def test_seeds_that_change_nothing_say_nothing_of_noise() -> None:
    cells, context = hinge_bce([10.0] * 3, [20.0] * 3)
    claim = judged(best_of(cells, "loss", FID, context), context)
    assert claim.verdict == "inconclusive"
    assert "same difference" in claim.text


def test_a_named_level_that_is_behind_is_not_supported() -> None:
    for n in (1, 3):
        cells, context = hinge_bce([10.0, 10.1, 9.9][:n], [20.0, 20.3, 19.8][:n])
        claim = judged(best_of(cells, "loss", FID, context, level="bce"), context)
        assert (claim.in_these_runs, claim.verdict) == ("no", "not supported")
        assert claim.counterexamples == ("hinge",)
        assert claim.text.startswith("It does not hold in these runs on MNIST that BCE")


def test_holm_corrects_within_a_question() -> None:
    cells, context = hinge_bce([10.0, 10.4, 9.7], [12.0, 13.0, 12.6])
    draft = best_of(cells, "loss", FID, context)
    assert draft.p is not None
    assert 0.05 / 8 < draft.p < 0.05
    noise = hinge_bce([1.0, 2.0, 3.0], [3.0, 2.0, 1.5])[0]
    others = [best_of(noise, "loss", FID, context) for _ in range(7)]
    assert judge("q", [best_of(cells, "loss", FID, context)], context)[0].verdict == "supported"
    among = judge("q", [best_of(cells, "loss", FID, context), *others], context)[0]
    assert among.verdict == "inconclusive"
    assert any("Holm" in reason for reason in among.reasons)


# ------------------------------------------------------------------ rounding and ties


@pytest.mark.parametrize(("other", "shown"), [(0.05, "tie"), (0.06, "tie"), (0.07, "yes")])
def test_values_tie_where_their_rounding_intervals_touch(other: float, shown: str) -> None:
    cells, context = table(
        cell(0.05, half=0.005, loss="hinge"), cell(other, half=0.005, loss="bce")
    )
    claim = judged(best_of(cells, "loss", FID, context), context)
    assert claim.in_these_runs == shown
    assert ("tie" in claim.text) == (shown == "tie")


def test_exact_values_tie_only_if_equal() -> None:
    cells, context = table(cell(0.05, loss="hinge"), cell(0.05 + 1e-9, loss="bce"))
    assert judged(best_of(cells, "loss", FID, context), context).in_these_runs == "yes"
    cells, context = table(cell(0.1 + 0.2, loss="hinge"), cell(0.3, loss="bce"))
    assert judged(best_of(cells, "loss", FID, context), context).in_these_runs == "tie"


# ------------------------------------------------------------------ what may be compared


def test_loss_values_are_never_compared_across_loss_kinds() -> None:
    cells, context = table(
        cell(1.0, metric="d_loss", loss="hinge"), cell(0.5, metric="d_loss", loss="bce")
    )
    for test in (best_of, dominates):
        claim = judged(test(cells, "loss", measure("d_loss"), context), context)
        assert claim.verdict == "not measured"
        assert "not comparable across losses" in claim.text


def test_only_a_factor_varied_with_the_rest_held_fixed_is_compared() -> None:
    cells, context = table(cell(10.0, loss="hinge", lr=1e-3), cell(20.0, loss="bce", lr=1e-4))
    claim = judged(best_of(cells, "loss", FID, context), context)
    assert claim.verdict == "not measured"
    assert "learning rate changed with it" in claim.text


def test_a_failed_cell_takes_its_whole_block_out_and_changes_the_prose() -> None:
    cells, context = table(
        cell(10.0, loss="hinge", z_dim=32), cell(20.0, loss="bce", z_dim=32),
        cell(30.0, loss="hinge", z_dim=64), cell(loss="bce", z_dim=64, status="failed"),
    )  # fmt: skip
    claim = judged(best_of(cells, "loss", FID, context), context)
    assert claim.estimate == -10.0  # the lone hinge cell at z 64 does not count against hinge
    assert claim.n_blocks == 1
    assert "(from 2 of 4 cells)" in claim.text


def test_what_a_failed_cell_reports_is_not_a_measurement() -> None:
    cells, context = table(cell(1.0, loss="hinge", status="failed"), cell(20.0, loss="bce"))
    assert judged(best_of(cells, "loss", FID, context), context).verdict == "not measured"


def test_a_contrast_is_averaged_over_blocks_within_a_seed() -> None:
    cells, context = table(*(
        cell(base + block + (2.0 if loss == "bce" else 0.0) + 0.1 * seed * (loss == "bce"),
             loss=loss, z_dim=block, seed=seed)
        for seed, base in ((0, 10.0), (1, 90.0), (2, 50.0))
        for block in (32, 64)
        for loss in ("hinge", "bce")
    ))  # fmt: skip
    claim = judged(best_of(cells, "loss", FID, context), context)
    assert (claim.n_seeds, claim.n_blocks) == (3, 2)
    assert claim.estimate == pytest.approx(-2.1)  # mean of 2.0, 2.1, 2.2: levels of seeds cancel


def test_sharpness_is_judged_by_its_distance_from_real() -> None:
    cells, context = table(
        cell(0.9, metric="sharpness", loss="hinge"), cell(1.3, metric="sharpness", loss="bce")
    )
    claim = judged(best_of(cells, "loss", measure("sharpness", to_target=True), context), context)
    assert claim.predicate["level"] == "hinge"
    assert claim.estimate == pytest.approx(0.1 - 0.3)


def test_a_metric_without_direction_has_no_best() -> None:
    cells, context = table(
        cell(0.9, metric="sharpness", loss="hinge"), cell(1.3, metric="sharpness", loss="bce")
    )
    assert judged(best_of(cells, "loss", measure("sharpness"), context), context).verdict \
        == "not measured"  # fmt: skip
    low = best_of(cells, "loss", measure("sharpness"), context, level="hinge", extreme="lowest")
    assert judged(low, context).in_these_runs == "yes"


# ------------------------------------------------------------------ in every block


def grid(values: dict[tuple[str, int], float], dataset: str = "MNIST") -> list[Cell]:
    return [cell(v, loss=loss, z_dim=z, dataset=dataset) for (loss, z), v in values.items()]


def test_dominates_is_refuted_by_one_block() -> None:
    cells, context = table(*grid({("hinge", 32): 1, ("bce", 32): 2, ("hinge", 64): 5,
                                  ("bce", 64): 4}))  # fmt: skip
    claim = judged(dominates(cells, "loss", FID, context, level="hinge"), context)
    assert claim.verdict == "not supported"
    assert claim.counterexamples == ("z 64: BCE",)
    cells, context = table(*grid({("hinge", 32): 1, ("bce", 32): 2, ("hinge", 64): 3,
                                  ("bce", 64): 4}))  # fmt: skip
    claim = judged(dominates(cells, "loss", FID, context), context)
    assert (claim.in_these_runs, claim.verdict) == ("yes", "inconclusive")


# ------------------------------------------------------------------ trend


@pytest.mark.parametrize(
    ("values", "shown", "shape"),
    [
        ((3.0, 2.0, 1.0), "yes", "falls"),
        ((1.0, 2.0, 3.0), "yes", "rises"),
        ((3.0, 1.0, 2.0), "no", "valley"),
        ((1.0, 3.0, 2.0), "no", "hill"),
        ((1.0, 1.0, 2.0), "tie", "weakly"),
        ((1.0, 1.0, 1.0), "tie", "flat"),
    ],
)
def test_trends(values: tuple[float, ...], shown: str, shape: str) -> None:
    cells, context = table(*(
        cell(v, family="vae", latent_dim=d) for v, d in zip(values, (8, 16, 32), strict=True)
    ))  # fmt: skip
    claim = judged(trend(cells, "latent_dim", FID, context), context)
    assert claim.in_these_runs == shown
    assert claim.predicate["shape"] == shape
    if shown == "no":
        assert claim.verdict == "not supported"


def test_a_claimed_trend_in_the_wrong_direction_is_refuted() -> None:
    cells, context = table(*(
        cell(v, family="vae", latent_dim=d) for v, d in ((1.0, 8), (2.0, 16), (3.0, 32))
    ))  # fmt: skip
    claim = judged(trend(cells, "latent_dim", FID, context, direction="falls"), context)
    assert claim.verdict == "not supported"
    assert claim.counterexamples == ("8 to 16", "16 to 32")


def test_a_trend_needs_every_step_beyond_the_margin() -> None:
    def vaes(last: float) -> tuple[Cells, Context]:
        return table(*(
            cell(v + 0.1 * seed * (d == 16), family="vae", latent_dim=d, seed=seed)
            for seed in range(3)
            for v, d in ((300.0, 8), (200.0, 16), (last + 0.05 * seed, 32))
        ))  # fmt: skip

    cells, context = vaes(100.0)
    assert judged(trend(cells, "latent_dim", FID, context), context).verdict == "supported"
    cells, context = vaes(199.0)  # 16 to 32 falls by half a percent
    claim = judged(trend(cells, "latent_dim", FID, context), context)
    assert (claim.in_these_runs, claim.verdict) == ("yes", "inconclusive")


# ------------------------------------------------------------------ pattern and trade-off


def test_the_same_pattern_is_refuted_where_the_order_reverses() -> None:
    mnist = grid({("hinge", 32): 1, ("bce", 32): 2})
    alike = grid({("hinge", 32): 10, ("bce", 32): 11}, "FashionMNIST")
    reverse = grid({("hinge", 32): 11, ("bce", 32): 10}, "FashionMNIST")
    cells, context = table(*mnist, *alike)
    assert judged(same_pattern(cells, "loss", FID, context), context).in_these_runs == "yes"
    cells, context = table(*mnist, *reverse)
    claim = judged(same_pattern(cells, "loss", FID, context), context)
    assert claim.verdict == "not supported"
    assert "hinge, then BCE on MNIST and BCE, then hinge on Fashion-MNIST" in claim.text


def test_one_data_set_has_no_pattern_to_share() -> None:
    cells, context = table(*grid({("hinge", 32): 1, ("bce", 32): 2}))
    claim = judged(same_pattern(cells, "loss", FID, context), context)
    assert claim.verdict == "not measured"


def test_trade_off_and_its_absence() -> None:
    def vae(size: int, recon: float, fid: float) -> Cell:
        return cell(family="vae", latent_dim=size, reconstruction="l1",
                    metrics={"recon_loss": recon, "proxy_fid": fid})  # fmt: skip

    cells, context = table(vae(8, 90, 300), vae(32, 70, 400))
    recon = measure("recon_loss")
    claim = judged(trade_off(cells, "latent_dim", recon, FID, context), context)
    assert claim.in_these_runs == "yes"
    assert claim.predicate["best"] == [32, 8]
    cells, context = table(vae(8, 90, 300), vae(32, 70, 200))
    claim = judged(trade_off(cells, "latent_dim", recon, FID, context), context)
    assert claim.verdict == "not supported"
    assert "latent 32 is best by both" in claim.text


# ------------------------------------------------------------------ shares


def test_shares_of_an_additive_grid_are_the_sums_of_squares() -> None:
    """Loss ±4 and z ±1 without interaction: 16 and 1 of 17 parts, nothing left."""
    cells, context = table(*grid({("hinge", 32): 5, ("hinge", 64): 7, ("bce", 32): 13,
                                  ("bce", 64): 15}))  # fmt: skip
    claim = judged(ranking(cells, FID, context), context)
    assert claim.predicate["order"] == ["loss", "z_dim"]
    assert claim.numbers["loss, share"] == pytest.approx(100 * 16 / 17)
    assert claim.numbers["z_dim, share"] == pytest.approx(100 * 1 / 17)
    assert claim.numbers["rest"] == pytest.approx(0.0, abs=1e-9)
    assert claim.verdict == "inconclusive"


def test_pure_interaction_gives_no_factor_the_lead() -> None:
    cells, context = table(*grid({("hinge", 32): 1, ("hinge", 64): 3, ("bce", 32): 3,
                                  ("bce", 64): 1}))  # fmt: skip
    claim = judged(ranking(cells, FID, context), context)
    assert claim.in_these_runs == "tie"
    assert "combinations of loss and z dimension" in claim.text


def test_shares_add_to_what_two_way_analysis_of_variance_says() -> None:
    """3 x 2 by hand: SS_loss = 6·(δ/2)², SS_z from level means; epsilon takes df·MS_rest off."""
    values = {("hinge", 32): 1.0, ("hinge", 64): 4.0, ("hinge", 128): 2.0,
              ("bce", 32): 6.0, ("bce", 64): 5.0, ("bce", 128): 9.0}  # fmt: skip
    mean = sum(values.values()) / 6
    level = {k: [v for key, v in values.items() if k in key] for k in ("hinge", "bce", 32, 64, 128)}
    ss = {
        f: sum(len(level[k]) * (sum(level[k]) / len(level[k]) - mean) ** 2 for k in ks)
        for f, ks in (("loss", ("hinge", "bce")), ("z", (32, 64, 128)))
    }
    total = sum((v - mean) ** 2 for v in values.values())
    rest = (total - ss["loss"] - ss["z"]) / 2
    cells, context = table(*grid(values))
    claim = judged(ranking(cells, FID, context), context)
    assert claim.predicate["shares"]["loss"] == pytest.approx(100 * (ss["loss"] - rest) / total)
    assert claim.predicate["shares"]["z_dim"] == pytest.approx(100 * (ss["z"] - 2 * rest) / total)


# ------------------------------------------------------------------ families and settings


def test_families_are_compared_as_sets_of_runs() -> None:
    cells, context = table(
        cell(10.0, loss="hinge", z_dim=32), cell(12.0, loss="bce", z_dim=32),
        cell(30.0, family="vae", latent_dim=8), cell(20.0, family="vae", latent_dim=16),
    )  # fmt: skip
    claim = judged(family_versus(cells, "gan", "vae", FID, context), context)
    assert claim.estimate == 11.0 - 25.0
    assert claim.predicate["apart"] is True
    assert any("not a cause" in reason for reason in claim.reasons)
    lost = judged(family_versus(cells, "gan", "vae", FID, context, claimed="vae"), context)
    assert lost.verdict == "not supported"


def test_losses_of_two_families_are_not_compared() -> None:
    cells, context = table(
        cell(1.0, metric="total_loss", family="vae"), cell(2.0, metric="total_loss", family="vae2")
    )
    claim = judged(family_versus(cells, "vae", "vae2", measure("total_loss"), context), context)
    assert claim.verdict == "not measured"


def test_the_best_setting_must_beat_each_other_one() -> None:
    rows = [
        cell(value + 0.1 * seed * k, loss=loss, z_dim=z, seed=seed)
        for seed in range(4)
        for k, (loss, z, value) in enumerate((("hinge", 32, 10.0), ("bce", 32, 20.0),
                                              ("bce", 64, 30.0)))
    ]  # fmt: skip
    cells, context = table(*rows)
    claim = judged(best_setting(cells, FID, context), context)
    assert claim.verdict == "supported"
    assert claim.predicate["settings"] == {"loss": "hinge", "z_dim": 32}


# ------------------------------------------------------------------ absences


def clean(n: int, **more: Any) -> list[Cell]:
    return [cell(1.0, z_dim=i % 12, seed=i // 12, collapse="none detected", **more)
            for i in range(n)]  # fmt: skip


def test_no_collapse_in_twelve_is_not_proof() -> None:
    cells, context = table(*clean(12))
    claim = judged(no_collapse(cells, context), context)
    assert (claim.in_these_runs, claim.verdict) == ("yes", "inconclusive")
    assert claim.interval is not None
    assert claim.interval[1] == pytest.approx(0.2646, abs=1e-4)  # 1 - 0.025 ** (1 / 12)


def test_no_collapse_in_36_over_three_seeds_is_supported() -> None:
    cells, context = table(*clean(36))
    assert judged(no_collapse(cells, context), context).verdict == "supported"
    cells, context = table(*clean(35))
    assert judged(no_collapse(cells, context), context).verdict == "inconclusive"


def test_one_collapse_refutes_and_an_unmeasured_cell_is_not_clean() -> None:
    lost = cell(1.0, z_dim=99, collapse="classes missing: 4, 9")
    cells, context = table(*clean(3), lost, cell(1.0, z_dim=98))
    claim = judged(no_collapse(cells, context), context)
    assert claim.verdict == "not supported"
    assert claim.counterexamples == (f"{lost.run}: classes missing: 4, 9",)
    assert "1 more could not be judged" in claim.text
    cells, context = table(
        cell(1.0, z_dim=1), cell(1.0, z_dim=2, collapse="not measurable at N=50")
    )
    assert judged(no_collapse(cells, context), context).verdict == "not measured"


def test_a_failed_training_is_named_by_its_setting() -> None:
    cells, context = table(cell(1.0, loss="hinge"), cell(loss="bce", status="failed"))
    claim = judged(all_finished(cells, context), context)
    assert claim.verdict == "not supported"
    assert "1 of 2 failed (BCE)" in claim.text


def test_what_helped_is_asked_only_if_something_collapsed() -> None:
    cells, context = table(*(
        cell(1.0, loss=loss, z_dim=z, collapse="none detected")
        for loss in ("hinge", "bce") for z in (32, 64)
    ))  # fmt: skip
    assert judged(helped(mark_collapsed(cells), "loss", context), context).verdict == "not measured"
    cells, context = table(*(
        cell(1.0, loss=loss, z_dim=z, seed=seed,
             collapse="classes missing: 1" if loss == "bce" else "none detected")
        for loss in ("hinge", "bce") for z in (32, 64) for seed in range(3)
    ))  # fmt: skip
    claim = judged(helped(mark_collapsed(cells), "loss", context), context)
    # six pairs, all against BCE: 2 · (1/2)^6 = 0.031
    assert claim.verdict == "supported"
    assert claim.interval is not None
    assert claim.interval[0] > 0.5


# ------------------------------------------------------------------ seeds, change, references


def test_spread_over_seeds() -> None:
    hinge, bce = [10.0, 10.2, 9.8, 10.1, 9.9], [20.0, 25.0, 14.0, 22.0, 18.0]
    cells, context = hinge_bce(hinge, bce)
    claim = judged(seed_spread(cells, "loss", FID, context), context)
    assert claim.predicate["level"] == "hinge"
    assert claim.in_these_runs == "yes"
    # distances from the medians 10.0 and 20.0, by hand: means 0.12 and 3.0 (of 0, 5, 6, 2, 2)
    assert claim.estimate == pytest.approx(0.12 - 3.0)
    cells, context = hinge_bce([10.0], [20.0])
    assert judged(seed_spread(cells, "loss", FID, context), context).verdict == "not measured"


def test_spread_is_told_by_many_seeds_and_not_by_few() -> None:
    narrow = [10.0, 10.2, 9.8, 10.1, 9.9, 10.3, 9.7, 10.2]
    wide = [20.0, 25.0, 14.0, 22.0, 17.0, 24.0, 15.0, 23.0]
    cells, context = hinge_bce(narrow, wide)
    assert judged(seed_spread(cells, "loss", FID, context), context).verdict == "supported"
    cells, context = hinge_bce(narrow[:3], wide[:3])
    assert judged(seed_spread(cells, "loss", FID, context), context).verdict == "inconclusive"
    cells, context = hinge_bce(wide, [v + 0.01 * i for i, v in enumerate(wide)])
    assert judged(seed_spread(cells, "loss", FID, context), context).verdict == "inconclusive"


def ends(first: float, last: float, decimals: int = 4) -> Cell:
    half = 0.5 * 10**-decimals
    return Cell("WGAN", "gan", "FashionMNIST", 0, {"loss": "wasserstein"}, {}, "done",
                first={"d_loss": Measured(first, half, decimals)},
                last={"d_loss": Measured(last, half, decimals)})  # fmt: skip


def test_a_critic_loss_that_goes_to_zero_from_below_rises() -> None:
    cells, context = table(ends(-0.1308, -0.0171))
    claim = judged(change(cells, measure("d_loss"), context), context)
    assert claim.in_these_runs == "yes"
    assert claim.predicate["direction"] == "rises"
    assert claim.numbers["percent"] == pytest.approx(86.93, abs=0.005)
    wrong = change(cells, measure("d_loss"), context, direction="falls")
    assert judged(wrong, context).verdict == "not supported"


@pytest.mark.parametrize(("percent", "shown"), [(86.9, "yes"), (98.7, "no"), (87.1, "no")])
def test_a_claimed_percentage_is_computed(percent: float, shown: str) -> None:
    cells, context = table(ends(-0.1308, -0.0171))
    draft = change(cells, measure("d_loss"), context, direction="rises", percent=percent,
                   percent_half=0.05)  # fmt: skip
    assert judged(draft, context).in_these_runs == shown


def test_a_published_value_is_reproduced_within_its_tolerance() -> None:
    reference = Reference("total_loss", 240.98, 2.0, "the source", {"family": "vae"})

    def ours(*values: float) -> Claim:
        cells, context = table(*(
            cell(v, metric="total_loss", family="vae", seed=s) for s, v in enumerate(values)
        ))  # fmt: skip
        return judged(reproduces(cells, reference, context), context)

    assert (ours(242.9).in_these_runs, ours(242.9).verdict) == ("yes", "inconclusive")
    assert ours(243.1).verdict == "not supported"
    assert ours(241.0, 241.1, 240.9).verdict == "supported"
    assert ours(242.9, 241.1, 239.9).verdict == "inconclusive"
    cells, context = table(cell(1.0, family="vae"))
    unlike = Reference("total_loss", 1.0, 1.0, "x", not_comparable="other reconstruction")
    assert judged(reproduces(cells, unlike, context), context).verdict == "not measured"


def test_a_doubt_is_explained_where_it_was_voiced_not_where_its_word_stands() -> None:
    def said(bce: list[float], sentence: str) -> str:
        cells, context = hinge_bce([10.0, 10.1, 9.9], bce)
        essay = Essay("q", [best_of(cells, "loss", FID, context)], context)
        (claim,) = essay.claims
        essay.write(sentence.format(essay.hedge(claim)), [claim])
        essay.certainty([claim])
        return essay.answer().paragraph

    marked = "“Apparently” marks"
    assert marked in said([10.4, 9.8, 10.9], "{}hinge is ahead.")
    assert marked not in said([20.0, 20.4, 19.7], "{}the loss called apparently is ahead.")
