"""What answers say of tables small enough to check by eye: gaps, ties, seeds, faults by kind."""

from __future__ import annotations

import json
import re
from typing import Any

import pandas as pd
import pytest

from labkit.catalog import METRICS, QUESTIONS, resolve
from labkit.claims import (
    Answer,
    Claim,
    Published,
    answers_of,
    conclude,
    table_of,
)
from labkit.claims.cells import from_frame
from labkit.claims.measure import Samples
from labkit.claims.sentences.en import names
from labkit.text.language import catalogue, using
from tests.builders.tables import answer_questions, lab1


def answered(frame: pd.DataFrame, **more: Any) -> dict[str, Answer]:
    return {a.question: a for a in answer_questions(frame, **more)}


def claims(frame: pd.DataFrame, **more: Any) -> dict[str, Claim]:
    return {c.id: c for a in answer_questions(frame, **more) for c in a.claims}


def gans(*rows: dict[str, Any]) -> pd.DataFrame:
    """GANs on MNIST, a row each."""
    base = {"family": "gan", "dataset": "MNIST", "seed": 0, "status": "done"}
    return pd.DataFrame([{"run": f"r{i}", **base, **row} for i, row in enumerate(rows)])


# ------------------------------------------------------------------ the engine as a whole


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_can_be_spoken_of(name: str) -> None:
    assert re.fullmatch(r"[^_]+", names.metric(name))


@pytest.mark.parametrize("key", [k for k, q in QUESTIONS.items() if q.target])
def test_every_question_is_answered_of_any_table(key: str) -> None:
    assert callable(resolve(QUESTIONS[key].target))
    for frame in (lab1(), lab1(3), lab1().drop(columns=["proxy_fid"]), gans({"proxy_fid": 9.0})):
        (answer,) = answer_questions(frame, questions=[key])
        assert answer.point is not None
        assert answer.point.text[-1] == "."


def test_lab_1_calls_for_its_four_questions_in_order() -> None:
    assert list(answered(lab1())) == ["stability", "mode_collapse", "latent_dim", "combining"]


def test_other_grids_call_for_questions_of_their_factors() -> None:
    frame = lab1()
    some = frame[frame["family"] == "gan"].copy()
    some["constraint"] = ["none" if i % 2 else "gradient_penalty" for i in range(len(some))]
    some["loss"] = some["loss"].replace({"bce": "wasserstein"})
    assert list(answered(some)) == ["stability", "mode_collapse", "loss_kind", "constraint"]
    assert "beta" in answered(frame[frame["family"] == "vae"].assign(beta=[1, 2, 4, 1, 2, 4]))


@pytest.mark.parametrize("seed", [0, 1])
def test_the_order_and_the_names_of_rows_change_nothing(seed: int) -> None:
    frame = lab1(3)
    other = frame.sample(frac=1, random_state=seed).reset_index(drop=True)
    other["run"] = [f"Größe <b>'{i}'</b> | $x$" for i in range(len(other))]

    def told(frame: pd.DataFrame) -> list[Any]:
        return [a.paragraph for a in answer_questions(frame, resume=lambda runs, seeds: "")]

    assert told(frame) == told(other)
    first, second = (claims(f, resume=lambda runs, seeds: "") for f in (frame, other))
    assert {k: (c.text, c.strength) for k, c in first.items()} == {
        k: (c.text, c.strength) for k, c in second.items()
    }


def test_ids_are_unique_and_depend_on_the_grid_alone() -> None:
    frame = lab1(3)
    other = frame.assign(proxy_fid=frame["proxy_fid"].to_numpy()[::-1])
    ids = [c.id for a in answer_questions(frame) for c in a.claims]
    assert len(ids) == len(set(ids))
    assert ids == [c.id for a in answer_questions(other) for c in a.claims]


def test_json_is_plain_and_supported_means_clear() -> None:
    found = {**claims(lab1(3)), **claims(lab1())}
    strengths = set()
    for claim in found.values():
        data = json.loads(json.dumps(claim.to_json(), allow_nan=False))
        assert (data["verdict"] == "supported") == (data["strength"] == "clear")
        assert (data["noise"] is None) or data["noise"]["source"] in ("own", "reference")
        strengths.add(data["strength"])
    assert {"clear", "within noise"} <= strengths | {c.strength for c in claims(lab1(3)).values()}


@pytest.mark.parametrize("seeds", [1, 2])
def test_fewer_than_three_seeds_are_never_clear(seeds: int) -> None:
    found = claims(lab1(seeds))
    assert not {"clear", "beyond usual"} & {c.strength for c in found.values()}
    assert not any("clearly" in a.paragraph for a in answered(lab1(seeds)).values())


def test_an_absent_metric_is_not_measured_and_says_so() -> None:
    for key, column in (("latent_dim", ["test_recon_loss", "recon_loss", "proxy_fid"]),
                        ("stability", ["fid_drawdown", "fid_final_excess"])):  # fmt: skip
        told = answered(lab1().drop(columns=column))[key]
        assert told.point is not None
        assert told.point.text.startswith("Not measured: ")
    gone = lab1().assign(coverage=float("nan"))
    assert not any("coverage" in c.finding.metric and c.strength != "not measured"
                   for c in claims(gone).values())  # fmt: skip


# ------------------------------------------------------------------ gaps


