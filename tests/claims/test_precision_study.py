"""The study of bf16 against fp32: what passes its rule, and what it says of everything else."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from labkit.claims.cells import from_frame
from scripts import precision_study as script

GROUPS = ["GAN MNIST", "GAN FashionMNIST", "VAE MNIST", "VAE FashionMNIST"]


def table(seeds: int, noise: float = 0.03, rng: int = 1) -> pd.DataFrame:
    """Lab 1's grid in both arithmetics, without a loss: single values spread by `noise`."""
    draw, rows = np.random.default_rng(rng), []
    points = [*(("gan", f"{loss} {z}") for loss, z in product(("hinge", "bce"), (32, 64, 128))),
              *(("vae", f"l1 {d}") for d in (8, 16, 32))]  # fmt: skip
    for arithmetic, dataset, (family, kind), seed in product(
        ("fp32", "bf16"), ("MNIST", "FashionMNIST"), points, range(seeds)
    ):
        loss, size = kind.split()
        spread = np.exp(draw.normal(0, noise, 3))
        rows.append({
            "run": f"{dataset}_{family}_{loss}_{size}_seed{seed}", "family": family,
            "dataset": dataset, "seed": seed, "arithmetic": arithmetic, "epochs": 10,
            **({"loss": loss, "z_dim": int(size), "d_loss": 0.9, "g_loss": -0.1} if family == "gan"
               else {"reconstruction": loss, "latent_dim": int(size), "recon_loss": 70 * spread[2],
                     "test_total_loss": 90.0 * spread[2] ** 0.1}),
            "proxy_fid": 12 * spread[0], "coverage": 0.2 * spread[1],
            "collapse": "none detected at N=10,000", "status": "done",
        })  # fmt: skip
    return pd.DataFrame(rows)


def of(
    frame: pd.DataFrame, arithmetic: str, family: str = "gan", dataset: str = "MNIST"
) -> pd.Series:
    where = frame.arithmetic.eq(arithmetic) & frame.family.eq(family) & frame.dataset.eq(dataset)
    return where


def verdicts(frame: pd.DataFrame) -> dict[str, str]:
    """The last column of the main table, by the first."""
    lines = [
        line.strip("| ").split(" | ") for line in script.markdown(from_frame(frame)).split("\n")
    ]
    return {line[0]: line[-1] for line in lines if len(line) == 8 and line[0] in GROUPS}


def test_no_effect_passes_with_enough_pairs() -> None:
    frame = table(seeds=6)
    assert verdicts(frame) == dict.fromkeys(GROUPS, "no loss shown")
    text = script.markdown(from_frame(frame))
    assert "**Verdict: no loss shown in all of them.**" in text
    assert "108 pairs, seeds 0, 1, 2, 3, 4 and 5." in text
    assert "Without a partner" not in text


@pytest.mark.parametrize(
    ("family", "metric", "factor", "said"),
    [
        ("gan", "proxy_fid", 1.10, "Proxy FID is not within 1.05"),
        ("gan", "coverage", 0.90, "Coverage is not within 0.95"),
        ("vae", "test_total_loss", 1.02, "Test total loss is not within 1.01"),
    ],
)
def test_a_loss_fails_where_it_is(family: str, metric: str, factor: float, said: str) -> None:
    frame = table(seeds=6)
    frame.loc[of(frame, "bf16", family), metric] *= factor
    found = verdicts(frame)
    assert said in found.pop(f"{family.upper()} MNIST")
    assert set(found.values()) == {"no loss shown"}
    assert "**Verdict: not shown for all of them.**" in script.markdown(from_frame(frame))


@pytest.mark.parametrize(("metric", "factor"), [("proxy_fid", 0.9), ("coverage", 1.1)])
def test_a_gain_is_no_loss(metric: str, factor: float) -> None:
    frame = table(seeds=6)
    frame.loc[frame.arithmetic.eq("bf16"), metric] *= factor
    assert verdicts(frame) == dict.fromkeys(GROUPS, "no loss shown")


def test_too_few_pairs_show_nothing() -> None:
    found = verdicts(table(seeds=1, noise=0.001))
    assert found["GAN MNIST"] == "no loss shown"  # six pairs, nearly equal
    assert found["VAE MNIST"].startswith("not shown: Proxy FID: 3 pairs that can be compared")


