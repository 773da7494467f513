"""Two documents that contradict their own tables: the same numbers, honestly read.

``fixtures/vae-dcgan-wgan.csv`` and ``fixtures/stabilisation.csv`` hold what two published
write-ups state in their tables and logs, nothing else. Their prose says more than that;
each test quotes it.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from labkit.claims import Answer, Published, Table, answers_of
from labkit.claims.reflect import answers_to, read
from labkit.claims.statements import Checked, check_statement

HERE = Path(__file__).parent / "fixtures"
WGAN = HERE / "vae-dcgan-wgan.csv"
STABLE = HERE / "stabilisation.csv"


def put(statement: str, table: Path) -> Checked:
    return check_statement(statement, Table(read(table).cells))


def answers(table: Path) -> dict[str, Answer]:
    return {a.question: a for a in answers_to(read(table))}


def test_the_tables_hold_only_what_the_documents_state() -> None:
    assert read(WGAN).unknown == read(STABLE).unknown == ()
    assert {c.run for c in read(WGAN).cells} == {"VAE", "DCGAN", "WGAN"}
    assert len(read(STABLE).cells) == 5


# "98.7 % reduction (D)": it is 87 %, and upwards.


def test_the_reduction_of_98_7_percent() -> None:
    assert put("d_loss falls over training by 98.7 % in WGAN", WGAN).in_these_runs == "no"
    assert put("d_loss rises over training by 98.7 % in WGAN", WGAN).in_these_runs == "no"
    right = put("d_loss rises over training by 86.9 % in WGAN", WGAN)
    assert right.in_these_runs == "yes"
    (percent,) = (v for k, v in right.claims[0].sentence.numbers.items() if "percent" in k)
    assert percent == pytest.approx(100 * 0.1137 / 0.1308)


# "4,337 % (G)": from 0.0057 to 0.0253 is 344 %.


def test_the_improvement_of_4337_percent() -> None:
    assert put("g_loss rises over training by 4337 % in WGAN", WGAN).in_these_runs == "no"
    assert put("g_loss rises over training by 344 % in WGAN", WGAN).in_these_runs == "yes"


# "Critic loss: smooth linear decrease from -0.1308 to -0.0171": it rises.


def test_a_decrease_that_rises() -> None:
    checked = put("d_loss falls over training in WGAN", WGAN)
    assert checked.in_these_runs == "no"
    assert checked.text.startswith("Not so in these runs: ")
    told = answers(WGAN)["training"].paragraph
    for text in (checked.text, told):
        assert "discriminator loss rose from −0.1308 to −0.0171 (by 87 %)" in text


# "15.8 % reduction" of the VAE's loss: this one is right.


def test_a_reduction_that_is_right() -> None:
    assert put("total_loss falls over training by 15.8 % in VAE", WGAN).in_these_runs == "yes"


# "WGAN (winner)": losses of different kinds, and six settings changed at once.


def test_losses_of_different_kinds_are_not_ranked() -> None:
    for metric in ("d_loss", "g_loss"):
        checked = put(f"wasserstein beats standard by {metric}", WGAN)
        assert checked.verdict == "not measured"
        assert "not comparable across losses" in checked.text
    assert put("VAE beats GAN by total_loss", WGAN).verdict == "not measured"
    told = answers(WGAN)["loss_kind"].paragraph
    assert told.startswith("Nothing can be credited to the loss: ")


# "Mode collapse: completely eliminated", "exceptional diversity": nothing was measured.


@pytest.mark.parametrize("table", [WGAN, STABLE])
def test_mode_collapse_was_not_measured(table: Path) -> None:
    assert put("no mode collapse", table).verdict == "not measured"
    told = answers(table)["mode_collapse"].paragraph
    assert told == "Not measured: the table does not say whether anything collapsed."


# "Training stability: excellent": two numbers per run do not show it.


@pytest.mark.parametrize("table", [WGAN, STABLE])
def test_stability_was_not_measured(table: Path) -> None:
    told = answers(table)["stability"]
    assert told.paragraph.startswith("Not measured: ")
    assert {c.verdict for c in told.claims} == {"not measured"}


# "Regularized VAE converges better (74.40 vs. 64.99 at epoch 15)": higher is not better.


def test_the_regularised_vae_that_converges_better() -> None:
    checked = put("best regularised by total_loss on FashionMNIST is true", STABLE)
    assert checked.in_these_runs == "no"
    told = answers(STABLE)["regularisation"].paragraph
    for text in (checked.text, told):
        assert "no regularisation was ahead of regularisation" in text
        assert "(training loss 65.0 against 74.4)" in text


# "WGAN-GP is more stable" than hinge: loss kind and constraint changed together.


def test_two_settings_that_changed_together() -> None:
    told = answers(STABLE)["constraint"].paragraph
    assert told.startswith("Nothing can be credited to the constraint: ")


def test_one_run_of_each_supports_nothing() -> None:
    for table in (WGAN, STABLE):
        assert all(c.verdict != "supported" for a in answers_to(read(table)) for c in a.claims)


def test_published_values_beside_the_same_values() -> None:
    """The documents' own numbers reproduce themselves, and one seed is still one seed."""
    its = Published("total_loss", 240.98, 2.0, "its table", {"family": "vae", "latent_dim": 20})
    far = Published("total_loss", 250.0, 2.0, "another table", {"family": "vae"})
    (found,) = answers_of(Table(read(WGAN).cells, published=(its, far)), ["published"])
    near, off = found.claims
    assert (near.in_these_runs, near.verdict) == ("yes", "inconclusive")
    assert (off.in_these_runs, off.verdict) == ("no", "inconclusive")
    assert found.paragraph.startswith("One of two published values is reproduced.")