def test_a_failed_cell_takes_its_group_out_and_is_told() -> None:
    rows = [{"loss": loss, "z_dim": z, "proxy_fid": fid, "fid_drawdown": 0.0}
            for z, fids in ((32, (10.0, 20.0)), (64, (30.0, 31.0)))
            for loss, fid in zip(("hinge", "bce"), fids, strict=True)]  # fmt: skip
    rows[3] |= {"status": "failed"}
    told = answered(gans(*rows))["stability"]
    assert any("BCE, z 64" in s.text and "not finish" in s.text for s in told.sentences)
    found = claims(gans(*rows))["stability.contrast.gan.loss.proxy_fid.MNIST.hinge-bce"]
    assert found.finding.cells and {c.settings["z_dim"] for c in found.finding.cells} == {32}  # noqa: PT018
    assert "10.0 against 20.0" in found.text


def test_a_failed_level_is_told_where_the_level_is_asked_about() -> None:
    frame = gans(
        {"loss": "hinge", "proxy_fid": 12.0}, {"loss": "bce", "proxy_fid": 14.0},
        {"loss": "wasserstein", "status": "failed"},
    )  # fmt: skip
    said = answered(frame, questions=["loss_kind"])["loss_kind"].paragraph
    assert "One of three GANs on MNIST did not finish: Wasserstein." in said
    vaes = gans(
        {"family": "vae", "latent_dim": 8, "test_recon_loss": 90.0},
        {"family": "vae", "latent_dim": 16, "test_recon_loss": 80.0},
        {"family": "vae", "latent_dim": 32, "status": "failed"},
    )
    said = answered(vaes, questions=["latent_dim"])["latent_dim"].paragraph
    assert "One of three VAEs on MNIST did not finish: latent 32." in said


@pytest.mark.parametrize("status", ["missing", "failed"])
def test_what_an_unfinished_cell_reports_is_no_measurement(status: str) -> None:
    frame = gans({"loss": "hinge", "proxy_fid": 1.0, "status": status},
                 {"loss": "bce", "proxy_fid": 20.0})  # fmt: skip
    assert not any(".contrast." in key for key in claims(frame))
    assert "1.0" not in answered(frame)["stability"].paragraph


def test_only_a_setting_varied_with_the_rest_held_fixed_is_credited() -> None:
    frame = gans({"loss": "hinge", "constraint": "none", "lr": 1e-3, "proxy_fid": 55.0},
                 {"loss": "wasserstein", "constraint": "gradient_penalty", "lr": 1e-4,
                  "proxy_fid": 16.0})  # fmt: skip
    told = answered(frame)["constraint"]
    assert told.point is not None
    assert told.point.text.startswith("Nothing can be credited to the constraint: ")
    assert "loss" in told.point.text and "changed with it" in told.point.text  # noqa: PT018
    assert "as a whole" in told.why[0].text.lower()


def test_loss_values_are_never_ranked_across_loss_kinds() -> None:
    frame = gans({"loss": "hinge", "d_loss": 1.0, "proxy_fid": 9.0},
                 {"loss": "bce", "d_loss": 0.5, "proxy_fid": 8.0})  # fmt: skip
    assert not any(c.finding.metric == "d_loss" and c.strength != "not measured"
                   for c in claims(frame).values() if c.finding.kind == "contrast")  # fmt: skip


def test_sharpness_is_compared_by_its_distance_from_real_and_said_so() -> None:
    rows = [{"loss": loss, "sharpness": value}
            for loss, value in (("hinge", 0.9), ("wasserstein", 1.3))]  # fmt: skip
    point = answered(gans(*rows))["loss_kind"].point
    assert point is not None
    assert "hinge was ahead of Wasserstein" in point.text
    assert "sharpness off by 0.10 against 0.30" in point.text


def test_collapsed_cells_are_named_counted_and_judged_apart() -> None:
    frame = lab1()
    frame.loc[3, "collapse"] = "classes missing: 4, 9; under-represented: 1 (0.9 %)"
    told = answered(frame)["mode_collapse"]
    assert told.point is not None
    assert told.point.text == "Yes: one of twelve GANs collapsed."
    assert "It is BCE, z 32 on MNIST (almost no digit 4 or digit 9)." in told.paragraph
    assert "went with it" not in told.paragraph  # one collapse is no pattern
    # A textbook's reason only where nothing measured says what covers more.
    assert "A likely reason" not in told.paragraph
    bare = frame.drop(columns=frame.columns.intersection(["coverage", "recall", "vendi"]))
    assert "A likely reason (not tested here)" in answered(bare)["mode_collapse"].paragraph


def test_what_collapsed_cells_share_is_told_with_how_many_without_it_did_not() -> None:
    frame = lab1()
    bce = (frame["loss"] == "bce") & (frame["family"] == "gan")
    frame.loc[frame[bce].index[:4], "collapse"] = "classes missing: 4, 9"
    told = answered(frame)["mode_collapse"].paragraph
    assert "All of them have BCE; none of six with hinge collapsed." in told
    frame.loc[frame[bce].index[2:4], "collapse"] = ""
    told = answered(frame)["mode_collapse"].paragraph
    assert re.search(r"Both have .*BCE.* collapsed; two are too few to say what helped\.", told)
    frame.loc[frame["family"] == "gan", "collapse"] = ["classes missing: 4", ""] * 6
    assert "All of them have" not in answered(frame)["mode_collapse"].paragraph


def test_a_lost_class_and_a_rare_one_are_told_apart() -> None:
    frame = lab1()
    frame.loc[3, "collapse"] = "classes missing: 4"
    frame.loc[4, "collapse"] = "under-represented: 1 (0.9 %)"
    told = answered(frame)["mode_collapse"]
    assert told.point is not None
    assert told.point.text.endswith("both on MNIST; one of them all but lost a class.")
    assert "(almost no digit 4)" in told.paragraph
    assert "(digit 1 at only 0.9 %)" in told.paragraph


