"""A student's words in whatever notation: `labkit check`, as it is typed."""

from __future__ import annotations

from pathlib import Path

import pytest

from labkit import load
from labkit.store.store import Store
from tests.builders.commands import typed
from tests.builders.plans import SMALL, fake_plan
from tests.builders.stores import write_store


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Two GANs and a VAE of two epochs, of an experiment file with numbers of its own."""
    settings = {"evaluation": {"samples": 1234}, "threads": 7, "report": {}}
    plan = fake_plan(SMALL, epochs=2, settings=settings)
    return write_store(tmp_path_factory.mktemp("lab") / "small", plan)


@pytest.fixture(scope="module")
def fids(store: Store) -> tuple[float, float]:
    """The two GANs' proxy FIDs, the larger first."""
    table = load(store.root).table
    low, high = sorted(table.loc[table["family"] == "gan", "proxy_fid"])
    return round(high, 2), round(low, 2)


def marked(store: Store, folder: Path, words: str) -> list[str]:
    """Every line of `labkit check` that marks a number or a statement."""
    (folder / "answers.md").write_text(f"## GAN stability\n\n{words}\n", "utf-8")
    code, said, error = typed("check", "answers.md", "--results", store.root, cwd=folder)
    assert code in (0, 1), error
    return [line for line in said.splitlines() if line.startswith("! answers.md:")]


def test_a_wrong_number_is_marked_in_every_notation(store: Store, tmp_path: Path) -> None:
    wrong = (
        "977,77", "9.771,5", "9 771.5", "9'771.5", "9’771.5", "9 771,5", "9,771.5", "９７７.７",
        "9_771.5", "7.7e4", "9.77 × 10²", "$9.77\\cdot10^{2}$", "977·7", ".97761", "−977.7",
        "_977.7_", "977.7x", "977.7/978.7", "3...977.7", "(977.7)", "977.7±0.97761",
        "977.7ms", "FID=977.7", "99.9%", "977.7 %",
        "FID为977.7。", "977\\.7", "99{,}77", "97,7,61",
        "9'7", "9½", "77k", "1950 samples", "an FID of 1999",
    )  # fmt: skip
    found = marked(store, tmp_path, "\n".join(f"It was {each} here." for each in wrong))
    lines = {int(line.split(":")[1]) for line in found}
    assert lines == set(range(3, len(wrong) + 3)), [
        wrong[i - 3] for i in range(3, 34) if i not in lines
    ]
    assert any("9'7: not read as a number; write it like 1234.5" in line for line in found)


def test_a_right_number_is_known_in_every_notation(
    store: Store, fids: tuple[float, float], tmp_path: Path
) -> None:
    high = f"{fids[0]:.2f}"
    whole, digits = high.split(".")
    right = (
        high, f"{whole},{digits}", f"{whole}·{digits}", f"{float(high):.3e}", f"**{high}**",
        f"{float(high) / 100:.4f}·10²", f"−{high}", f"({high})", f"{high} ± 0",
        "1,234 samples", "1 234", "1'234", "1234", "1.234k", "7 threads", "10 digits",
    )  # fmt: skip
    assert marked(store, tmp_path, "\n".join(f"It was {each} here." for each in right)) == []


def test_a_comma_before_three_digits_is_said_to_be_of_thousands(
    store: Store, tmp_path: Path
) -> None:
    value = load(store.root).cells["MNIST_GAN_hinge_z64"].metric("proxy_fid")
    text = f"{value:.3f}"
    (line,) = marked(store, tmp_path, f"It was {text.replace('.', ',')}.")
    assert line.endswith(f"matches no value of the table; if {text} is meant, write it so")


def test_what_follows_from_named_values_is_known_and_what_does_not_is_marked(
    store: Store, fids: tuple[float, float], tmp_path: Path
) -> None:
    high, low = fids
    apart, down, up = high - low, 100 * (high - low) / high, 100 * (high - low) / low
    right = (
        f"It fell from {high} to {low}, by {apart:.2f} ({down:.2f} %).",
        f"One had {high}. The other had {low}.\nThat is {apart:.2f} less.",
        f"{high} is {up:.2f} % more than {low}, or {high / low:.3f} times that.",
        "Of these, 1 of 3 (33.3 %) was a VAE.",
    )
    assert marked(store, tmp_path, "\n\n".join(right)) == []
    wrong = (
        f"It fell from {high} to {low}, by {apart + 0.07:.2f}.",
        f"It fell from {high} to {low}, by {up:.2f} %.",
        f"It rose from {low} to {high}, by {down + 1.07:.2f} %.",
        f"{high} is {high / low + 0.01:.3f} times {low}.",
        "Of these, 1 of 3 (34.7 %) was a VAE.",
    )
    found = marked(store, tmp_path, "\n\n".join(wrong))
    assert [int(line.split(":")[1]) for line in found] == [3, 5, 7, 9, 11]


