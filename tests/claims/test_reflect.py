"""Any table of metrics: rounding kept, mistakes named by row and column."""

from __future__ import annotations

import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labkit.claims.claim import Claim
from labkit.claims.reflect import TableError, answers_to, parse_number, read
from tests.builders.tables import lab1

HEAD = "run,family,dataset,seed,loss,z_dim,proxy_fid\n"


def written(folder: Path, text: str) -> Path:
    path = folder / "metrics.csv"
    path.write_text(text, "utf-8")
    return path


def claim(path: Path, tail: str) -> Claim:
    return next(c for a in answers_to(read(path)) for c in a.claims if c.id.endswith(tail))


@pytest.mark.parametrize(
    ("bce", "shown", "level"),
    [("0.05", "tie", None), ("0.06", "tie", None), ("0.07", "yes", "hinge"), ("0.050", "tie", None),
     ("0.03", "yes", "bce")],
)  # fmt: skip
def test_values_are_compared_at_the_rounding_they_are_given_with(
    tmp_path: Path, bce: str, shown: str, level: str | None
) -> None:
    path = written(tmp_path, f"{HEAD}a,gan,MNIST,42,hinge,64,0.05\nb,gan,MNIST,42,bce,64,{bce}\n")
    found = claim(path, "contrast.gan.loss.proxy_fid.MNIST.hinge-bce")
    assert found.in_these_runs == shown
    if level:
        assert found.finding.ahead == level  # type: ignore[attr-defined]


def test_a_value_is_shown_as_it_was_typed(tmp_path: Path) -> None:
    path = written(tmp_path, f"{HEAD}a,gan,MNIST,42,hinge,64,0.05\nb,gan,MNIST,42,bce,64,0.11\n")
    assert "0.05 against 0.11" in claim(path, "contrast.gan.loss.proxy_fid.MNIST.hinge-bce").text


@pytest.mark.parametrize("zero", ["0", "0.0", "-0.0", "0e0"])
@pytest.mark.parametrize(("other", "shown"), [("0.0004", "yes"), ("0.4", "yes"), ("0.0", "tie")])
def test_a_zero_is_as_fine_as_its_column(tmp_path: Path, zero: str, other: str, shown: str) -> None:
    path = written(
        tmp_path, f"{HEAD}a,gan,MNIST,42,hinge,64,{zero}\nb,gan,MNIST,42,bce,64,{other}\n"
    )
    found = claim(path, "contrast.gan.loss.proxy_fid.MNIST.hinge-bce")
    assert found.in_these_runs == shown
    assert shown == "tie" or f"against {other}" in found.text


@given(st.integers(-9999, 9999), st.integers(0, 6))
@settings(deadline=None)
def test_rounding_is_half_a_unit_of_the_last_digit(units: int, decimals: int) -> None:
    text = str(Decimal(units).scaleb(-decimals))
    found = parse_number(text)
    assert found is not None
    assert found.value == float(text)
    assert found.half == pytest.approx(0.5 * 10.0**-decimals)


@pytest.mark.parametrize("text", ["", "  "])
def test_an_empty_field_is_not_measured(text: str) -> None:
    assert parse_number(text) is None