def test_what_came_nearest_to_a_collapse_stands_beside_real_images() -> None:
    frame = lab1()
    gan = frame["family"] == "gan"
    for values, said in (
        ([0.02] * 11 + [0.3], "is "),
        ([0.02] * 10 + [0.29, 0.3], "are two GANs on Fashion-MNIST: 29 % to 30 % of their samples"),
    ):
        frame.loc[gan, "class_imbalance"] = values
        text = answered(frame)["mode_collapse"].paragraph
        assert f"Most uneven in classes {said}" in text
        assert "would have to change class" in text
        assert "(a draw of real images: 0.9 %)." in text


@pytest.mark.parametrize(
    ("shares", "said"),
    [
        ({"Shirt": (0.25, 0.1), "Bag": (0.14, 0.1)}, [
            "Shirt makes up 25 % of its samples instead of 10 %.",
            "其样本中 Shirt 占 25%，而真实占比为 10%。",
        ]),
        ({"Shirt": (0.25, 0.1), "Bag": (0.04, 0.1)}, [
            "Bag makes up 4 % of its samples instead of 10 %, Shirt 25 %.",
            "其样本中 Bag 占 4%，而真实占比为 10%；Shirt 占 25%。",
        ]),
        ({"Shirt": (0.14, 0.1), "Bag": (0.04, 0.1)}, [
            "Bag makes up 4 % of its samples instead of 10 %.",
            "其样本中 Bag 占 4%，而真实占比为 10%。",
        ]),
    ],
)  # fmt: skip
def test_a_class_of_what_came_nearest_to_a_collapse_is_named_once(
    shares: dict[str, tuple[float, float]], said: list[str]
) -> None:
    imbalance = {"hinge": 0.02, "bce": 0.2}
    frame = gans(
        *({"loss": k, "collapse": "no", "class_imbalance": v} for k, v in imbalance.items())
    )
    for language, text in zip(("en", "zh"), said, strict=True):
        with using(catalogue(language)):
            (answer,) = answer_questions(frame, questions=["mode_collapse"], shares={"r1": shares})
        assert answer.why[0].text.endswith(text)
        assert answer.why[0].text.count("Shirt") == text.count("Shirt")


def test_rises_of_one_seed_alone_are_said_to_be_that_seeds() -> None:
    frame = lab1(3)
    mnist = (frame["family"] == "gan") & (frame["dataset"] == "MNIST")
    frame["fid_final_excess"] = 0.0
    frame.loc[frame["family"] == "gan", "fid_drawdown"] = 0.0
    frame.loc[mnist & (frame["seed"] == 43), "fid_drawdown"] = 5.0
    told = answered(frame)["stability"].paragraph
    assert "every GAN was best at its last epoch; on MNIST only seed 43 had rises." in told
    frame.loc[frame[mnist & (frame["seed"] == 44)].index[:1], "fid_drawdown"] = 5.0
    assert "only seed" not in answered(frame)["stability"].paragraph


def test_a_course_within_the_usual_variation_is_told_by_its_values() -> None:
    frame = lab1(3, noise=0.5)
    text = answered(frame)["latent_dim"].paragraph
    assert re.search(r"was [\d.]+ \(8\), [\d.]+ \(16\) and [\d.]+ \(32\), within the usual", text)
    assert not re.search(r"\b(fell|rose|went|clearly)\b", text)


def reconstructions(*values: float) -> pd.DataFrame:
    """VAEs on MNIST of sizes 8, 16 and 32 with three seeds each, which differ by some 0.5."""
    base = {"family": "vae", "dataset": "MNIST", "status": "done"}
    rows = [
        {"latent_dim": size, "seed": seed, "test_recon_loss": value + off}
        for size, value, offs in zip(
            (8, 16, 32), values, ((0, 1, 0), (1, 0, 0), (0, 0, 1)), strict=True
        )
        for seed, off in zip((42, 43, 44), offs, strict=True)
    ]
    return pd.DataFrame([{"run": f"r{i}", **base, **row} for i, row in enumerate(rows)])


def test_larger_codes_are_better_only_where_every_step_is() -> None:
    """Of the last step from 64: to 60 surely, to 63 perhaps by chance, to 63.6 by too little."""
    for last, said in (
        (60.0, "Larger codes clearly rebuilt images better, most of the gain by 16"),
        (63.0, "Latent 16 and 32 clearly rebuilt images better than 8"),
        (63.6, "Larger codes clearly rebuilt images better up to 16"),
    ):
        frame = reconstructions(84.0, 64.0, last)
        point = answered(frame)["latent_dim"].point
        assert point is not None
        assert point.text.startswith(said), point.text


@pytest.mark.parametrize(
    ("totals", "said"),
    [
        ((100.0, 80.0, 90.0), "By total test loss (reconstruction plus KL), latent 16 was best"),
        ((100.0, 100.0, 100.0), "latent 32 was on average no better than 16"),
        ((100.0, 90.0, 80.0), "latent 32 was best"),
    ],
)
def test_the_whole_loss_says_where_a_larger_code_stops_to_pay(
    totals: tuple[float, ...], said: str
) -> None:
    frame = reconstructions(84.0, 64.0, 60.0)
    frame["test_total_loss"] = frame["latent_dim"].map(dict(zip((8, 16, 32), totals, strict=True)))
    assert said in answered(frame)["latent_dim"].paragraph