def test_a_cell_that_was_not_run_is_no_partner() -> None:
    """Else what collapsed in fp32 would have done better in bf16, where nobody knows."""
    frame = table(seeds=1)
    frame.loc[of(frame, "fp32"), "collapse"] = "classes missing: 3"
    waiting = of(frame, "bf16") & frame.z_dim.ne(64)
    frame.loc[waiting, ["proxy_fid", "coverage"]] = np.nan
    frame.loc[waiting, "status"] = "missing"
    text = script.markdown(from_frame(frame))
    assert "| GAN MNIST | 2 |" in text
    assert "Without a partner, left out: MNIST_gan_bce_128 in fp32" in text


def test_what_varies_too_much_says_how_many_pairs_it_takes() -> None:
    found = verdicts(table(seeds=3, noise=0.2))["GAN MNIST"]
    assert found.startswith("not shown: Proxy FID is not within 1.05 (without a loss, ")
    needed = int(found.split("without a loss, ")[1].split()[0])
    # Differences of two values spread by sqrt(2) * 0.2.
    assert needed == pytest.approx((2.487 * 0.283 / math.log(1.05)) ** 2, rel=0.5)


def exact_pairs(mean: float, spread: float) -> list[script.Pair]:
    """Twelve pairs whose log ratios of FID have exactly this mean and standard deviation."""
    frame = table(seeds=2, noise=0.0)
    changes = np.random.default_rng(2).normal(size=12)
    changes = mean + spread * (changes - changes.mean()) / changes.std(ddof=1)
    frame.loc[of(frame, "bf16"), "proxy_fid"] *= np.exp(changes)
    return script.pair_up(from_frame(frame[frame.family.eq("gan") & frame.dataset.eq("MNIST")]))[0]


@pytest.mark.parametrize(("beyond", "passes"), [(-1e-6, True), (1e-6, False)])
def test_both_sides_of_the_bound(beyond: float, passes: bool) -> None:
    half = stats.t.ppf(0.95, 11) * 0.04 / math.sqrt(12)
    pairs = exact_pairs(math.log(1.05) - half + beyond, 0.04)
    assert (list(script.objections(pairs)) == []) == passes


def test_the_estimate_is_students() -> None:
    pairs = exact_pairs(0.02, 0.05)
    found = script.estimate(pairs, "proxy_fid")
    assert found is not None
    logs = [math.log(b.metrics["proxy_fid"].value / a.metrics["proxy_fid"].value) for a, b in pairs]
    told = stats.ttest_1samp(logs, 0)
    low, high = np.exp(told.confidence_interval(0.9))
    assert found.ends == pytest.approx((low, math.exp(0.02), high))
    assert found.p == pytest.approx(told.pvalue)


@pytest.mark.slow
def test_a_loss_at_the_bound_passes_as_rarely_as_the_rule_says() -> None:
    rng, passed = np.random.default_rng(3), {1.0: 0, 1.05: 0}
    for ratio, _ in product(passed, range(300)):
        frame = table(seeds=3, noise=0.035, rng=int(rng.integers(2**31)))
        frame = frame[frame.family.eq("gan") & frame.dataset.eq("MNIST")]
        frame.loc[frame.arithmetic.eq("bf16"), "proxy_fid"] *= ratio
        frame["coverage"] = 0.2
        passed[ratio] += not list(script.objections(script.pair_up(from_frame(frame))[0]))
    assert passed[1.05] <= 0.08 * 300  # 5 %, and two standard errors
    assert passed[1.0] >= 0.9 * 300


@pytest.mark.parametrize(("n", "shown"), [(4, True), (5, False)])
@pytest.mark.parametrize("how", ["collapse", "status"])
def test_more_that_collapsed_or_failed(n: int, shown: bool, how: str) -> None:
    """Five pairs of which bf16 alone fell, and none the other way: a chance of 1 in 32."""
    frame = table(seeds=6)
    rows = frame.index[of(frame, "bf16")][:n]
    frame.loc[rows, how] = "classes missing: 4" if how == "collapse" else "failed"
    if how == "status":
        frame.loc[rows, ["proxy_fid", "coverage", "collapse"]] = None
    found = verdicts(frame)["GAN MNIST"]
    assert found == ("no loss shown" if shown else "not shown: more cells collapsed or failed")
    counts = f"| 0, 0 | {n}, 0 |" if how == "collapse" else f"| 0, 0 | 0, {n} |"
    assert counts in script.markdown(from_frame(frame))


