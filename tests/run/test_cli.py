"""The real command line on a real, tiny experiment: one GAN, one VAE, two epochs."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import zipfile
from pathlib import Path

import pytest

from labkit.store.store import Store
from tests.builders.commands import TINY, labkit, project
from tests.builders.runs import another_run

#: Columns that depend on the clock and the machine.
MEASURED_BY_CLOCK = {"seconds", "images_per_s", "peak_memory_mb"}


@pytest.fixture(scope="module", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    os.environ["LABKIT_CACHE"] = str(tmp_path_factory.mktemp("cache"))
    os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose run is finished and reported."""
    folder = project(tmp_path_factory.mktemp("lab") / "done")
    labkit("run", "-j", "2", cwd=folder)
    labkit("report", "--format", "all", cwd=folder)
    return folder


def table(folder: Path) -> list[dict[str, str]]:
    with (folder / "reports" / "tiny" / "metrics.csv").open(newline="") as file:
        return [
            {k: v for k, v in row.items() if k not in MEASURED_BY_CLOCK}
            for row in csv.DictReader(file)
        ]


def test_everything_is_there(done: Path) -> None:
    rows = table(done)
    assert [row["run"] for row in rows] == ["MNIST_GAN_hinge_z64", "FashionMNIST_VAE_latent8"]
    assert {row["status"] for row in rows} == {"done"}
    assert all(float(row["proxy_fid"]) > 0 for row in rows)
    report = done / "reports" / "tiny"
    for name in ("report.md", "report.html"):
        text = (report / name).read_text()
        assert "MNIST_GAN_hinge_z64" in text
        assert "BUNDLED" in text.upper()
        assert "<b>lab</b>" not in text
    for name in (
        "gan_samples/MNIST_GAN_hinge_z64_epoch2.png",
        "vae_reconstructions/FashionMNIST_VAE_latent8_epoch2.png",
        "vae_samples/FashionMNIST_VAE_latent8_random.png",
        "vae_interpolations/FashionMNIST_VAE_latent8_interpolation.png",
    ):
        assert (report / name).stat().st_size > 100


def test_a_second_run_trains_nothing(done: Path) -> None:
    second = labkit("run", cwd=done)
    assert "2 of 2 cells done" in second.stderr
    assert "to train" not in second.stderr


def test_a_cell_at_work_in_another_run_is_waited_for_and_readers_do_not_wait(
    done: Path, tmp_path: Path
) -> None:
    store = Store(done / "results" / "tiny")
    busy = store.plan().cells[0]
    with another_run(store, busy) as process:
        labkit("run", cwd=done)
        labkit("status", cwd=done)
        labkit("report", "--format", "md", cwd=done)
        labkit("submit", "-o", str(tmp_path / "lab.zip"), cwd=done)
        threading.Timer(2.0, process.kill).start()
        forced = labkit("run", "--force", "--only", busy.name, cwd=done)
    assert f"{busy.name}: at work elsewhere (process {process.pid}, since 2" in forced.stderr
    assert "1 of 2 cells done" not in forced.stderr
    with zipfile.ZipFile(tmp_path / "lab.zip") as archive:
        assert not [name for name in archive.namelist() if store.locks.name in name]


def test_status_and_dry_run(done: Path) -> None:
    assert labkit("status", cwd=done).stdout.count(" done") >= 2
    dry = labkit("run", "-n", "--seeds", "2", cwd=done)
    assert dry.stdout.count("not trained yet") == 2
    changed = project(
        done.parent / "changed", TINY.replace("family: gan", "family: gan\n    params: {lr: 1e-3}")
    )
    shutil.copytree(done / "results", changed / "results")
    assert "params.lr 0.0002 -> 0.001" in labkit("run", "-n", cwd=changed).stdout


def test_compare_prints_the_table(done: Path) -> None:
    printed = list(csv.DictReader(labkit("compare", "--csv", cwd=done).stdout.splitlines()))
    assert [row["run"] for row in printed] == [row["run"] for row in table(done)]


def test_the_report_is_a_function_of_the_store(done: Path) -> None:
    before = {p: p.read_bytes() for p in sorted((done / "reports").rglob("*")) if p.is_file()}
    labkit("report", "--format", "all", cwd=done)
    assert {p: p.read_bytes() for p in before} == before