def test_a_leader_by_coverage_that_is_last_by_recall_is_said_to_be() -> None:
    """No size is said to cover most where the other measure of that turns the order round."""
    for recall, turned in (((0.5, 0.8, 0.9), True), ((0.8, 0.5, 0.9), False)):
        frame = reconstructions(84.0, 64.0, 60.0)
        for name, values in (("coverage", (0.5, 0.3, 0.2)), ("recall", recall)):
            frame[name] = frame["latent_dim"].map(dict(zip((8, 16, 32), values, strict=True)))
        text = answered(frame)["latent_dim"].paragraph
        assert "latent 8 covered the largest share of real images" in text.replace(
            "Latent", "latent"
        )
        assert ("but had the worst recall" in text) == turned


def test_collapses_on_one_data_set_alone_are_said_to_be_there() -> None:
    frame = lab1()
    for rows, where in (((0, 1), ", both on MNIST"), ((0, 1, 2), ", all on MNIST"), ((0, 6), "")):
        mine = frame.assign(collapse="")
        gan = mine[mine["family"] == "gan"].sort_values("dataset", ascending=False).index
        mine.loc[gan[list(rows)], "collapse"] = "classes missing: 4"
        told = answered(mine)["mode_collapse"]
        assert told.point is not None
        assert (
            told.point.text
            == f"Yes: {['two', 'three'][len(rows) - 2]} of twelve GANs collapsed{where}."
        )
        # Where all are on one, it is not said of each again.
        assert (" on MNIST (" in told.paragraph) == (not where)


def test_uneven_classes_are_told_where_a_collapse_is_no_more_uneven_than_the_rest() -> None:
    frame = lab1()
    gan = frame[(frame["family"] == "gan") & (frame["dataset"] == "MNIST")].index
    frame.loc[gan[0], "collapse"] = "classes missing: 4"
    for rest, told in ((0.3, True), (0.28, True), (0.27, False)):
        frame.loc[gan, "class_imbalance"] = [0.28, *[rest] * (len(gan) - 1)]
        text = answered(frame)["mode_collapse"].paragraph
        assert ("uneven without a collapse, too: on MNIST" in text) == told


def test_what_was_only_compared_is_said_to_be_untested() -> None:
    """Dominance has no test of its own: where the answer leans on it, it says so."""
    frame = lab1(3)
    gan = frame["family"] == "gan"
    frame.loc[gan, "fid_drawdown"] = 5.0
    for values, told in (({32: 0.1, 64: 0.2, 128: 0.3}, True), ({}, False)):
        frame.loc[gan, "d_dominance"] = frame.loc[gan, "z_dim"].map(
            lambda z, v=values: v.get(z, 0.1)
        )
        found = answered(frame)["stability"]
        assert ("dominance only compared, not tested" in found.sure) == told, found.sure


def test_what_covers_more_in_nearly_all_pairs_stands_beside_collapses() -> None:
    """In 17 of 18 pairs is told, in 12 of 18 is chance."""
    frame = lab1(3)
    gan = frame["family"] == "gan"
    frame.loc[frame[gan].index[0], "collapse"] = "classes missing: 4"
    hinge = gan & (frame["loss"] == "hinge")
    for worse, told in ((1, True), (6, False)):
        frame.loc[gan, "coverage"], frame.loc[hinge, "coverage"] = 0.3, 0.4
        frame.loc[frame[hinge].index[:worse], "coverage"] = 0.25
        text = answered(frame)["mode_collapse"].paragraph
        assert ("Coverage was higher with hinge in 17 of 18 pairs" in text) == told, text


def test_what_was_best_at_its_last_epoch_is_told_of_both_kinds_of_model() -> None:
    frame = lab1().drop(columns=["sharpness", "recon_proxy_fid", "coverage"])
    for best, told in ((10, True), (4, False)):
        text = answered(frame.assign(epochs=10, best_epoch=best))["combining"].paragraph
        assert ("All 18 trainings were best at their last epoch: longer" in text) == told


def test_a_setting_that_kept_up_best_but_collapsed_most_is_not_praised_alone() -> None:
    frame = lab1(3)
    gan = frame["family"] == "gan"
    frame.loc[gan, "fid_drawdown"] = 5.0
    frame.loc[gan, "d_dominance"] = frame.loc[gan, "z_dim"].map({32: 0.1, 64: 0.2, 128: 0.3})
    for z, told in ((32, True), (128, False)):
        mine = frame.assign(collapse="")
        hit = mine[gan & (mine["z_dim"] == z)].index[:2]
        mine.loc[hit, "collapse"] = "classes missing: 4"
        text = answered(mine)["stability"].paragraph
        assert ("Yet both GANs that collapsed have z 32." in text) == told


def test_no_collapse_credits_nothing() -> None:
    told = answered(lab1())["mode_collapse"]
    assert told.paragraph.startswith("No: none of the twelve GANs collapsed; every class appears")
    assert "nothing can be credited with preventing it" in told.paragraph
    assert "likely reason" not in told.paragraph


def test_a_collapse_that_was_not_measured_is_no_evidence_of_none() -> None:
    told = answered(lab1().drop(columns=["collapse", "mode_collapse", "missing_classes"]))
    point = told["mode_collapse"].point
    assert point is not None
    assert point.text == "Not measured: the table does not say whether anything collapsed."
    table = table_of(lab1().drop(columns=["collapse", "mode_collapse", "missing_classes"]))
    assert not any("Not measured" in s.text for s in conclude(table, answers_of(table)))


def test_collapsed_cells_keep_borrowed_noise_away() -> None:
    frame = lab1()
    frame.loc[3, "collapse"] = "classes missing: 4, 9"
    assert all(c.finding.noise is None for c in claims(frame).values())


