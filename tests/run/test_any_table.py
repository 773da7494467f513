"""Tables as people, spreadsheets and programs leave them: `labkit reflect`, as it is typed."""

from __future__ import annotations

from pathlib import Path

import pytest

from labkit import load
from tests.builders.commands import typed
from tests.builders.plans import SMALL, fake_plan
from tests.builders.stores import write_store

HEAD, A, B = "run,family,dataset,loss,z_dim,", "a,gan,MNIST,hinge,64,", "b,gan,MNIST,bce,64,"


def reflected(folder: Path, text: str) -> tuple[int, str]:
    """Status and words of `labkit reflect` for a table."""
    (folder / "m.csv").write_bytes(text.encode())
    code, said, error = typed("reflect", "m.csv", cwd=folder)
    return code, error or said


@pytest.mark.parametrize(
    "text",
    [
        "Run,Family,Data Set,Loss,Z-dim,Proxy_FID\n{a}12.5\n{b}14.1\n",
        "RUN,Model,data-set,loss,Z dimension,proxy FID ↓\n{a}12.5\n{b}14.1\n",
        "sep=;\n{head}proxy_fid\n{a}12.5\n{b}14.1\n",
        '"sep=;"\r\n{head}proxy_fid\r\n{a}12.5\r\n{b}14.1\r\n',
        ",{head}proxy_fid\n0,{a}12.5\n1,{b}14.1\n",
        "Unnamed: 0,{head}proxy_fid\n0,{a}12.5\n1,{b}14.1\n",
        "{head}proxy_fid,\n{a}12.5,\n{b}14.1,\n",
        "{head}proxy_fid,status\n{a}12.5,Done\n{b}14.1, DONE\n",
        '"",family,dataset,loss,z_dim,proxy_fid\n{a}12.5\n{b}14.1\n',
    ],
)
def test_a_table_is_read_however_its_columns_are_written(tmp_path: Path, text: str) -> None:
    made = text.format(head=HEAD, a=A, b=B)
    code, said = reflected(tmp_path, made.replace(",", ";") if "sep" in made else made)
    assert code == 0, said
    assert "on MNIST, hinge was ahead of BCE in the one pair (FID 12.5 against 14.1)" in said
    assert "Columns no claim uses" not in said


def test_true_and_false_are_one_and_zero_where_that_is_meant(tmp_path: Path) -> None:
    code, said = reflected(tmp_path, f"{HEAD}mode_collapse\n{A}False\n{B}True\n")
    assert code == 0
    assert "collapsed: BCE.\n" in said
    code, said = reflected(
        tmp_path, f"{HEAD}proxy_fid,collapse\n{A}1.5,False\n{B}2.5,not detected\n"
    )
    assert "Neither of the two GANs" in said
    code, said = reflected(tmp_path, f"{HEAD}proxy_fid\n{A}False\n")
    assert (code, "'False' is not a number" in said) == (2, True)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("family,dataset,Seed,proxy_fid\ngan,MNIST,1,2.5\ngan,MNIST,1,3.5\n",
         "row 3: the same family, data set, settings and seed as row 2; a column seed tells"),
        ("scenario,proxy_fid,precision,epsilon\nbase,1.5,0.4,\npoison,2.5,0.4,0.05\n",
         "row 3: the same family, data set, settings and seed as row 2; they differ in 'scenario', "
         "'epsilon', which labkit does not know"),
        ("Name,model,proxy_fid\nx,DCGAN,1.5\ny,WGAN,2.5\n", "differ in 'Name', 'model', which"),
        ("Run,fold,proxy_fid\na,1,1.5\na,2,2.5\n",
         "row 3, column Run: 'a' is also row 2; they differ in 'fold'"),
        ("run,seed,proxy_fid\na,1,1.5\na,2,2.5\n",
         "row 3, column run: 'a' is also row 2; give each row a name of its own, or none"),
        ("run,experiment,family,proxy_fid\na,x,gan,1.5\nb,y,gan,2.5\n", "differ in 'experiment'"),
        ("run,Epoch,d_loss\na,1,1.5\na,2,2.5\n",
         "row 1: with a column 'Epoch' this is a history; reflect takes a row a run"),
        (f"{HEAD}datset,proxy_fid\n{A}x,1.5\n".replace("dataset,", "").replace("MNIST,", ""),
         "row 1: column 'datset': did you mean 'dataset'?"),
        (f"{HEAD}Loss,proxy_fid\n{A}x,1.5\n", "row 1: columns 'loss' and 'Loss' are both loss"),
        (f"{HEAD}proxy_score\n{A}1.5\n", "no column is a metric of labkit's, such as"),
        (f"{HEAD}recall (%)\n{A}45\n", "column 'recall (%)': shares are from 0 to 1, in 'rec"),
        (f"{HEAD}Recall\n{A}45\n", "row 2, column Recall: '45' is no share, which are"),
        (f'{HEAD}kid\n{A}"1,234.5"\n', "column kid: '1,234.5' is not a number; write 1234.5"),
        (f"{HEAD}kid\n{A}1 234.5\n", "'1 234.5' is not a number; write 1234.5"),
        (f"{HEAD}kid\n{A}2 × 10⁻⁴\n", "write 0.0002"),
        (f"{HEAD}KID\n{A}12.5 ± 0.3\n",
         "column KID: '12.5 ± 0.3' is not a number; write 12.5, and a row for each seed"),
        (f"{HEAD}recall\n{A}45%\n", "'45%' is not a number; write 0.45"),
        (f'{HEAD}lr,kid\n{A}"0,0002",1.5\n', "column lr: '0,0002' is not a number; decimals"),
        (f"{HEAD}kid,status\n{A}1.5,finished\n", "column status: 'finished'; one of done, trained"),
        (f"sep=,\n{HEAD}kid\n{A}high\n", "row 3, column kid: 'high' is not a number"),
        (f"{HEAD}kid,\n{A}1.5,x\n", "row 1: column 7 has no name"),
        (f"{HEAD}kid\n{A}1.5,x\n", "row 2: 7 fields, but 6 column names"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_said_in_one_line_that_names_the_file(
    tmp_path: Path, text: str, said: str
) -> None:
    code, line = reflected(tmp_path, text)
    assert code == 2
    assert line.startswith("labkit: m.csv: ")
    assert said in line
    assert line.count("\n") == 1


def test_labkits_own_tables_are_read_back_or_known(tmp_path: Path) -> None:
    results = load(write_store(tmp_path / "small", fake_plan(SMALL, epochs=2)).root)
    results.table.to_csv(tmp_path / "table.csv")
    results.history.to_csv(tmp_path / "history.csv", index=False)
    code, said, _error = typed("reflect", "table.csv", cwd=tmp_path)
    assert (code, "Columns no claim uses" in said) == (0, False)
    code, _said, line = typed("reflect", "history.csv", cwd=tmp_path)
    assert code == 2
    assert line.startswith("labkit: history.csv: row 1: with a column 'epoch' this is a history")