@pytest.mark.parametrize(
    "text", ["nan", "inf", "-Infinity", "abc", "0,05", "1e999", "1e101", "0x10", "--1"]
)
def test_anything_else_is_no_number(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        parse_number(text)


ROW = "a,gan,MNIST,42,hinge,64,0.05\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"{HEAD}{ROW}b,gan,MNIST,42,bce,64,high\n", "row 3, column proxy_fid: 'high' is not"),
        (f"{HEAD}{ROW}b,gan,MNIST,42,bce,64,nan\n", "row 3, column proxy_fid: 'nan' is not a "
         "number; leave it empty for not measured"),
        (f'{HEAD}{ROW}b,gan,MNIST,42,bce,64,"0,05"\n', "column proxy_fid: '0,05' is not a number; "
         "decimals take a point"),
        (f"{HEAD}{ROW}b,gan,MNIST,x,bce,64,0.1\n", "row 3, column seed: 'x' is not a whole number"),
        (f"{HEAD}{ROW}b,gan,MNIST,-1,bce,64,0.1\n", "row 3, column seed: '-1' is not"),
        (f"{HEAD}{ROW}{ROW}", "row 3, column run: 'a' is also row 2"),
        (f"{HEAD}{ROW}c{ROW[1:]}", "row 3, column run: the same family, data set, settings and "
         "seed as row 2"),
        (f"{HEAD}{ROW}b,gan,MNIST\n", "row 3: 3 fields, but 7 column names"),
        (f"{HEAD[:-1]},proxy_fid\n", "column proxy_fid is there twice"),
        (HEAD, "no rows"),
        ("", "no column names"),
        (f"{HEAD}b,gan,MNIST,1e999999999,bce,64,0.1\n", "row 2, column seed: '1e999999999' is not"),
        (f"{HEAD}{ROW}".replace(",", "\t"), "row 1: no column is a metric of labkit's"),
        ("run,status\na,broken\n", "row 2, column status: 'broken'; one of done, trained"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_line_that_names_its_place(
    tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(TableError) as caught:
        answers_to(read(written(tmp_path, text)))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_files_that_are_no_tables(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="no such file"):
        answers_to(read(tmp_path / "none.csv"))
    binary = tmp_path / "binary.csv"
    binary.write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(TableError, match="not UTF-8"):
        answers_to(read(binary))


def test_unknown_columns_are_kept_apart_and_change_nothing(tmp_path: Path) -> None:
    plain = f"{HEAD}{ROW}b,gan,MNIST,42,bce,64,0.11\n"
    lines = plain.splitlines()
    noted = "\n".join([f"{lines[0]},comment,my_score", f"{lines[1]},nice,1", f"{lines[2]},bad,2"])
    before = answers_to(read(written(tmp_path, plain)))
    after = read(written(tmp_path, noted + "\n"))
    assert after.unknown == ("comment", "my_score")
    assert [a.to_json() for a in before] == [
        a.to_json() for a in answers_to(read(tmp_path / "metrics.csv"))
    ]


def test_spelling_of_names_is_forgiven(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "run,family,dataset,loss,latent_dim,proxy_fid\n"
        "a,GAN,fashion mnist,Hinge,,0.05\n"
        "b,,Fashion-MNIST,,16,0.2\n",
    )
    found = read(path).cells
    assert [(c.family, c.dataset) for c in found] == [
        ("gan", "FashionMNIST"), ("vae", "FashionMNIST")
    ]  # fmt: skip
    assert found.rows[0].settings["loss"] == "hinge"


def test_semicolons_byte_order_mark_and_quoted_formulas(tmp_path: Path) -> None:
    path = tmp_path / "metrics.csv"
    path.write_bytes("\ufeffrun;family;proxy_fid\r\n'=a;gan;0.5\r\n".encode())
    assert [c.run for c in read(path).cells] == ["=a"]


def test_only_labkits_own_runs_get_a_command(tmp_path: Path) -> None:
    path = written(tmp_path, f"{HEAD}{ROW}b,gan,MNIST,42,bce,64,0.11\n")
    plan = claim(path, "contrast.gan.loss.proxy_fid.MNIST.hinge-bce").settle
    assert plan is not None
    assert plan.command == ""
    ours = (
        f"{HEAD}MNIST_GAN_hinge_z64,gan,MNIST,42,hinge,64,0.05\n"
        "MNIST_GAN_bce_z64,gan,MNIST,42,bce,64,0.11\n"
    )
    plan = claim(written(tmp_path, ours), "contrast.gan.loss.proxy_fid.MNIST.hinge-bce").settle
    assert plan is not None
    assert plan.command == "labkit run --seeds 3 --only 'MNIST_GAN_*_z64'"


def test_our_own_metrics_csv_reads_back_to_the_same_claims(tmp_path: Path) -> None:
    from tests.builders.tables import answer_questions

    frame = lab1(3)
    reals = frame.select_dtypes("float").columns
    frame[reals] = frame[reals] * (1 + 1e-7 / 3)  # digits as a run leaves them, not as people type
    path = tmp_path / "metrics.csv"
    frame.to_csv(path, index=False)
    ours = {c.id: c for a in answer_questions(frame) for c in a.claims}
    theirs = {c.id: c for a in answers_to(read(path)) for c in a.claims}
    assert ours.keys() == theirs.keys()
    for key, each in ours.items():
        assert theirs[key].in_these_runs == each.in_these_runs, key
        if each.finding.estimate is not None:
            assert theirs[key].finding.estimate == pytest.approx(each.finding.estimate)


def test_json_is_plain(tmp_path: Path) -> None:
    path = written(tmp_path, f"{HEAD}{ROW}b,gan,MNIST,42,bce,64,0.11\n")
    claims = [claim for answer in answers_to(read(path)) for claim in answer.claims]
    assert len(claims) > 3
    for each in claims:
        found = each.to_json()
        json.dumps(found, allow_nan=False)
        assert {
            "id", "question", "scope", "text", "verdict", "in_these_runs", "estimate",
            "interval", "unit", "n_seeds", "n_blocks", "rule", "numbers", "runs",
        } <= found.keys()  # fmt: skip


def test_reading_a_table_needs_neither_torch_nor_pandas(tmp_path: Path) -> None:
    path = written(tmp_path, f"{HEAD}{ROW}b,gan,MNIST,42,bce,64,0.11\n")
    code = (
        "import sys; from pathlib import Path; from labkit.claims.reflect import answers_to, read; "
        f"answers_to(read(Path({str(path)!r}))); "
        "print(sorted({'torch', 'pandas', 'matplotlib', 'scipy.stats'} & set(sys.modules)))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


@pytest.mark.parametrize(("judged_by", "steady"), [("10,000", True), ("2,000", False)])
def test_the_usual_number_of_samples_tells_how_much_a_rise_means(
    tmp_path: Path, judged_by: str, steady: bool
) -> None:
    """Lab 1 in full: rises of 0.09 and 0.18, where other samples alone can make 0.60."""
    text = (Path(__file__).parents[2] / "reports/showcase/lab1/metrics.csv").read_text("utf-8")
    path = written(tmp_path, text.replace("N=10,000", f"N={judged_by}"))
    (stability, *_) = answers_to(read(path))
    assert stability.point.text.startswith("In these runs, neither the loss nor the z") == steady
