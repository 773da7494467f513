"""`labkit import`: a training of somewhere else, from its history."""

from __future__ import annotations

from pathlib import Path

import pytest

import labkit as kit
from labkit.store.store import Store
from tests.builders.commands import labkit

GAN = ("--family", "gan", "--dataset", "MNIST", "--set", "loss=bce", "--set", "z_dim=100")
VAE = ("--family", "vae", "--dataset", "MNIST", "--set", "reconstruction=bernoulli")
OURS = Path(__file__).parents[2] / "reports" / "showcase" / "lab1-seeds" / "history.csv"


def took_in(folder: Path, text: str, *options: str, check: int = 0) -> str:
    """Write a history and import it; return what was said."""
    (folder / "h.csv").write_text(text)
    return labkit("import", "h.csv", "--as", "mine", *options, cwd=folder, check=check).stderr


def history(folder: Path) -> list[dict[str, object]]:
    store = Store(folder / "results" / "own")
    outcome = store.outcome(store.plan().cells[0])
    assert outcome is not None
    return [dict(row) for row in outcome.history]  # type: ignore[union-attr]


def test_a_history_becomes_a_cell_with_curves_tables_and_answers(tmp_path: Path) -> None:
    said = took_in(tmp_path, "epoch,Loss_D,Loss_G,D(x)\n1,1.2,0.8,0.7\n2,1.1,0.9,0.6\n", *GAN)
    assert "mine: 2 epochs of h.csv" in said
    assert "Loss_D is d_loss and Loss_G is g_loss" in said
    assert history(tmp_path) == [
        {"epoch": 1, "d_loss": 1.2, "g_loss": 0.8, "D(x)": 0.7},
        {"epoch": 2, "d_loss": 1.1, "g_loss": 0.9, "D(x)": 0.6},
    ]
    results = kit.load(tmp_path / "results" / "own")
    row = results.table.iloc[0]
    assert (row["d_loss"], row["g_loss"], row["z_dim"], row["epochs"]) == (1.1, 0.9, 100, 2)
    for unknown in ("proxy_fid", "seconds", "coverage", "fid_drawdown"):
        assert unknown not in row or row[unknown] != row[unknown]
    labkit("import", "h.csv", "--as", "other", *GAN, "--set", "lr=0.001", cwd=tmp_path)
    path = kit.report(tmp_path / "results" / "own", tmp_path / "report", format="md")
    text = path.read_text("utf-8")
    assert "Not measured" in text
    assert "mine" in text
    assert (tmp_path / "report" / "plots" / "gan_loss_comparison.png").is_file()


def test_rows_of_a_step_are_averaged_and_epochs_may_count_from_0(tmp_path: Path) -> None:
    text = "epoch;loss;bce;kld\n0;200;180;20\n0;100;90;10\n1;50,5;40,5;10\n"
    said = took_in(tmp_path, text, *VAE)
    assert "its epochs 0, 1, ... are 1, 2, ... here" in said
    assert history(tmp_path) == [
        {"epoch": 1, "total_loss": 150.0, "recon_loss": 135.0, "kl_loss": 15.0},
        {"epoch": 2, "total_loss": 50.5, "recon_loss": 40.5, "kl_loss": 10.0},
    ]


def test_rows_without_epochs_are_counted_and_gaps_are_not_measured(tmp_path: Path) -> None:
    took_in(tmp_path, "train_loss,kl\n200,\n150,12\n", *VAE)
    assert history(tmp_path) == [
        {"epoch": 1, "total_loss": 200.0, "kl_loss": None},
        {"epoch": 2, "total_loss": 150.0, "kl_loss": 12.0},
    ]


def test_columns_beside_the_losses_keep_their_names(tmp_path: Path) -> None:
    took_in(tmp_path, "epoch,loss,val_loss,recon_loss_std,lr\n1,200,210,3,0.001\n", *VAE)
    assert history(tmp_path) == [
        {"epoch": 1, "total_loss": 200.0, "val_loss": 210.0, "recon_loss_std": 3.0, "lr": 0.001}
    ]


def test_labkits_own_history_is_read_one_run_at_a_time(tmp_path: Path) -> None:
    run = "MNIST_GAN_hinge_z64_seed43"
    options = ("--family", "gan", "--dataset", "MNIST", "--set", "loss=hinge")
    said = labkit("import", OURS, "--as", "a", *options, cwd=tmp_path, check=2).stderr
    assert "rows of several run (" in said
    labkit("import", OURS, "--as", "a", *options, "--where", f"run={run}", cwd=tmp_path)
    found = history(tmp_path)
    assert len(found) == 10
    assert {"d_loss", "g_loss", "proxy_fid"} <= found[0].keys()


def test_what_diverged_is_told_as_a_failure(tmp_path: Path) -> None:
    said = took_in(tmp_path, "epoch,d_loss,g_loss\n1,1.2,0.8\n2,nan,0.9\n", *GAN)
    assert "diverged in epoch 2: d_loss is nan" in said


@pytest.mark.parametrize(
    ("text", "options", "said"),
    [
        ("epoch,accuracy\n1,0.5\n", GAN, "h.csv: row 1: no column is a loss of this family"),
        ("epoch,d_loss,errD\n1,1,1\n", GAN, "columns 'd_loss' and 'errD' are both d_loss"),
        ("epoch,d_loss\n1,1\n3,1\n", GAN, "h.csv: epoch 2 has no row"),
        ("epoch,d_loss\n5,1\n6,1\n", GAN, "h.csv: epoch 1 has no row"),
        ("epoch,d_loss\n1,1\n2,one\n", GAN, "row 3, column d_loss: 'one' is not a number"),
        ("epoch,d_loss\none,1\n", GAN, "h.csv: row 2, column epoch: 'one' is not a number"),
        ("epoch,phase,loss\n1,train,2\n1,val,3\n", VAE, "choose with --where 'phase=train'"),
        ("epoch,seed,loss\n1,1,2\n1,2,3\n", VAE, "choose with --where 'seed=1'"),
        ("epoch,loss\n1,2\n", (*VAE, "--where", "fase=x"), "--where fase=x: no such column"),
        ("epoch,loss\n1,2\n", VAE[:4], "--set reconstruction=...: losses are compared"),
        ("epoch,loss\n1,2\n", (*VAE, "--set", "zdim=3"), "--set zdim=3: vae has no 'zdim'"),
        ("epoch,loss\n1,2\n", (*VAE, "--set", "latent_dim"), "a name, = and a value"),
        ("epoch,loss\n1,2\n", ("--family", "vea", *VAE[2:]), "--family vea: did you mean 'vae'?"),
        ("", VAE, "h.csv: row 1: no column names"),
    ],
)
def test_what_cannot_be_read_is_said_in_one_line_and_leaves_nothing(
    tmp_path: Path, text: str, options: tuple[str, ...], said: str
) -> None:
    line = took_in(tmp_path, text, *options, check=2)
    assert line.startswith("labkit: ")
    assert line.count("\n") == 1
    assert said in line
    assert not (tmp_path / "results").exists()