def test_losses_are_compared_on_one_scale_only() -> None:
    frame = table(seeds=2)
    worse = frame.arithmetic.eq("bf16") & frame.loss.eq("hinge")
    frame.loc[worse, "g_loss"] = 0.4
    text = script.markdown(from_frame(frame))
    assert (
        "| GAN MNIST, hinge | Final G loss | 6 | -0.100 | 0.500 (0.500 to 0.500), p = 0 |" in text
    )
    assert "| GAN MNIST, bce | Final G loss | 6 | -0.100 | 0.000 (0.000 to 0.000), p = 1 |" in text
    assert "VAE MNIST, l1 | Final recon loss | 6 | " in text


def test_a_value_of_zero_has_no_ratio() -> None:
    frame = table(seeds=6)
    frame.loc[frame.index[of(frame, "fp32")][0], "coverage"] = 0.0
    assert verdicts(frame)["GAN MNIST"] == "not shown: Coverage: no pairs that can be compared"


def run(tmp_path: Path, *frames: pd.DataFrame) -> tuple[int, Path]:
    """The script's exit status on some tables, and the file it was to write."""
    paths = [tmp_path / f"{i}.csv" for i in range(len(frames))]
    for path, frame in zip(paths, frames, strict=True):
        frame.to_csv(path, index=False)
    out = tmp_path / "study.md"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["precision_study.py", *map(str, paths), "-o", str(out)])
        try:
            script.main()
        except SystemExit as end:
            return int(end.code or 0), out
    return 0, out


def test_tables_are_joined_and_cells_without_a_partner_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = table(seeds=3)
    whole["run"] = whole["run"].str.replace(r"_seed\d", "", regex=True)  # as of a single seed
    parts = [part for _, part in whole.groupby(["arithmetic", "seed"])]
    other = parts[0].iloc[[0]].assign(epochs=5, arithmetic="fp32")
    status, out = run(tmp_path, *parts[:-1], other)
    text = out.read_text("utf-8")
    assert (status, capsys.readouterr().out) == (0, text)
    assert "36 pairs, seeds 0 and 1." in text
    alone = text.split("Without a partner, left out: ")[1].split("; ")
    assert len(alone) == 18 + 1  # those of seed 2, and one of five epochs
    assert "FashionMNIST_gan_bce_64 in bf16, seed 2" in alone
    assert "MNIST_gan_hinge_32 in fp32, seed 0" in alone


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda f: pd.concat([f, f.iloc[[0]]]), "row of MNIST_gan_hinge_32 in fp32, seed 0"),
        (lambda f: f.drop(columns="arithmetic"), "0.csv: no column 'arithmetic'"),
        (lambda f: f[f.arithmetic.eq("fp32")], "no cell is there in fp32 and in bf16"),
    ],
)  # fmt: skip
def test_tables_that_will_not_do(
    change: Callable[[pd.DataFrame], pd.DataFrame],
    said: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    status, out = run(tmp_path, change(table(seeds=1)))
    assert (status, out.exists()) == (2, False)
    assert said in capsys.readouterr().err


def test_what_other_seeds_change_stands_side_by_side() -> None:
    """A VAE in bf16 that its seeds move twice as far; two seeds tell nothing."""
    frame = table(seeds=4)
    twice = of(frame, "bf16", "vae") | of(frame, "bf16", "vae", "FashionMNIST")
    frame.loc[twice, "proxy_fid"] = 12 * (frame.proxy_fid / 12) ** 2
    pairs, _ = script.pair_up(from_frame(frame))
    rows = [line.strip("| ").split(" | ") for line in script.widths(pairs)[2:]]
    found = {(row[0], row[1], row[2]): row[3:] for row in rows}
    narrow, wide, df = found["VAE", "latent_dim", "Proxy FID"]
    single = table(seeds=4).query("family == 'vae' and arithmetic == 'fp32'")
    grid = np.log(single.pivot_table("proxy_fid", ["dataset", "seed"], "latent_dim"))
    left = grid.sub(grid.mean(axis=1), axis=0)
    left -= left.groupby("dataset").transform("mean")
    width = 100 * math.sqrt((left**2).to_numpy().sum() / 12)
    assert narrow == f"{width:.1f} %"
    assert df == "12"
    assert float(wide.split()[0]) > 1.2 * float(narrow.split()[0])
    assert ("GAN", "z_dim", "Coverage") in found
    alone, _ = script.pair_up(from_frame(table(seeds=1)))
    assert script.widths(alone)[2:] == []