def test_a_report_leaves_nothing_of_an_earlier_one_behind(done: Path, tmp_path: Path) -> None:
    """Pictures of another layout go; what the user put into the folder stays."""
    out = tmp_path / "r"

    def rendered(*args: str) -> set[str]:
        labkit("report", "--format", "md", "-o", str(out), *args, cwd=done)
        return {p.relative_to(out).as_posix() for p in out.rglob("*.png")}

    full = rendered()
    (out / "plots" / "mine.png").write_bytes(b"mine")
    brief = rendered("--layout", "brief")
    assert brief - {"plots/mine.png"} < full
    assert "plots/mine.png" in brief
    assert set(re.findall(r"\]\(([\w./-]+\.png)\)", (out / "report.md").read_text())) == brief - {
        "plots/mine.png"
    }


def test_the_students_answers_stay(done: Path) -> None:
    answers = done / "answers.md"
    assert answers.exists()  # the first report wrote its headings
    text = answers.read_text()
    heading = next(line for line in text.splitlines() if "stability" in line)
    answers.write_text(text.replace(heading, f"{heading}\n\nMy own *considered* words.\n"))
    kept = answers.read_bytes()
    labkit("report", "--format", "html,md", cwd=done)
    assert answers.read_bytes() == kept
    assert "My own <em>considered</em> words." in (done / "reports/tiny/report.html").read_text()
    answers.write_text(text)


@pytest.mark.slow
def test_one_worker_or_two_the_same_numbers(done: Path) -> None:
    alone = project(done.parent / "alone")
    labkit("run", "-j", "1", cwd=alone)
    labkit("report", "--format", "md", cwd=alone)
    assert table(alone) == table(done)
    files = [
        {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in (folder / "results").rglob("*")
            if path.name in ("best.safetensors", "samples.npz", "metrics.json")
            or path.suffix == ".png"
        }
        for folder in (alone, done)
    ]
    assert files[0] == files[1]
    assert len(files[0]) > 10


@pytest.mark.slow
def test_killed_and_resumed_the_same_numbers(done: Path) -> None:
    folder = project(done.parent / "killed")
    process = subprocess.Popen(
        [sys.executable, "-m", "labkit", "run", "-j", "2"],
        cwd=folder, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    deadline = time.monotonic() + 120
    while not list(folder.glob("results/tiny/cells/*/attempt-train-*/history.jsonl")):
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert labkit("status", cwd=folder).stdout.count(" done") < 2
    labkit("run", "-j", "2", cwd=folder)
    labkit("report", "--format", "md", cwd=folder)
    assert table(folder) == table(done)


@pytest.mark.slow
def test_interrupted_says_how_to_go_on(done: Path) -> None:
    folder = project(done.parent / "interrupted", TINY.replace("epochs: 2", "epochs: 500"))
    for times in (1, 2):  # the second run goes on with what the first left
        started = time.time()
        process = subprocess.Popen(
            [sys.executable, "-m", "labkit", "run"], cwd=folder, stderr=subprocess.PIPE, text=True
        )
        while not busy(folder, started):
            assert time.time() < started + 120
            time.sleep(0.05)
        told = labkit("status", cwd=folder).stdout
        assert re.search(r"^\S+ +running  epoch \d+/500$", told, re.M), told
        for _ in range(times):
            process.send_signal(signal.SIGINT)
            time.sleep(0.1)
        _, said = process.communicate(timeout=5)
        assert process.returncode == 130
        assert "To go on: labkit run" in said
        assert "Traceback" not in said
        while "running" in labkit("status", cwd=folder).stdout:  # the workers are going, too
            assert time.time() < started + 120


def busy(folder: Path, since: float) -> bool:
    """Whether a worker has begun an epoch after this time."""
    beats = folder.glob("results/tiny/cells/*/attempt-train-*/heartbeat.json")
    told = [json.loads(path.read_text()) for path in beats]
    return any(beat["at"] > since and "epoch" in beat for beat in told)


def test_auto_does_not_change_its_mind(
    done: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LABKIT_DATA", str(tmp_path))  # where there is none
    folder = project(tmp_path / "auto", TINY.replace("source: bundled", "source: auto"))
    shutil.copytree(done / "results", folder / "results")
    plan = folder / "results" / "tiny" / "plan.json"
    content = json.loads(plan.read_text())
    plan.write_text(json.dumps({**content, "data_source": "full"}))
    run = labkit("run", "--no-download", cwd=folder, check=2)
    assert "--source full" in run.stderr
    assert len(run.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["run", "absent.yaml"], "absent.yaml: no such file"),
        (["run", "--executor", "clowd"], "--executor clowd"),
        (["run", "--source", "ful"], "did you mean 'full'"),
        (["run", "--seeds", "x"], "--seeds x"),
        (["run", "--device", "tpu"], "--device tpu: allowed: auto, cpu, cuda"),
        (["run", "--only", "nothing*"], "matches no cell"),
        (["report", "--results", "nowhere"], "nowhere: no results there"),
        (["report", "results/nowhere"], "results/nowhere: no results there"),
        (["report", "nowhere.zip"], "nowhere.zip: no such file\n"),
        (["report", "--format", "htlm"], "did you mean 'html'"),
        (["status", "--results", "nowhere"], "nowhere: no results there"),
        (["compare", "nowhere"], "nowhere: no such results folder or experiment file"),
        (["verify", "nowhere.zip"], "labkit: nowhere.zip: no such file or folder"),
        (["reflect", "experiments.yaml"], "row "),
        (["check"], "answers.md: no such file or folder"),
        (["check", "experiments.yaml"], "results/tiny: no results there"),
        (["evaluate", "nowhere.npz", "--dataset", "MNIST"], "nowhere.npz: cannot be read"),
        (["init", "--recipe", "lab2"], "lab2"),
        (["data", "fry"], "data fry"),
    ],
)
def test_mistakes_end_in_one_line(tmp_path: Path, args: list[str], said: str) -> None:
    run = labkit(*args, cwd=project(tmp_path), check=2)
    assert said in run.stderr
    assert len(run.stderr.strip().splitlines()) == 1
    assert run.stdout == ""