def test_what_is_no_result_is_not_marked(store: Store, tmp_path: Path) -> None:
    words = (
        "Images of 28x28, 28 x 28 or 28×28×1 (arXiv:1406.2661, arXiv 1701.07875v3, [17]).",
        "Section 4.2, sections 4.2 and 4.3, § 7.77, page 77, pp. 77-79, Figure 44, Eq. (17).",
        "On 27.11.2026, 2026-11-27 and 27 November at 14:30, 2:15 pm and 14.30 Uhr.",
        "Python 3.11.4, torch 2.77, version 77.7; the digits 0-9, class 7; 2014, (Kingma, 2013).",
        "\n1. one\n2. two\n77. three\n\n### 4.77 Losses",
    )
    assert marked(store, tmp_path, "\n".join(words)) == []
    words = (
        "See table 977.7 and Figure 3, 977.7, p. 977.7; sizes of 977 x 971 and 77%; at 14:77;",
        "and a wrapped\n977. So the digits 97, and [977.7].",
    )
    found = [line.split(": ")[1] for line in marked(store, tmp_path, "\n".join(words))]
    assert found == ["977.7"] * 3 + ["977", "971", "77", "14", "77", "977", "97", "977.7"]


@pytest.mark.parametrize("first", ["[claim:", "[Claim:", "[claim :", "[ CLAIM :", "[claim"])
def test_a_statement_is_judged_however_its_mark_is_written(
    store: Store, tmp_path: Path, first: str
) -> None:
    found = marked(store, tmp_path, f"{first} hinge beats BCE by Proxy FID On mnist everywhere]")
    other = marked(
        store, tmp_path, f"{first} bce beats Hinge by proxy_fid  on the MNIST everywhere]"
    )
    assert sorted("not so in these runs" in line for line in (*found, *other)) == [True]


def test_every_form_is_judged_on_results_of_labkits_own(store: Store, tmp_path: Path) -> None:
    forms = (
        "Best Loss by Proxy FID On mnist Is BCE", "lowest loss by proxy-fid is hinge",
        "GANs beat VAEs by KID on Fashion MNIST", "Proxy FID falls with the Latent Dimension",
        "D_Loss Falls Over Training", "Total loss falls over training on fashion-mnist",
        "d loss falls over training by 1,5 % in mnist_gan_bce_z64",
        "Discriminator loss falls over the training in MNIST_GAN_hinge_z64",
        "Loss Acts Alike On Proxy FID", "Loss matters most for Proxy FID",
        "loss trades proxy FID against KID on MNIST", "No Mode-Collapse On MNIST",
    )  # fmt: skip
    words = "\n".join(f"[claim: {form}]" for form in forms)
    (tmp_path / "answers.md").write_text(f"## GAN stability\n\n{words}\n", "utf-8")
    _code, said, _error = typed("check", "answers.md", "--results", store.root, cwd=tmp_path)
    lines = [line[2:] for line in said.splitlines() if line[2:].startswith("answers.md:")]
    assert [line.split(": ", 1)[0] for line in lines] == [
        f"answers.md:{n}" for n in range(3, len(forms) + 3)
    ]
    assert all(line.split(": ", 1)[1][0] in "✓✗?–" for line in lines), said
    assert "not measured" not in "".join(lines[4:6]), said
    assert "Discriminator loss of MNIST_GAN_bce_z64 fell from " in said


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("best loss by kid on Omniglot is bce", "no data set 'Omniglot' in these results, only "),
        ("best loss by quux is bce", "no metric 'quux'; there are proxy_fid, "),
        ("best loss by proxy_fid is wasserstein", "loss has no level 'wasserstein'; the table"),
        ("GAN beats cVAE by kid", "GAN and cVAE; it has loss: hinge, bce; family: gan, vae"),
        ("d_loss falls over training in Q", "no run 'Q'; there are "),
        ("d_loss falls over training by x1 %", "'x1' is not a number"),
    ],
)  # fmt: skip
def test_what_the_results_lack_is_named_with_what_is_there(
    store: Store, tmp_path: Path, statement: str, said: str
) -> None:
    (line,) = marked(store, tmp_path, f"[claim: {statement}]")
    assert said in line


def test_a_data_set_that_was_not_run_is_named(tmp_path: Path) -> None:
    made = write_store(tmp_path / "results" / "one", fake_plan(SMALL[:2], epochs=2))
    for form in ("bce beats hinge by d_loss", "d_loss falls over training", "no mode collapse"):
        (line,) = marked(made, tmp_path, f"[claim: {form} on FashionMNIST]")
        assert "no data set 'Fashion-MNIST' in these results, only MNIST" in line


def test_means_over_seeds_are_known(tmp_path: Path) -> None:
    made = write_store(tmp_path / "results" / "three", fake_plan(SMALL, (1, 2, 3), epochs=2))
    table = load(made.root).table
    fids = table.loc[table["run"].str.startswith("MNIST_GAN_bce"), "proxy_fid"]
    words = f"BCE had {fids.mean():.3f} ± {fids.std():.3f}."
    assert marked(made, tmp_path, words) == []
    assert len(marked(made, tmp_path, f"BCE had {fids.mean() + 0.01:.3f} ± 97.613.")) == 2