# ------------------------------------------------------------------ the first release's faults


def test_a_remainder_is_no_effect() -> None:
    """Noise is named as such, and is not how two settings combine."""
    from labkit.claims.findings.spread import spread
    from labkit.claims.measure import measure

    cells = from_frame(lab1(3)).of("gan", "MNIST")
    found = spread(cells, measure("proxy_fid"))
    assert found.rest is not None
    assert sum(found.shares.values()) + found.combination + found.rest == pytest.approx(1.0)
    one = spread(from_frame(lab1()).of("gan", "MNIST"), measure("proxy_fid"))
    assert one.rest is None  # one seed cannot tell noise from combination


def test_no_sentence_bears_a_tag_of_another_statement() -> None:
    for answer in [*answered(lab1()).values(), *answered(lab1(3)).values()]:
        assert not re.search(r"\((not )?supported|inconclusive", answer.paragraph)


def test_a_tie_has_no_winner() -> None:
    frame = gans({"loss": "hinge", "proxy_fid": 17.3}, {"loss": "wasserstein", "proxy_fid": 17.3})
    found = claims(frame)["loss_kind.contrast.gan.loss.proxy_fid.MNIST.hinge-wasserstein"]
    assert found.in_these_runs == "tie"
    assert "ahead" not in answered(frame)["loss_kind"].paragraph
    table = table_of(frame)
    (best, *_) = conclude(table, answers_of(table))
    assert "hinge or Wasserstein (17.3)" in best.text


def test_training_and_test_values_are_named_apart() -> None:
    told = answered(lab1())["latent_dim"].paragraph
    assert "test reconstruction loss" in told
    assert "raining loss" not in told
    betas = lab1()
    betas = betas[betas["family"] == "vae"].assign(beta=[1, 2, 4, 1, 2, 4], latent_dim=8)
    named = {names.short(m) for m in ("test_recon_loss", "recon_loss", "test_total_loss",
                                      "total_loss")}  # fmt: skip
    assert len(named) == 4


def test_the_largest_effect_comes_first() -> None:
    rows = [{"loss": loss, "z_dim": z, "proxy_fid": 10.0 + (loss == "bce") + 20 * (z == 64)}
            for loss in ("hinge", "bce") for z in (32, 64)]  # fmt: skip
    told = answered(gans(*rows))["stability"].paragraph
    assert told.index("z 32") < told.index("hinge was ahead of BCE")


def test_a_fall_that_ends_is_told_to_where_it_goes() -> None:
    """Most of a fall of 7.3 and then of 0.24 is had early: no "at every step"."""
    frame = lab1()
    vae = frame["family"] == "vae"
    frame.loc[vae, "test_recon_loss"] = [92.7, 85.4, 85.2] * 2
    told = answered(frame)["latent_dim"]
    assert "every step" not in told.paragraph
    assert "from 92.7 (8) to 85.4 (16), and 32 added nothing" in told.paragraph


def test_a_point_does_not_say_worse_of_what_got_better() -> None:
    frame = lab1()
    vae = frame["family"] == "vae"
    frame.loc[vae, "test_recon_loss"] = [50.0, 60.0, 70.0] * 2
    frame.loc[vae, "proxy_fid"] = [9.0, 7.0, 5.0] * 2
    point = answered(frame)["latent_dim"].point
    assert point is not None
    assert "rebuilt images worse; by FID, samples were best from the largest" in point.text


@pytest.mark.parametrize("gan", [False, True])
def test_a_collapse_of_another_model_is_told(gan: bool) -> None:
    frame, lost = lab1(), {"collapse": "classes missing: 4"}
    other = frame[frame["family"] == "gan"].head(1).assign(family="cgan", run="cgan", **lost)
    if gan:
        frame.loc[3, "collapse"] = lost["collapse"]
    told = answered(pd.concat([frame, other], ignore_index=True))["mode_collapse"].paragraph
    begin = "one of twelve GANs collapsed." if gan else "the cGAN on MNIST collapsed; none of"
    assert told.startswith(f"Yes: {begin}")
    assert "the cGAN on MNIST collapsed" in told
    assert "almost no digit 4" in told
    assert "credited" not in told


def test_collapses_are_told_where_no_gan_was_asked_for() -> None:
    cgans = lab1()[lab1()["family"] == "gan"].head(4).assign(family="cgan")
    (none,) = answer_questions(cgans, questions=["mode_collapse"])
    assert none.paragraph.startswith("No: none of the four cGANs")
    cgans.loc[cgans.index[0], "collapse"] = "classes missing: 4"
    (some,) = answer_questions(cgans, questions=["mode_collapse"])
    assert some.paragraph.startswith("Yes: one of four cGANs")
    assert "almost no digit 4" in some.paragraph


def test_whose_discriminator_is_said_where_only_one_is_known() -> None:
    rose = {"z_dim": 64, "proxy_fid": 10.0, "fid_drawdown": 3.0}
    rows = [{"loss": loss, **rose, "d_dominance": share}
            for loss, share in (("hinge", 0.75), ("wasserstein", None))]  # fmt: skip
    told = answered(gans(*rows))["stability"].paragraph
    assert "discriminator of hinge overpowered the generator" in told
    assert "in 75 % of steps" in told


