"""What ``precision: auto`` is: decided by the machine a store is begun on, and kept there."""

from __future__ import annotations

import json
import stat
import sys
from collections.abc import Iterator
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from labkit import api
from labkit.cli import doctor
from labkit.experiment import precision
from labkit.experiment.grid import make_plan
from labkit.experiment.plan import Plan
from labkit.experiment.precision import decide, here
from labkit.experiment.reader import read_experiment
from labkit.experiment.starter import recipes
from labkit.reporting.build import render_report
from labkit.store.store import Store
from tests.builders.commands import TINY, typed
from tests.builders.plans import SMALL, fake_plan
from tests.builders.stores import write_store

AMD = (
    "processor : 0\nmodel name : AMD EPYC\nflags : fpu avx2 avx512f avx512_bf16\n\nprocessor : 1\n"
)
INTEL = "processor : 0\nflags\t\t: fpu avx2 avx512f amx_bf16 amx_tile\n"
ARM = "processor : 0\nFeatures : fp asimd bf16 sve\n"
OLD = "processor : 0\nmodel name : with bf16 in its name\nflags : fpu avx2 avx512f\n"


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An x86 processor without bf16 and no card, where ``auto`` may be bf16; its cpuinfo."""
    file = tmp_path / "cpuinfo"
    file.write_text(OLD)
    monkeypatch.setattr(precision, "_CPUINFO", file)
    monkeypatch.setattr(precision, "LOSES_NOTHING", ("gan", "vae"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("LABKIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bin").mkdir()
    precision._cards.cache_clear()
    yield file
    precision._cards.cache_clear()


@pytest.fixture
def torch_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A torch made for CUDA; nothing of it is run."""
    (tmp_path / "version.py").write_text("__version__ = '2'\ncuda: Optional[str] = '12.4'\n")
    found = ModuleSpec("torch", None, origin=str(tmp_path / "__init__.py"))
    monkeypatch.setattr(precision, "find_spec", lambda name: found)
    return str(tmp_path / "version.py")


def card(machine: Path, said: str, status: int = 0) -> None:
    """A program that answers for the driver."""
    program = machine.parent / "bin" / "nvidia-smi"
    program.write_text(f"#!{sys.executable}\nprint({said!r})\nraise SystemExit({status})\n")
    program.chmod(program.stat().st_mode | stat.S_IEXEC)


@pytest.mark.parametrize(
    ("cpuinfo", "found"),
    [(AMD, "bf16"), (INTEL, "bf16"), (ARM, "bf16"), (OLD, "fp32"), ("", "fp32"), (None, "fp32")],
)
def test_the_processor_decides(machine: Path, cpuinfo: str | None, found: str) -> None:
    machine.unlink()
    if cpuinfo is not None:
        machine.write_text(cpuinfo)
    assert here() == here("cpu") == (found, "processor" if found == "bf16" else "neither")
    assert here("cuda")[0] == here("mps")[0] == "fp32"


