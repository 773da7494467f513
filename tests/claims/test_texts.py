"""The words: complete, used, without numbers of their own; the example answers word by word."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterable
from pathlib import Path

import pandas as pd
import pytest

import labkit.claims as package
from labkit.catalog import METRICS, QUESTIONS, resolve
from labkit.claims import Answer, answer_cells, answer_questions
from labkit.claims.cells import from_frame
from labkit.claims.reflect import reflect
from labkit.claims.texts import MESSAGES, Words
from tests.builders.tables import REAL, lab1
from tests.claims.numbers_in import unexplained

SOURCES = sorted(Path(package.__file__).parent.rglob("*.py"))
EXAMPLE = REAL.with_name("lab1-bundled-answers.md")


def unused(messages: Iterable[str]) -> list[str]:
    """The messages that no code of the logic names.

    A name is a string of the code, or an f-string whose holes hold other strings of the code.
    """
    trees = [ast.parse(p.read_text("utf-8")) for p in SOURCES if "texts" not in p.parts]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    found = (n.value for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, str))
    said = {text for text in found if re.fullmatch(r"[\w.-]*", text)} | set(METRICS)
    hole = f"(?:{'|'.join(sorted(map(re.escape, said), key=len, reverse=True))})"
    names = [
        re.compile("".join(
            re.escape(part.value) if isinstance(part, ast.Constant) else hole
            for part in node.values
        ))
        for node in nodes
        if isinstance(node, ast.JoinedStr) and re.match(r"f.\w+\.", ast.unparse(node))
    ]  # fmt: skip
    helpers = (Path(package.__file__).parent / "texts" / "__init__.py").read_text("utf-8")
    # One and two of a thing have messages of their own: `Words.of`.
    bases = {key: re.sub(r"\.(one|two)$", "", key) for key in messages}
    return [
        key
        for key, base in bases.items()
        if not said & {key, base}
        and not any(name.fullmatch(each) for name in names for each in (key, base))
        and f'"{key}"' not in helpers
    ]


def test_every_message_is_used_by_the_logic() -> None:
    assert unused(MESSAGES) == []
    never = ["missing.what_nobody_says", "course.sideways", "stability.never_said.one"]
    assert unused([*MESSAGES, *never]) == never


@pytest.mark.parametrize(
    ("n", "finished", "collapse"),
    [
        (1, "The one GAN trained to the end", "The one GAN does not show mode collapse"),
        (2, "Both GANs trained to the end", "Neither of the two GANs shows mode collapse"),
        (3, "All three GANs trained to the end", "None of the three GANs shows mode collapse"),
    ],
)
def test_one_and_two_are_said_as_people_say_them(n: int, finished: str, collapse: str) -> None:
    frame = lab1()
    some = frame[(frame.family == "gan") & (frame.dataset == "MNIST")].head(n)
    told = {a.question: a.paragraph for a in answer_questions(some)}
    assert finished in told["stability"]
    assert collapse in told["mode_collapse"]


def test_messages_bring_no_numbers_of_their_own() -> None:
    """A digit in a sentence has to come from the table; only rules name their constants."""
    for key, message in MESSAGES.items():
        bare = re.sub(r"\{[^}]*\}", "", message)
        assert key.startswith("rule.") or not re.search(r"\d", bare), key


def test_placeholders_are_named() -> None:
    for key, message in MESSAGES.items():
        names = [field for _, field, _, _ in string.Formatter().parse(message) if field is not None]
        assert all(name.isidentifier() for name in names), key


def test_no_message_claims_a_cause() -> None:
    """What follows from a comparison is said; why it is so, no table knows."""
    forbidden = re.compile(r"\b(because|due to|thanks to|always|optimal|clearly|proves)\b", re.I)
    assert [k for k, m in MESSAGES.items() if forbidden.search(m)] == []


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_can_be_spoken_of(name: str) -> None:
    spoken = Words().metric(name)
    assert spoken
    assert "_" not in spoken


@pytest.mark.parametrize("key", QUESTIONS)
def test_every_question_names_a_function_that_answers_it(key: str) -> None:
    assert callable(resolve(QUESTIONS[key].target))


# ------------------------------------------------------------------ the example, read aloud


def as_markdown(answers: tuple[Answer, ...]) -> str:
    parts = []
    for answer in answers:
        parts += [f"## {answer.heading}", answer.paragraph]
        parts.append("\n".join(f"- {c.mark} {c.verdict}: {c.text}" for c in answer.claims))
    return "\n\n".join(parts) + "\n"


def test_the_example_answers_word_by_word() -> None:
    """Lab 1, really run on the bundled images. If a sentence changes on purpose, read it aloud
    and write it anew:

    python -c "from tests.claims.test_texts import *; EXAMPLE.write_text(example(), 'utf-8')"
    """
    assert example() == EXAMPLE.read_text("utf-8")


def example() -> str:
    return as_markdown(reflect(REAL))


def test_the_examples_numbers_are_all_explained() -> None:
    for answer in reflect(REAL):
        known = {f"{c.id} {n}": v for c in answer.claims for n, v in c.numbers.items()}
        for claim in answer.claims:
            assert unexplained(claim.text, claim.numbers) == []
        for sentence in answer.sentences[:-1]:  # the last is the plan, with its time
            assert unexplained(sentence.text, known) == []


def test_lab_1_calls_for_its_four_questions_in_order() -> None:
    answers = answer_questions(lab1())
    assert [a.question for a in answers] == [
        "stability", "mode_collapse", "latent_dim", "combining"
    ]  # fmt: skip
    assert [a.heading for a in answers] == [QUESTIONS[a.question].text for a in answers]


def test_paragraphs_are_short_enough_to_be_read_aloud() -> None:
    for seeds in (1, 5):
        for answer in answer_questions(lab1(seeds)):
            assert len(answer.paragraph.split()) < 330, answer.question


@pytest.mark.parametrize(
    ("seeds", "said"),
    [
        (1, "All of this is one training per setting"),
        (2, "With two seeds per setting it is still too early"),
        (3, "“Apparently” marks what three seeds do not separate from chance"),
        (5, "“Apparently” marks what five seeds do not separate from chance"),
        (8, "“Apparently” marks what eight seeds do not separate from chance"),
    ],
)
def test_each_number_of_seeds_gets_the_wording_it_allows(seeds: int, said: str) -> None:
    assert said in answer_questions(lab1(seeds))[0].paragraph


def test_below_the_margin_is_narrow() -> None:
    stability = answer_cells(from_frame(lab1()))[0].paragraph
    assert (
        "hinge was narrowly ahead only on average on Fashion-MNIST (250 against 256" in stability
    )  # 2 %, margin 5 %


@pytest.mark.parametrize(("rise", "told"), [(0.18, True), (0.59, True), (0.61, False)])
def test_spread_that_cannot_be_measured_is_not_shared_out(rise: float, told: bool) -> None:
    """Other samples of the same weights change a drawdown by 0.602 on MNIST."""
    frame = lab1()
    gans = frame["family"] == "gan"
    frame.loc[gans, "fid_drawdown"] = 0.0
    frame.loc[gans & (frame.dataset == "MNIST") & (frame.z_dim == 64), "fid_drawdown"] = rise
    frame.loc[gans & (frame.dataset != "MNIST") & (frame.z_dim == 64), "fid_drawdown"] = 0.09
    stability = answer_questions(frame)[0]
    pooled = next(c for c in stability.claims if c.id.endswith("ranking.fid_drawdown.all"))
    assert "the trainings hardly differ: 0.0" in stability.paragraph  # on Fashion-MNIST anyway
    assert ("carries most of the spread on MNIST" in stability.paragraph) != told
    assert ("by z dimension, there is a tie for the lead on MNIST" in stability.paragraph) != told
    assert (pooled.verdict == "not measured") == told


def test_trainings_without_any_rise_have_no_spread_to_share_out() -> None:
    frame = lab1()
    frame.loc[frame["family"] == "gan", "fid_drawdown"] = 0.0
    stability = answer_questions(frame)[0]
    assert "the trainings do not differ: 0.000 in each on MNIST and 0.000 in each on Fash" in (
        stability.paragraph
    )
    assert "of the spread" not in stability.paragraph
    one = answer_questions(frame[frame.dataset == "MNIST"])[0]
    assert "the trainings do not differ: 0.000 in each." in one.paragraph
    claim = next(c for c in one.claims if c.predicate["kind"] == "ranking")
    assert claim.text.startswith(
        "In these runs on MNIST, the drawdown of tracking FID is 0.000 in all"
    )


def test_a_lead_that_does_not_hold_everywhere_is_said_to_be_one_on_average() -> None:
    frame = lab1()
    gans = (frame["family"] == "gan") & (frame["dataset"] == "MNIST")
    at = dict(zip(sorted(frame[gans]["z_dim"].unique()), (10.0, 20.0, 30.0), strict=True))
    frame.loc[gans, "fid_drawdown"] = frame[gans]["z_dim"].map(at) - (frame["loss"] == "hinge")
    assert "(19 against 20)" in answer_questions(frame)[0].paragraph
    first = gans & (frame["loss"] == "hinge") & (frame["z_dim"] == min(at))
    frame.loc[first, "fid_drawdown"] = 10.5
    assert "(19.5 against 20.0 on average, ahead in 2 of 3 comparisons)" in (
        answer_questions(frame)[0].paragraph
    )


def test_with_seeds_every_finding_of_the_prose_is_supported_or_hedged() -> None:
    """ "Apparently marks what is not separated from chance" promises the rest is."""
    uneven = lab1(3)
    uneven = uneven[(uneven.dataset == "MNIST") | (uneven.seed < uneven.seed.max())]
    for frame, where in ((lab1(3), "three seeds do not"), (uneven, "at most and in places fewer")):
        stability, _, latent, combining = answer_questions(frame)
        assert where in stability.paragraph
        assert (
            "is apparently lowest at latent 16 on MNIST" in latent.paragraph
        )  # a turn: not tested
        assert "The two data sets apparently order" in latent.paragraph
    assert "hinge was the steadier choice on MNIST (6.6 against 25.6), and apparently again on" in (
        stability.paragraph
    )
    assert "apparently more than half of their samples'" in combining.paragraph
    mnist = lab1(3)[lab1(3).dataset == "MNIST"]
    for answer in answer_questions(mnist):
        explained = "“Apparently” marks" in answer.paragraph
        assert explained == ("apparently" in answer.paragraph), answer.question


def test_what_says_how_sure_it_is_needs_no_verdict_and_no_help_is_not_measured() -> None:
    _, collapse, *_ = answer_questions(lab1())
    verdicts = {c.id: c.verdict for c in collapse.claims}
    said = {s.text: {verdicts[c] for c in s.claims} for s in collapse.sentences}
    assert next(v for t, v in said.items() if "nothing can be said to have helped" in t) == {
        "not measured"
    }
    assert said.pop(list(said)[-1]) == said.pop(list(said)[-1]) == set()


# ------------------------------------------------------------------ other tables


def test_failed_cells_change_the_prose() -> None:
    frame = lab1()
    frame.loc[3, "status"] = "failed"
    frame.loc[3, ["proxy_fid", "fid_drawdown", "coverage"]] = float("nan")
    frame.loc[3, "collapse"] = None
    stability, collapse = answer_questions(frame)[:2]
    assert "1 of 12 failed (BCE, z 32 on MNIST)" in stability.paragraph
    claim = next(c for c in stability.claims if c.id.endswith("best-of.loss.proxy_fid.MNIST"))
    assert "(from 4 of 6 cells)" in claim.text
    found = next(c for c in collapse.claims if c.predicate["kind"] == "absence")
    assert "none of 11 GANs" in found.text


def test_a_collapse_is_named_and_what_helped_is_counted() -> None:
    frame = lab1()
    frame.loc[frame["loss"] == "bce", "collapse"] = "classes missing: 4, 9"
    told = next(a for a in answer_questions(frame) if a.question == "mode_collapse")
    assert "6 of 12 do" in told.paragraph
    assert "hinge went with fewer collapses than BCE (0 against 6 of 6" in told.paragraph
    assert "nothing can be said to have helped" not in told.paragraph


def test_unmeasured_collapse_is_said_to_be_so() -> None:
    frame = lab1().drop(columns=["collapse", "mode_collapse", "missing_classes"])
    told = next(a for a in answer_questions(frame) if a.question == "mode_collapse")
    assert told.paragraph.startswith("Mode collapse was not measured")


def hybrids() -> pd.DataFrame:
    frame = lab1()
    better = frame[frame["family"] == "vae"].copy()
    better["family"] = "vae_gan"
    better["run"] = better["run"].str.replace("VAE", "VAEGAN")
    better["proxy_fid"] = better["proxy_fid"] - [200, 200, 200, 50, 50, 50]
    better["recon_proxy_fid"] = float("nan")
    return pd.concat([frame, better], ignore_index=True)


def test_hybrids_are_held_against_both_parents() -> None:
    told = next(a for a in answer_questions(hybrids()) if a.question == "combining")
    assert "beat both parents on MNIST" in told.paragraph
    assert "lie between their parents on Fashion-MNIST" in told.paragraph
    assert told.sentences[0].text.startswith("By proxy FID, the VAE-GANs")
    assert "No hybrid was trained" not in told.paragraph
    # What was tried needs no pointing to: its numbers are there.
    frame = hybrids()
    vaes = frame["family"] == "vae"
    for recon, hybrid, there in ((0.1, "vae_gan", 1), (0.1, "latent_gan", 0), (0.9, "vae_gan", 0)):
        frame.loc[vaes, "recon_proxy_fid"] = recon * frame.loc[vaes, "proxy_fid"]
        tried = frame.replace({"family": {"vae_gan": hybrid}})
        told = next(a for a in answer_questions(tried) if a.question == "combining")
        assert told.paragraph.count("which points to a") == there


def test_one_cell_is_no_average_and_one_against_one_is_not_every() -> None:
    frame = lab1()
    few = frame[(frame.dataset == "MNIST") & frame.run.str.contains("hinge_z64|latent16")]
    told = next(a for a in answer_questions(few) if a.question == "combining")
    texts = told.paragraph + " ".join(c.text for c in told.claims)
    assert "By proxy FID, the GAN is ahead of the VAE on MNIST (140 against 288)." in told.paragraph
    assert "GANs have a lower proxy FID than VAEs: 140 against 288, one cell each;" in texts
    assert not re.search(r"on average|every|over one", texts)
    more = frame[(frame.dataset == "MNIST") & frame.run.str.contains("hinge_z64|latent")]
    told = next(a for a in answer_questions(more) if a.question == "combining")
    assert "(cells: one and three)" in " ".join(c.text for c in told.claims)


def test_a_family_ahead_on_average_only_is_said_to_be() -> None:
    frame = lab1()
    some = frame[(frame.dataset == "MNIST") & frame.run.str.contains("z64|latent16")].copy()
    some["proxy_fid"] = some.run.map(lambda run: {"GAN_hinge": 9.7, "GAN_bce_z": 23.3}.get(
        run[6:15], 12.7))  # fmt: skip
    told = next(a for a in answer_questions(some) if a.question == "combining")
    assert (
        "By proxy FID, the VAE is on average ahead of the GANs on MNIST (12.7 against 16.5; though "
        "single cells are the other way round)." in told.paragraph
    )
    best = next(c for c in told.claims if c.id.endswith("best-setting.vae.proxy_fid.MNIST"))
    assert best.verdict == "not measured"
    assert "only one was measured" in best.text
    some.loc[some.run.str.contains("bce"), "proxy_fid"] = 12.9
    some.loc[some.run.str.contains("hinge"), "proxy_fid"] = 12.8
    told = next(a for a in answer_questions(some) if a.question == "combining")
    assert (
        "the VAE is narrowly ahead of the GANs on MNIST (12.7 against 12.9 on average; ahead of "
        "each GAN)" in told.paragraph
    )


def test_one_step_is_not_every_step_and_a_percentage_does_not_cross_zero() -> None:
    frame = lab1()
    two = frame[~frame.run.str.contains("latent16")]
    latent = answer_questions(two)[2].paragraph
    assert "The test reconstruction loss falls on both data sets: from" in latent
    assert "at every step" not in latent
    wasserstein = pd.DataFrame(
        {"run": ["a", "b"], "family": "gan", "dataset": "MNIST", "seed": 0,
         "loss": ["wasserstein", "hinge"], "proxy_fid": [90.0, 95.0]}
    )  # fmt: skip
    epochs = pd.DataFrame({"run": ["a", "a"], "epoch": [1, 2], "g_loss": [-0.006, 0.158]})
    told = {a.question: a for a in answer_questions(wasserstein, epochs)}["loss_kind"].paragraph
    assert "from the first epoch to the last: the generator loss rose from −0.006 to 0.158." in told


def test_what_is_refuted_by_less_than_the_margin_is_so_narrowly() -> None:
    frame = lab1()
    vaes = (frame["family"] == "vae") & (frame["dataset"] == "MNIST")
    for last, narrowly in ((300.0, True), (350.0, False)):
        frame.loc[vaes, "proxy_fid"] = [400.0, 299.0, last]
        latent = answer_questions(frame)[2]
        assert ("is narrowly lowest at latent 16 on MNIST" in latent.paragraph) == narrowly
        claim = next(c for c in latent.claims if c.id.endswith("trend.latent_dim.proxy_fid.MNIST"))
        assert claim.verdict == "not supported"
        assert any("by less than the preset margin" in r for r in claim.reasons) == narrowly


def test_a_command_that_runs_more_than_the_cells_in_question_says_so() -> None:
    frame = lab1()
    frame = frame[(frame.dataset == "MNIST") & frame.run.str.contains("hinge_z64|latent16")]
    third = frame.iloc[:1].assign(run="MNIST_AdvVAE_latent16", family="adversarial_vae")
    cells = from_frame(pd.concat([frame, third]))
    plans = {c.settle.text: len(set(c.runs)) for a in answer_cells(cells) for c in a.claims
             if c.settle and c.settle.command}  # fmt: skip
    of_two = [text for text, concerned in plans.items() if concerned == 2]
    assert of_two
    wider = "these two cells (`labkit run --seeds 3`, which runs three cells in all,"
    exact = "these two cells (`labkit run --seeds 3 --only 'MNIST_*_latent16'`, about"
    assert all((wider in text) != (exact in text) for text in of_two)
    assert any(wider in text for text in of_two)
    assert not any("in all" in text for text, concerned in plans.items() if concerned != 2)


def test_questions_of_other_grids_apply_with_their_factors() -> None:
    frame = lab1()
    gans = frame[frame["family"] == "gan"].copy()
    assert [a.question for a in answer_questions(gans)] == ["stability", "mode_collapse"]
    gans["constraint"] = ["none" if i % 2 else "gradient_penalty" for i in range(len(gans))]
    gans["loss"] = gans["loss"].replace({"bce": "wasserstein"})
    asked = [a.question for a in answer_questions(gans)]
    assert asked == ["stability", "mode_collapse", "loss_kind", "constraint"]
    vaes = frame[frame["family"] == "vae"].assign(beta=[1, 2, 4, 1, 2, 4])
    assert "beta" in [a.question for a in answer_questions(vaes)]


def test_one_gan_is_held_against_nothing() -> None:
    one = lab1()
    told = answer_questions(one[one.run == one.run[one.family == "gan"].iloc[0]])[0]
    assert told.paragraph.startswith("The one GAN trained to the end without an error.")
    assert "drawdown" not in told.paragraph


def test_clipping_against_penalty() -> None:
    rows = [
        {"run": f"r{c}{z}", "family": "gan", "dataset": "MNIST", "seed": 0, "z_dim": z,
         "loss": "wasserstein", "constraint": c, "proxy_fid": fid + z / 10, "coverage": 0.5}
        for c, fid in (("clip", 90.0), ("gradient_penalty", 60.0)) for z in (32, 64)
    ]  # fmt: skip
    told = {a.question: a for a in answer_questions(pd.DataFrame(rows))}["constraint"].paragraph
    assert "gradient penalty was ahead on MNIST (64.8 against 94.8)" in told


def test_history_gives_first_and_last_epochs() -> None:
    frame = pd.DataFrame(
        {"run": ["a", "b"], "family": "gan", "dataset": "MNIST", "seed": 0,
         "loss": ["wasserstein", "hinge"], "proxy_fid": [90.0, 95.0]}
    )  # fmt: skip
    epochs = pd.DataFrame({"run": ["a", "a", "b", "b"], "epoch": [2, 1, 1, 2],
                           "d_loss": [-0.02, -0.13, 1.0, 0.5]})  # fmt: skip
    told = {a.question: a for a in answer_questions(frame, epochs)}["loss_kind"].paragraph
    assert "rose from −0.130 to −0.020" in told
    assert "fell from 1.00 to 0.50" in told


def test_a_setting_with_other_levels_everywhere_is_no_confounder() -> None:
    """Wasserstein with clipping or penalty, hinge with spectral norm or nothing."""
    rows = [("wasserstein", "clip"), ("wasserstein", "gradient_penalty"),
            ("hinge", "spectral_norm"), ("hinge", "none")]  # fmt: skip
    frame = pd.DataFrame([
        {"run": f"{loss}_{constraint}", "family": "gan", "dataset": "MNIST", "seed": 42,
         "loss": loss, "constraint": constraint, "proxy_fid": 10.0 + i, "fid_drawdown": 1.0 + i,
         "collapse": "none detected", "status": "done"}
        for i, (loss, constraint) in enumerate(rows)
    ])  # fmt: skip
    told = " ".join(a.paragraph + " ".join(c.text for c in a.claims) for a in
                    answer_questions(frame))  # fmt: skip
    assert "( changed" not in told
    assert "no two levels were measured everywhere" in told


def test_a_grid_of_one_setting_has_no_settings_to_start_from() -> None:
    frame = lab1()
    one = frame[(frame.dataset == "MNIST") & frame.run.str.contains("hinge_z64|latent16")]
    (told,) = (a.paragraph for a in answer_questions(one) if a.question == "combining")
    assert "for the GAN's side" not in told
    assert "A VAE-GAN would train decoder and discriminator together" in told


def test_settings_that_differ_in_several_things_are_compared_as_wholes_without_a_cause() -> None:
    frame = pd.DataFrame([
        {"run": run, "family": "gan", "dataset": "MNIST", "seed": 0, "loss": loss,
         "constraint": constraint, "proxy_fid": fid, "fid_drawdown": drawdown}
        for run, loss, constraint, fid, drawdown in (
            ("a", "hinge", "none", 55.0, 30.8),
            ("b", "wasserstein", "gradient_penalty", 16.0, 3.9))
    ])  # fmt: skip
    answers = {a.question: a for a in answer_questions(frame)}
    assert (
        "By drawdown of tracking FID, the GAN setting ahead on MNIST was Wasserstein, gradient "
        "penalty: 3.9, against 30.8 for hinge, no constraint. Which of their settings made the "
        "difference the table cannot say: the loss was never varied with the rest held fixed"
    ) in answers["stability"].paragraph
    assert "three seeds of these two cells" in answers["stability"].paragraph
    answer = answers["constraint"]
    assert answer.paragraph.startswith(
        "By proxy FID, the GAN setting ahead on MNIST was Wasserstein, gradient penalty: 16, "
        "against 55 for hinge, no constraint. "
        "Which of their settings made the difference the table cannot say: the constraint was "
        "never varied with the rest held fixed (loss changed with it)."
    )
    assert [c.verdict for c in answer.claims if c.predicate["kind"] == "best-setting"] == [
        "inconclusive"
    ]


def test_collapses_found_are_told_apart_and_beside_what_could_not_be_judged() -> None:
    assert _of_collapse("classes missing: 3", "classes missing: 4").startswith(
        "That no GAN shows mode collapse does not hold on MNIST: 2 of 2 do (Wasserstein, weight "
        "clipping; Wasserstein, gradient penalty); 1 more could not be judged."
    )
    assert _of_collapse("none detected", "none detected").startswith(
        "No GAN that could be judged (2 of 3) shows mode collapse by the measure used"
    )


def _of_collapse(clip: str, penalty: str) -> str:
    """The answer on two critics, and a third that could not be judged."""
    rows = [
        ("wasserstein", "clip", clip),
        ("wasserstein", "gradient_penalty", penalty),
        ("hinge", "spectral_norm", "not measurable at N=2,000: the samples are noisy"),
    ]
    frame = pd.DataFrame([
        {"run": f"{loss}_{constraint}", "family": "gan", "dataset": "MNIST", "seed": 0,
         "loss": loss, "constraint": constraint, "proxy_fid": 10.0, "collapse": collapse}
        for loss, constraint, collapse in rows
    ])  # fmt: skip
    return {a.question: a for a in answer_questions(frame)}["mode_collapse"].paragraph


def test_generators_that_were_not_run_are_not_among_those_that_finished() -> None:
    frame = lab1()
    frame.loc[3, "status"] = "missing"
    told = next(a for a in answer_questions(frame) if a.question == "stability").paragraph
    assert "No GAN that was run (11 of 12) ended in an error." in told
    assert "GANs trained to the end" not in told


@pytest.mark.parametrize(
    ("status", "said"), [("missing", "was run yet"), ("failed", "was finished")]
)
def test_cells_that_were_not_run_are_no_gap_in_the_table(status: str, said: str) -> None:
    frame = lab1()
    gone = (frame["family"] == "vae") | (frame["dataset"] == "FashionMNIST")
    frame.loc[gone, "status"] = status
    told = {a.question: a for a in answer_questions(frame)}
    assert told["latent_dim"].paragraph.startswith(
        f"The effect of the latent dimension cannot be read from this table: none of the cells it "
        f"needs {said}."
    )
    claims = {c.id: c.text for a in told.values() for c in a.claims}
    family = next(t for k, t in claims.items() if ".family.gan-vae.proxy_fid.MNIST" in k)
    assert family.endswith(f"; no VAE {said}.")
    alike = next(t for k, t in claims.items() if ".same-pattern.loss.fid_drawdown" in k)
    assert alike.endswith(f"; none of the cells it needs {said} on Fashion-MNIST.")
    assert not any("the table does not give" in text for text in claims.values())