def test_a_point_states_no_rule_that_may_be_chance() -> None:
    """Reconstructions that got worse with size by 3 % on average, seeds apart by as much."""
    seeds = []
    for seed, off in ((42, (0, 3, -1)), (43, (-3, 0, 2)), (44, (2, -2, 2))):
        frame = lab1().assign(seed=seed)
        vae = frame["family"] == "vae"
        frame.loc[vae, "test_recon_loss"] = [
            v + o for v, o in zip((97, 98, 99), off, strict=True)
        ] * 2
        seeds.append(frame.assign(run=frame["run"] + f"_seed{seed}"))
    told = answered(pd.concat(seeds, ignore_index=True))["latent_dim"]
    assert told.point is not None
    assert told.point.text.startswith("For reconstructions no size stands out;")
    assert "within the usual variation" in told.paragraph


def test_the_idea_follows_where_the_vae_loses() -> None:
    for recon, weak in (
        (0.5, "VAE samples on MNIST and Fashion-MNIST are far worse than reconstructions (FID "),
        (6.0, "VAE reconstructions on MNIST and Fashion-MNIST are far from real already (FID "),
    ):
        frame = lab1()
        vae = frame["family"] == "vae"
        frame.loc[vae, "recon_proxy_fid"], frame.loc[vae, "proxy_fid"] = recon, 8.0
        told = answered(frame)["combining"]
        assert told.point is not None
        assert told.point.text.startswith("An adversarial VAE: ")
        assert ("reconstructions and samples" in told.point.text) == (recon == 0.5)
        assert weak in told.paragraph


def test_hybrids_that_were_trained_are_the_idea() -> None:
    frame = lab1()
    third = frame[frame["family"] == "vae"].assign(family="vae_gan")
    third["run"] += "h"
    for factor, said in ((0.1, "beat both parents"), (10.0, "did not beat both parents")):
        told = answered(pd.concat([frame, third.assign(proxy_fid=third["proxy_fid"] * factor)]))
        point = told["combining"].point
        assert point is not None
        assert "VAE-GAN" in point.text
        assert said in point.text


def test_the_counter_example_is_named() -> None:
    frame = lab1().assign(coverage=0.4)
    frame.loc[frame["run"] == "MNIST_VAE_latent8", "coverage"] = 0.9
    frame.loc[frame["family"] == "vae", "proxy_fid"] += 1000
    told = answered(frame)["combining"].paragraph
    assert "By coverage on MNIST, one VAE beats every GAN: latent 8 (90 %)." in told


def test_what_was_not_converged_is_told() -> None:
    table = table_of(lab1())
    last = [s.text for s in conclude(table, answers_of(table))][-1]
    assert int((lab1()["best_epoch"] == 10).sum()) == 12
    assert last.startswith("Twelve of 18 trainings were best at their last epoch")


def test_more_seeds_are_not_promised_where_they_would_not_tell() -> None:
    rows = [{"loss": loss, "z_dim": 8 * 2**z, "seed": seed, "run": f"{loss}{z}{seed}",
             "proxy_fid": 10 + ((seed * 7 + z * 3 + (loss == "bce") * 5) % 11) * 0.5}
            for loss in ("hinge", "bce") for z in range(2) for seed in range(5)]  # fmt: skip
    found = [c for c in claims(gans(*rows)).values() if c.strength == "within noise"]
    assert found
    plans = [c.settle for c in found if c.settle]
    assert any(p.seeds == 0 and "even 20 seeds would hardly tell" in p.text for p in plans)