def test_a_run_with_a_family_that_was_not_tried_is_fp32(machine: Path) -> None:
    """One for the whole run, so that its families can be compared."""
    machine.write_text(AMD)
    assert decide("auto", None, "cpu", {"gan", "vae"}) == ("bf16", "processor")
    assert decide("auto", None, "cpu", {"gan", "flow"}) == ("fp32", "not shown")
    assert decide("bf16", None, "cpu", {"flow"}) == ("bf16", "")
    made = {
        r: make_plan(read_experiment(found.path), source="bundled")
        for r, found in recipes().items()
    }
    assert {c.precision for c in made["vae-vs-gan"].cells} == {"bf16"}
    assert {c.precision for c in made["gan-vae-flow"].cells} == {"fp32"}


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in for nvidia-smi is a script")
@pytest.mark.usefixtures("torch_for")
class TestCard:
    @pytest.mark.parametrize(
        ("said", "status", "found"),
        [
            ("9.0", 0, ("bf16", "card")),
            ("8.0\n8.9", 0, ("bf16", "card")),
            ("7.5", 0, ("fp32", "neither")),
            ("9.0\n7.5", 0, ("fp32", "neither")),
            ("[N/A]", 0, ("bf16", "processor")),
            ("", 0, ("bf16", "processor")),
            ("9.0", 9, ("bf16", "processor")),
        ],
    )
    def test_the_card_comes_before_the_processor(
        self, machine: Path, said: str, status: int, found: tuple[str, str]
    ) -> None:
        machine.write_text(AMD)
        card(machine, said, status)
        assert here() == found
        assert here("cuda:0") == (found if found[1] == "card" else ("fp32", "neither"))
        assert here("cpu") == ("bf16", "processor")

    def test_a_card_that_torch_cannot_use_is_none(
        self, machine: Path, torch_for: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        card(machine, "9.0")
        assert here() == ("bf16", "card")
        precision._cards.cache_clear()
        with monkeypatch.context() as patch:
            patch.setenv("CUDA_VISIBLE_DEVICES", "")
            assert here() == ("fp32", "neither")
        precision._cards.cache_clear()
        Path(torch_for).write_text("cuda: Optional[str] = None\n")
        assert here() == ("fp32", "neither")


def planned(store: str = "results", **asked: str) -> Plan:
    """The plan of a run into a store, which keeps it as a run does."""
    Path("experiments.yaml").write_text(TINY)
    options = api.RunOptions(results=store, **asked)  # type: ignore[arg-type]
    plan = api.prepare(options).plan
    Store(Path(store)).write_plan(plan)
    return plan


def arithmetic(plan: Plan) -> tuple[str, str | None]:
    (found,) = {cell.precision for cell in plan.cells}
    return found, plan.settings.get("precision_reason")


def test_a_store_keeps_what_it_was_begun_with(machine: Path) -> None:
    began_in_fp32 = planned("old")
    assert arithmetic(began_in_fp32) == ("fp32", "neither")
    machine.write_text(AMD)
    assert planned("old") == began_in_fp32
    began_in_bf16 = planned("new")
    assert arithmetic(began_in_bf16) == ("bf16", "processor")
    assert {c.fingerprint for c in began_in_bf16.cells}.isdisjoint(
        c.fingerprint for c in began_in_fp32.cells
    )
    machine.write_text(OLD)
    assert planned("new") == began_in_bf16
    assert arithmetic(planned("new", precision="fp32")) == ("fp32", None)


def test_a_store_of_before_there_was_a_reason_keeps_its_precision(machine: Path) -> None:
    assert arithmetic(planned(precision="fp32")) == ("fp32", None)
    machine.write_text(AMD)
    assert arithmetic(planned()) == arithmetic(planned()) == ("fp32", "earlier")


def test_a_remembered_plan_is_not_believed_about_another_machine(machine: Path) -> None:
    """The cache may be that of another machine with the same home."""
    assert arithmetic(planned("one"))[0] == "fp32"
    machine.write_text(AMD)
    assert arithmetic(planned("two"))[0] == "bf16"
    machine.write_text(OLD)
    assert arithmetic(planned("three"))[0] == "fp32"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "precision: bf16 (auto: the processor multiplies bf16 itself)"),
        (("--precision", "fp32"), "precision: fp32 (asked for)"),
    ],
)
def test_a_dry_run_says_which_and_why(
    tmp_path: Path, machine: Path, options: tuple[str, ...], said: str
) -> None:
    machine.write_text(AMD)
    Path("experiments.yaml").write_text(TINY)
    status, _, err = typed("run", "-n", *options, cwd=tmp_path)
    assert status == 0
    assert said in err.splitlines()


def test_doctor_says_which_and_why(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.write_text(AMD)
    probed = {"torch": "2", "cuda": "", "kind": "cpu", "instructions": "", "memory": 0, "mps": 0}
    monkeypatch.setattr(doctor, "_PROBE", f"print({json.dumps(probed)!r})")
    said = "auto is bf16 for GANs and VAEs (the processor multiplies bf16 itself)"
    assert list(doctor.torch())[-1].text == said


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"precision_reason": "neither"}, "fp32 (auto: nothing known to multiply bf16 itself)"),
        ({"precision_reason": ["damaged"]}, "fp32"),
    ],
)
def test_the_report_says_why(tmp_path: Path, settings: dict[str, object], said: str) -> None:
    store = write_store(tmp_path / "store", fake_plan(SMALL[:1], epochs=2, settings=settings))
    text = render_report(store.root, formats=["md"])["md"]["report.md"].decode()
    assert f"- **Arithmetic:** {said}\n" in text