@pytest.mark.parametrize(
    "args",
    [["--help"], ["status"], ["report"], ["compare"], ["run"], ["run", "-n"], ["recipes"]],
    ids=" ".join,
)
def test_no_torch_where_none_is_needed(done: Path, args: list[str]) -> None:
    code = (
        "import sys; sys.argv = ['labkit', *sys.argv[1:]]\n"
        "from labkit.cli import main\n"
        "try: main()\n"
        "except SystemExit as end: assert not end.code, end.code\n"
        "print({'torch', 'filelock'} & sys.modules.keys(), file=sys.stderr)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code, *args], cwd=done, capture_output=True, text=True, check=True
    )
    assert ended.stderr.strip().splitlines()[-1] == "set()"


def test_help_is_immediate() -> None:
    """The list of verbs brings in nothing heavy, and no verb torch before it is at work."""
    code = (
        "import sys; from labkit.cli import VERBS, app, function\n"
        "app(['--help'], standalone_mode=False)\n"
        "heavy = {'torch', 'pandas', 'matplotlib', 'pydantic', 'numpy', 'labkit.catalog'}\n"
        "print(heavy & sys.modules.keys(), file=sys.stderr)\n"
        "called = [function(verb) for verb in VERBS]\n"
        "print({'torch', 'matplotlib'} & sys.modules.keys(), file=sys.stderr)"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stderr.split("\n") == ["set()", "set()", ""]


def test_readme_names_only_what_exists() -> None:
    """Every verb and flag in the README stands in ``--help``."""
    readme = (Path(__file__).parents[2] / "README.md").read_text()
    spans = re.findall(r"`(labkit [^`\n]+)`", readme) + re.findall(
        r"^ {4}(labkit .+)$", readme, re.M
    )
    spoken = [(span.split()[1], re.findall(r"(?<=\s)--?[a-z][\w-]*", span)) for span in spans]
    for row in re.findall(r"^\| `labkit .*$", readme, re.M):  # the table of verbs
        spoken.append((row.split()[2].strip("`"), re.findall(r"`(--?[\w-]+)`", row)))
    helped = {
        verb: labkit(verb, "--help", cwd=Path.cwd()).stdout for verb in {verb for verb, _ in spoken}
    }
    assert {"run", "report", "verify"} <= helped.keys()
    for verb, flags in spoken:
        for flag in flags:
            assert re.search(rf"(?<![\w-]){flag}(?![\w-])", helped[verb]), f"labkit {verb} {flag}"