def test_dominance_is_told_by_setting_where_it_always_goes_with_it() -> None:
    frame = lab1(3)
    rows = frame["family"] == "gan"
    frame.loc[rows, "d_dominance"] = frame[rows]["loss"].map({"hinge": 0.1, "bce": 0.3})
    frame.loc[rows, "fid_drawdown"] = [*range(1, 5)] * (rows.sum() // 4)
    told = answered(frame)["stability"]
    assert told.point is not None
    assert "overpowered the generator less with hinge than with BCE" in told.point.text
    assert "in 10 % of steps with hinge and 30 % with BCE on" in told.paragraph
    assert "stability.contrast.gan.loss.d_dominance.MNIST.hinge-bce" in {c.id for c in told.claims}
    frame.loc[rows, "d_dominance"] = 0.0
    assert "The discriminator never overpowered" in answered(frame)["stability"].paragraph


def test_what_would_settle_is_of_the_setting_that_was_asked_about() -> None:
    frame = lab1()
    frame = frame[frame["family"] == "vae"]
    two = pd.concat([frame.assign(lr=lr, run=frame["run"] + f"_{lr}",
                                  test_recon_loss=frame["test_recon_loss"] * (1 + 100 * lr))
                     for lr in (1e-3, 1e-2)])  # fmt: skip
    told = answered(two)["latent_dim"]
    assert "may tell latent " in told.sure


def test_the_conclusion_says_nothing_twice_and_nothing_unmeasured() -> None:
    frame = gans({"loss": "hinge", "proxy_fid": 10.0}, {"loss": "wasserstein", "proxy_fid": 12.0})
    table = table_of(frame)
    lines = [s.text for s in conclude(table, answers_of(table))]
    assert sum("ahead of Wasserstein" in line for line in lines) == 1
    assert not any("not measured" in line for line in lines)


def test_the_conclusion_says_how_often_the_best_samples_are_told_from_real() -> None:
    rows = [
        {"loss": loss, "proxy_fid": fid, "seed": seed, "two_sample_accuracy": told + 0.02 * seed}
        for loss, fid, told in (("hinge", 4.0, 0.71), ("bce", 9.0, 0.95))
        for seed in (0, 1)
    ]
    frame = gans(*rows)
    table = table_of(frame)
    (_, said, *_) = conclude(table, answers_of(table))
    assert said.text == (
        "A classifier told these samples from real images in 72 % of cases on MNIST "
        "(50 % is guessing; other real images read 53 %)."
    )
    assert [*said.numbers.values()] == pytest.approx([0.72, 0.529], abs=1e-3)
    # What real images read is known for as many samples only.
    frame.attrs["samples"] = Samples(5_000, 5_000)
    fewer = table_of(frame)
    (_, said, *_) = conclude(fewer, answers_of(fewer))
    assert said.text.endswith("in 72 % of cases on MNIST (50 % is guessing).")
    # A table of before has one line less, and no gap.
    older = table_of(frame.drop(columns="two_sample_accuracy"))
    assert not any("classifier" in line.text for line in conclude(older, answers_of(older)))


# ------------------------------------------------------------------ other questions


def test_first_and_last_epochs() -> None:
    frame = gans({"run": "a", "loss": "wasserstein", "proxy_fid": 90.0},
                 {"run": "b", "loss": "hinge", "proxy_fid": 95.0})  # fmt: skip
    epochs = pd.DataFrame({"run": ["a", "a", "b", "b"], "epoch": [2, 1, 1, 2],
                           "g_loss": [0.158, -0.006, 1.0, 0.5]})  # fmt: skip
    told = answered(frame, epochs=epochs, questions=["training"])["training"].paragraph
    assert "rose from −0.01 to 0.16." in told  # no percentage across zero
    assert re.search(r"fell from 1\.00? to 0\.50? \(by 50 %\)", told)
    assert "Losses of different kinds are not comparable" in told
    none = answered(frame, questions=["training"])["training"].point
    assert none is not None
    assert none.text == "Not measured: there are no values of the first epoch."


def test_published_values() -> None:
    where = {"family": "gan", "loss": "hinge"}
    given = [
        Published("proxy_fid", 9.5, 1.0, "table 1", where),
        Published("proxy_fid", 20.0, 1.0, "table 2", where),
        Published("proxy_fid", 5.0, 1.0, "table 3", where, "another network"),
    ]
    frame = gans({"loss": "hinge", "proxy_fid": 9.0}, {"loss": "bce", "proxy_fid": 11.0})
    told = answered(frame, published=given)["published"]
    assert told.point is not None
    assert told.point.text == "One of two published values is reproduced; one cannot be compared."
    assert "table 2 is not reproduced by r0: 9 against 20" in told.why[0].text
    assert told.claims[2].reasons == ("another network",)


def test_one_data_set_is_not_called_both() -> None:
    frame = lab1()
    for answer in answered(frame[frame["dataset"] == "MNIST"]).values():
        assert "both data sets" not in answer.paragraph
        assert "Fashion" not in answer.paragraph


def test_a_table_without_data_sets_names_none() -> None:
    frame = lab1()
    some = frame[frame["dataset"] == "MNIST"].drop(columns="dataset")
    for answer in answered(some).values():
        assert not re.search(r" on [A-Z.,;)]|\bon MNIST\b", answer.paragraph)


def test_two_data_sets_that_disagree_are_told_apart() -> None:
    frame = lab1()
    hinge = (frame["loss"] == "hinge") & (frame["dataset"] == "MNIST")
    frame.loc[hinge, "proxy_fid"] = 500.0
    told = answered(frame)["stability"]
    found = {c.finding.dataset: c.finding.ahead for c in told.claims
             if c.id.startswith("stability.contrast.gan.loss.proxy_fid")}  # fmt: skip
    assert found == {"MNIST": "bce", "FashionMNIST": "hinge"} or found["MNIST"] == "bce"
    assert not any("both data sets" in s.text and "hinge" in s.text.lower() for s in told.why)


def three_kinds(epochs: int = 10) -> pd.DataFrame:
    names = ("family", "flops_per_sample", "flops_per_image", "epochs", "proxy_fid")
    rows = (
        ("gan", 27e6, 150e6, 10, 12.0),
        ("vae", 6.75e6, 30e6, 50, 30.0),
        ("flow", 630e6, 120e6, epochs, 9.0),
    )
    return gans(*(dict(zip(names, row, strict=True)) for row in rows))


def test_the_cost_of_a_sample_is_told_in_multiples_of_the_cheapest() -> None:
    (answer,) = answer_questions(three_kinds(), questions=["sample_cost"])
    assert answer.point.text == (
        "A sample of the VAE takes 6.8 million operations, one of the GAN 4.0 times and one of the "
        "Flow 93 times as many."
    )
    assert "In these runs, the Flow was ahead of the GAN on MNIST (FID 9.0 against 12.0)." in [
        each.text for each in answer.why
    ]


@pytest.mark.parametrize(
    ("epochs", "said"),
    [
        (13, "Their trainings took the same arithmetic within 4 %."),
        (14, "Training the Flow took 1.1 times the arithmetic of training the GAN."),
    ],
)
def test_equal_training_is_said_where_it_was_equal(epochs: int, said: str) -> None:
    frame = three_kinds(epochs)
    (answer,) = answer_questions(frame, questions=["sample_cost"])
    assert answer.why[0].text == said


# ------------------------------------------------------------------ growing


def growing(*cells: tuple[str, int, float, float]) -> str:
    """The answer of cells: growth, epochs, proxy FID, arithmetic of an image."""
    names_ = ("growth", "epochs", "proxy_fid", "flops_per_image")
    rows = [dict(zip(names_, cell, strict=True), family="progressive") for cell in cells]
    return answered(gans(*rows), questions=["growing"])["growing"].paragraph


def test_growing_is_compared_for_as_many_images_and_for_as_much_arithmetic() -> None:
    grown, whole = ("progressive", 10, 4.2, 100.0), ("at_once", 10, 5.3, 125.0)
    said = growing(grown, whole, ("at_once", 8, 6.4, 125.0))
    assert "growing" in said.lower()
    assert "FID 4.2 against 5.3" in said
    assert "as much arithmetic" not in growing(grown, whole)
    assert (
        "For about as much arithmetic (full size took 100 % of growing's), growing had FID 4.2 "
        "against 6.4 on MNIST." in said
    )
    for epochs, told in ((7, False), (9, False)):  # 88 % and 112 %
        said = growing(grown, whole, ("at_once", epochs, 6.4, 125.0))
        assert ("as much arithmetic" in said) == told
    assert "as much arithmetic" in growing(grown, whole, ("at_once", 8, 6.4, 135.0))  # 108 %
    alone = growing(("at_once", 10, 5.3, 125.0))
    assert "against" not in alone


def test_several_settings_of_a_kind_have_no_one_cost() -> None:
    frame = three_kinds(13)
    wide = frame[frame.family == "flow"].assign(run="wide", width=64, flops_per_sample=2.4e9)
    frame = pd.concat([frame.assign(width=32), wide.assign(flops_per_image=480e6)])
    (answer,) = answer_questions(frame, questions=["sample_cost"])
    assert "one of the cheapest Flow 93 times" in answer.point.text
    assert not any("arithmetic" in each.text for each in answer.why)


def grown(*rows: tuple[str, int, float]) -> pd.DataFrame:
    return gans(
        *(
            {"family": "progressive", "growth": way, "z_dim": z, "epochs": 10, "proxy_fid": fid,
             "flops_per_image": 1e8}
            for way, z, fid in rows
        )
    )  # fmt: skip


def test_growing_is_set_against_the_best_full_size_of_its_cost() -> None:
    frame = grown(("progressive", 32, 5.0), ("at_once", 32, 4.8), ("at_once", 64, 9.0))
    (answer,) = answer_questions(frame, questions=["growing"])
    told = [each.text for each in answer.why if "as much arithmetic" in each.text]
    assert told == [
        "For about as much arithmetic (full size took 100 % of growing's), growing had FID 5.0 "
        "against 4.8 on MNIST."
    ]


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (1.024, [  # prints as 1.02 does: said once
            "For about as much arithmetic (full size took 102 % of growing's), growing had FID "
            "5.0 against 4.8 on MNIST and 7.0 against 6.8 on Fashion-MNIST.",
            "运算量大致相同时（全尺寸用了渐进增长的 102%），渐进增长与全尺寸相比，在 MNIST 上 FID "
            "5.0 对 4.8，在 Fashion-MNIST 上 7.0 对 6.8。",
        ]),
        (1.026, [
            "For about as much arithmetic, growing had FID 5.0 against 4.8 on MNIST, where full "
            "size took 102 % of it, and 7.0 against 6.8 on Fashion-MNIST, where full size took "
            "103 % of it.",
            "运算量大致相同时，渐进增长与全尺寸相比，在 MNIST 上 FID 5.0 对 4.8（全尺寸用了其 "
            "102%），在 Fashion-MNIST 上 7.0 对 6.8（全尺寸用了其 103%）。",
        ]),
    ],
)  # fmt: skip
def test_growing_names_the_share_of_arithmetic_once_where_it_prints_alike(
    share: float, said: list[str]
) -> None:
    first = grown(("progressive", 32, 5.0), ("at_once", 32, 4.8))
    other = first.assign(dataset="FashionMNIST", proxy_fid=first["proxy_fid"] + 2)
    first["flops_per_image"], other["flops_per_image"] = [1e8, 1.02e8], [1e8, share * 1e8]
    frame = pd.concat([first, other]).assign(run=["a", "b", "c", "d"])
    for language, text in zip(("en", "zh"), said, strict=True):
        with using(catalogue(language)):
            (answer,) = answer_questions(frame, questions=["growing"])
        assert text in [each.text for each in answer.why]


