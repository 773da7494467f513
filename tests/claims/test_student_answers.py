"""A student's own words: found under their questions, filled in, held against the table."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labkit.catalog import QUESTIONS
from labkit.claims import table_of
from labkit.claims.statements import FORMS, StatementError, check_statement
from labkit.reporting.student.answers import check, match_question, parse, template
from labkit.reporting.student.marks import expand
from tests.builders.tables import answer_questions, lab1

LAB1 = ("stability", "mode_collapse", "latent_dim", "combining")


def segments(words: str) -> list[tuple[str, str]]:
    return [(s.kind, s.text) for s in expand(words, table_of(lab1()))]


# ------------------------------------------------------------------ headings


def test_the_template_has_every_question_and_no_answer() -> None:
    text = template(LAB1)
    assert tuple(parse(text).sections) == LAB1
    found = check(text, table_of(lab1()))
    assert found.unanswered == LAB1
    assert found.findings == ()
    assert found.words == {}


@pytest.mark.parametrize("key", QUESTIONS)
def test_every_question_is_found_under_its_own_words(key: str) -> None:
    assert match_question(QUESTIONS[key].text) == key
    assert match_question(f"3) {QUESTIONS[key].text}") == key
    assert match_question(key.replace("_", " ").title()) == key


@pytest.mark.parametrize(
    ("heading", "key"),
    [
        ("1. What hyperparameters most influenced GAN stability?", "stability"),
        ("GAN stability", "stability"),
        ("Question 2: Evidence of mode collapse?", "mode_collapse"),
        ("How did latent dimension affect VAE reconstructions and samples", "latent_dim"),
        ("One idea to combine the benefits of both models", "combining"),
        ("Conclusion", ""),
        ("Appendix", ""),
    ],
)
def test_headings_are_matched_leniently(heading: str, key: str) -> None:
    assert match_question(heading) == key


def test_sub_headings_and_fences_stay_inside_an_answer() -> None:
    text = "# Me\n## GAN stability\na\n### Why\nb\n```\n## not a heading\n```\n## Thanks\nbye\n"
    found = parse(text)
    assert found.sections["stability"].text == "a\n### Why\nb\n```\n## not a heading\n```"
    assert [s.heading for s in found.unmatched] == ["Thanks"]


def test_words_under_no_heading_are_kept_and_named() -> None:
    text = "\n\nI think so, 77.7.\n\n##GAN stability\nyes\n"
    found = parse(text)
    assert found.sections["stability"].text == "yes"
    assert [(s.heading, s.text.strip()) for s in found.unmatched] == [
        ("Remarks", "I think so, 77.7.")
    ]
    said = [(f.line, f.kind, f.text) for f in check(text, table_of(lab1())).findings]
    assert (1, "heading", "I think so, 77.7.") in said
    assert (3, "number", "77.7") in said
    assert parse("# Reflection\n\n## GAN stability\nyes\n").unmatched == ()


# ------------------------------------------------------------------ values


def test_a_value_is_inserted() -> None:
    words = 'It was {{ value("MNIST_GAN_hinge_z64", "proxy_fid") }} there.'
    assert segments(words) == [("text", "It was "), ("value", "140"), ("text", " there.")]


@pytest.mark.parametrize(
    ("mark", "note"),
    [
        ('{{ value("MNIST_GAN_hinge_z6", "proxy_fid") }}', "did you mean 'MNIST_GAN_hinge_z64'"),
        ('{{ value("MNIST_GAN_hinge_z64", "proxyfid") }}', "did you mean 'proxy_fid'"),
        ('{{ value("MNIST_GAN_hinge_z64", "kid") }}', "was not measured"),
        ("{{ 1 + 1 }}", "only {{ value"),
        ("{{ value.__class__ }}", "only {{ value"),
        ("{% include 'x' %}{{", "not closed"),
        ("[claim: nonsense]", "not understood"),
        ("[claim: hinge beats hinge by proxy_fid]", "no cell this is about"),
        ("[claim: best optimizer by proxy_fid is adam]", "no"),
        ("[claim: best loss by lab_sheet_fid is hinge]", "never compared"),
        ("[claim: open", "not closed"),
    ],
)
def test_what_cannot_be_filled_in_says_why(mark: str, note: str) -> None:
    found = [s for s in expand(mark, table_of(lab1())) if s.kind == "error"]
    assert len(found) == 1
    assert note in found[0].note


@given(st.text(max_size=80))
@settings(deadline=None, max_examples=200)
def test_nothing_a_student_writes_is_evaluated_or_lost(words: str) -> None:
    frame = lab1()
    found = expand(words, table_of(frame))
    if all(s.kind in ("text", "number") for s in found) and "<!--" not in words:
        assert "".join(s.text for s in found) == words


# ------------------------------------------------------------------ numbers


@pytest.mark.parametrize(
    ("words", "marked"),
    [
        ("proxy FID 139.7", []),
        ("proxy FID 140", []),
        ("proxy FID 139.8", ["139.8"]),
        ("z of 64 and 128, seed 42, 10 epochs, 12 GANs", []),
        ("learning rate 0.0002, betas 0.5 and 0.999", []),
        ("a reduction of 98.7 %", ["98.7"]),
        ("coverage of 58.3 %", []),
        ("coverage of 99.1 %", ["99.1"]),
        ("as Goodfellow showed in 2014", []),
        ("1. first\n2. second\n77. third", []),
        ("`99999` and https://example.org/99999", []),
        ("```\n99999\n```", []),
        ("MNIST_GAN_hinge_z99999", []),
        ("99,999 images", ["99,999"]),
        ("the weights begin with 3e4567", ["3e4567"]),
        (f"a tiny 3e-{'9' * 5000}", [f"3e-{'9' * 5000}"]),
    ],
)
def test_plain_numbers_that_match_nothing_are_marked(words: str, marked: list[str]) -> None:
    assert [text for kind, text in segments(words) if kind == "number"] == marked


def test_numbers_the_claims_computed_are_known() -> None:
    frame = lab1()
    claims = [c for a in answer_questions(frame) for c in a.claims]
    words = "hinge's mean is 146.5"
    assert [s.text for s in expand(words, table_of(frame)) if s.kind == "number"] == ["146.5"]
    assert [s.text for s in expand(words, table_of(frame), claims) if s.kind == "number"] == []


# ------------------------------------------------------------------ statements


@pytest.mark.parametrize(
    ("statement", "verdict", "shown"),
    [
        ("best loss by proxy_fid on MNIST is hinge", "inconclusive", "yes"),
        ("best loss by Proxy FID on mnist is Hinge", "inconclusive", "yes"),
        ("best loss by proxy_fid on MNIST is bce", "inconclusive", "no"),
        ("worst loss by proxy_fid on MNIST is bce", "inconclusive", "yes"),
        ("lowest z_dim by proxy_fid on FashionMNIST is 64", "inconclusive", "yes"),
        ("hinge beats bce by proxy_fid on MNIST everywhere", "inconclusive", "yes"),
        ("hinge beats bce by proxy_fid on Fashion-MNIST everywhere", "inconclusive", "no"),
        ("z 64 beats z 128 by proxy_fid on MNIST", "inconclusive", "yes"),
        ("GAN beats VAE by proxy_fid", "inconclusive", "yes"),
        ("VAEs beats GANs by proxy_fid on MNIST", "inconclusive", "no"),
        ("test_recon_loss falls with latent_dim", "inconclusive", "yes"),
        ("proxy_fid falls with latent_dim on FashionMNIST", "inconclusive", "tie"),
        ("loss acts alike on proxy_fid", "inconclusive", "yes"),
        ("z_dim acts alike on proxy_fid", "inconclusive", "no"),
        ("loss matters most for proxy_fid on MNIST", "inconclusive", "yes"),
        ("z_dim matters most for proxy_fid on MNIST", "inconclusive", "no"),
        ("latent_dim trades test_recon_loss against proxy_fid on MNIST", "inconclusive", "yes"),
        ("no mode collapse", "inconclusive", "yes"),
        ("best lr by proxy_fid is 0.0002", "not measured", None),
        ("best loss by d_loss is hinge", "not measured", None),
        ("best loss by kid is hinge", "not measured", None),
        ("proxy_fid falls over training", "not measured", None),
    ],
)
def test_statements(statement: str, verdict: str, shown: str | None) -> None:
    checked = check_statement(statement, table_of(lab1()))
    assert (checked.verdict, checked.in_these_runs) == (verdict, shown)


def test_a_statement_about_all_data_sets_falls_with_one() -> None:
    frame = lab1()
    frame.loc[frame["dataset"] == "FashionMNIST", "coverage"] = [
        0.3, 0.3, 0.3, 0.4, 0.4, 0.4, *[float("nan")] * 3
    ]  # fmt: skip
    found = expand("[claim: hinge beats bce by coverage]", table_of(frame))[0].checked
    assert found is not None
    assert found.in_these_runs == "no"
    assert [c.in_these_runs for c in found.claims] == ["yes", "no"]


def test_a_statement_takes_the_verdict_of_the_computed_claim_it_repeats() -> None:
    frame = lab1(3)
    claims = [c for a in answer_questions(frame) for c in a.claims]
    computed = next(
        c for c in claims if c.id == "stability.contrast.gan.loss.proxy_fid.MNIST.hinge-bce"
    )
    found = expand("[claim: best loss by proxy_fid on MNIST is hinge]", table_of(frame), claims)[0]
    assert found.checked is not None
    assert found.checked.strength == computed.strength
    assert found.checked.in_these_runs == "yes"


def test_a_statement_about_fewer_levels_is_not_the_computed_one_of_all() -> None:
    frame = lab1(3)
    claims = [c for a in answer_questions(frame) for c in a.claims]
    found = expand("[claim: z 64 beats z 128 by proxy_fid on MNIST]", table_of(frame), claims)[
        0
    ].checked
    assert found is not None
    assert "z 32" not in found.text
    assert {c.settings["z_dim"] for c in found.claims[0].finding.cells} == {64, 128}


def test_a_statement_about_two_families_is_the_computed_one_either_way_round() -> None:
    frame = lab1(3)
    worse = frame.copy()
    worse.loc[worse["family"] == "gan", "proxy_fid"] += 1000
    claims = [c for a in answer_questions(worse) for c in a.claims]
    computed = next(c for c in claims if c.id == "combining.families.proxy_fid.MNIST.gan-vae")
    found = expand("[claim: VAE beats GAN by proxy_fid on MNIST]", table_of(worse), claims)[
        0
    ].checked
    assert found is not None
    assert (found.strength, found.in_these_runs) == (computed.strength, "yes")
    note = expand("[claim: GAN beats VAE by proxy_fid on MNIST everywhere]", table_of(frame))[
        0
    ].note
    assert "leave out the end" in note


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_the_help_is_understood(form: str) -> None:
    text = form.replace("[on DATASET]", "on MNIST").replace("[", "").replace("]", "")
    for name, value in (
        ("LEVEL beats LEVEL", "hinge beats bce"), ("METRIC against METRIC",
         "test_recon_loss against proxy_fid"), ("with FACTOR", "with latent_dim"),
        ("FACTOR trades", "latent_dim trades"), ("FACTOR", "loss"), ("METRIC", "proxy_fid"),
        ("LEVEL", "hinge"), ("P %", "5 %"), ("in RUN", "in MNIST_GAN_hinge_z64"),
        ("rises|falls", "falls"), ("lowest|highest", "lowest"),
    ):  # fmt: skip
        text = text.replace(name, value)
    assert check_statement(text, table_of(lab1())).claims


@given(st.text(max_size=120))
@settings(deadline=None, max_examples=100)
def test_no_text_breaks_the_reader_of_statements(text: str) -> None:
    with contextlib.suppress(StatementError):
        check_statement(text, table_of(lab1()))


# ------------------------------------------------------------------ the whole file


def test_check_names_lines_questions_and_words() -> None:
    text = (
        "# Reflection\n"
        "## GAN stability\n"
        "Hinge won.\n"
        "[claim: best loss by proxy_fid on MNIST is bce]\n"
        "It was 12.34 better.\n"
        "## Mode collapse\n"
        "<!-- todo -->\n"
        "## Weather\n"
        "Fine.\n"
    )
    found = check(text, table_of(lab1()))
    assert [(f.line, f.kind, f.ok) for f in found.findings] == [
        (4, "claim", False), (5, "number", False), (8, "heading", False)
    ]  # fmt: skip
    assert found.unanswered == ("mode_collapse", "latent_dim", "combining")
    assert list(found.words) == ["stability"]
    assert not found.ok


def test_a_sound_file_is_ok() -> None:
    text = template(LAB1).replace("<!-- your answer -->", "Hinge had 140, and one seed is one.")
    found = check(text, table_of(lab1()))
    assert found.ok
    assert found.words == dict.fromkeys(LAB1, 8)
