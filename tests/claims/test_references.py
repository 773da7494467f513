"""Two documents that contradict their own tables: the same numbers, honestly read.

``fixtures/vae-dcgan-wgan.csv`` and ``fixtures/stabilisation.csv`` hold what two published
write-ups state in their tables and logs, nothing else. Their prose says more than that;
each test quotes it.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from labkit.claims import Answer, Reference, answer_cells
from labkit.claims.judge import Context
from labkit.claims.reflect import read, reflect
from labkit.claims.statements import Checked, check_statement
from labkit.claims.texts import Words

HERE = Path(__file__).parent / "fixtures"
WGAN = HERE / "vae-dcgan-wgan.csv"
STABLE = HERE / "stabilisation.csv"


def put(statement: str, table: Path) -> Checked:
    return check_statement(statement, Context(read(table).cells, Words()))


def answers(table: Path) -> dict[str, Answer]:
    return {a.question: a for a in reflect(table)}


def test_the_tables_hold_only_what_the_documents_state() -> None:
    assert read(WGAN).unknown == read(STABLE).unknown == ()
    assert {c.run for c in read(WGAN).cells} == {"VAE", "DCGAN", "WGAN"}
    assert len(read(STABLE).cells) == 5


# "98.7 % reduction (D)": it is 87 %, and upwards.


def test_the_reduction_of_98_7_percent() -> None:
    assert put("d_loss falls over training by 98.7 % in WGAN", WGAN).verdict == "not supported"
    assert put("d_loss rises over training by 98.7 % in WGAN", WGAN).verdict == "not supported"
    right = put("d_loss rises over training by 86.9 % in WGAN", WGAN)
    assert right.in_these_runs == "yes"
    assert right.claims[0].numbers["percent"] == pytest.approx(100 * 0.1137 / 0.1308)


# "4,337 % (G)": from 0.0057 to 0.0253 is 344 %.


def test_the_improvement_of_4337_percent() -> None:
    assert put("g_loss rises over training by 4337 % in WGAN", WGAN).verdict == "not supported"
    assert put("g_loss rises over training by 344 % in WGAN", WGAN).in_these_runs == "yes"


# "Critic loss: smooth linear decrease from -0.1308 to -0.0171": it rises.


def test_a_decrease_that_rises() -> None:
    checked = put("d_loss falls over training in WGAN", WGAN)
    assert checked.verdict == "not supported"
    assert "It does not hold" in checked.text
    assert "from −0.1308 to −0.0171, up by 86.9 %" in checked.text
    told = answers(WGAN)["training"].paragraph
    assert "the discriminator loss rose from −0.1308 to −0.0171 (by 86.9 % of its first size)" \
        in told  # fmt: skip


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
    assert "never varied with the rest held fixed" in told
    assert "Loss values are not ranked across losses" in told


# "Mode collapse: completely eliminated", "exceptional diversity": nothing was measured.


@pytest.mark.parametrize("table", [WGAN, STABLE])
def test_mode_collapse_was_not_measured(table: Path) -> None:
    assert put("no mode collapse", table).verdict == "not measured"
    assert "Mode collapse was not measured" in answers(table)["mode_collapse"].paragraph


# "Training stability: excellent": two numbers per run do not show it.


@pytest.mark.parametrize("table", [WGAN, STABLE])
def test_stability_was_not_measured(table: Path) -> None:
    told = answers(table)["stability"]
    assert "cannot say what influenced stability" in told.paragraph
    assert {c.verdict for c in told.claims} == {"not measured"}


# "Regularized VAE converges better (74.40 vs. 64.99 at epoch 15)": higher is not better.


def test_the_regularised_vae_that_converges_better() -> None:
    checked = put("best regularised by total_loss on FashionMNIST is true", STABLE)
    assert checked.verdict == "not supported"
    assert "74.40 against 64.99" in checked.text
    told = answers(STABLE)["regularisation"].paragraph
    assert "no regularisation was ahead on Fashion-MNIST (64.99 against 74.40)" in told


# "WGAN-GP is more stable" than hinge: loss kind and constraint changed together.


def test_two_settings_that_changed_together() -> None:
    told = answers(STABLE)["constraint"].paragraph
    assert "loss changed with it" in told


def test_one_run_of_each_supports_nothing() -> None:
    for table in (WGAN, STABLE):
        assert all(c.verdict != "supported" for a in reflect(table) for c in a.claims)


def test_published_values_beside_the_same_values() -> None:
    """The documents' own numbers reproduce themselves, and one seed is still one seed."""
    reference = Reference(
        "total_loss", 240.98, 2.0, "its table", {"family": "vae", "latent_dim": 20}
    )
    far = Reference("total_loss", 250.0, 2.0, "another table", {"family": "vae"})
    found = answer_cells(read(WGAN).cells, questions=["published"], references=[reference, far])
    near, off = found[0].claims
    assert (near.in_these_runs, near.verdict) == ("yes", "inconclusive")
    assert off.verdict == "not supported"
    assert "is met within its tolerance by VAE: 240.98 here, 240.98 there" in found[0].paragraph