def test_a_course_is_told_by_a_measure_that_saw_it_all() -> None:
    rows = [{"loss": loss, "z_dim": z} for loss in ("bce", "hinge") for z in (32, 64)]
    last = gans(*(row | {"fid_final_excess": 0.0} for row in rows))
    whole = gans(*(row | {"fid_drawdown": 0.0} for row in rows))
    said = [" ".join(s.text for s in answered(f)["stability"].why) for f in (last, whole)]
    assert ["never rose" in text for text in said] == [False, True]


@pytest.mark.parametrize(("most", "said"), [(16, True), (32, False)])
def test_no_more_steps_are_spoken_of_than_were_tried(most: int, said: bool) -> None:
    frame = gans({"family": "flow", "enough_steps": most, "proxy_fid": 3.0})
    (answer,) = answer_questions(frame, questions=["sampling"])
    assert ("more improve" in answer.point.text) is said


@pytest.mark.parametrize(("weights", "given"), [((0.0, 1.0), True), ((0.5, 1.0), False)])
def test_why_codes_are_used_is_told_where_one_was_free(
    weights: tuple[float, float], given: bool
) -> None:
    rows = zip(weights, (0.1, 0.9), strict=True)
    frame = gans(*({"family": "infogan", "info_weight": w, "code_accuracy": a} for w, a in rows))
    (answer,) = answer_questions(frame, questions=["codes"])
    assert (answer.reason is not None) is given
    assert "at best 90 %" in answer.point.text
