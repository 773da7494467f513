"""`labkit join`: cells of several stores as one, through everything that can go wrong with them."""

from __future__ import annotations

import json
import os
import shutil
import signal
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from labkit.errors import LabkitError
from labkit.execution.status import survey
from labkit.handin.join import COMPARED, join
from labkit.handin.verify import verify
from labkit.store.commits import COMMIT, LIGHT, json_bytes, read_commit, signed
from labkit.store.file_names import HEAVY
from labkit.store.store import Store
from tests.builders import breakable, handins, stores
from tests.builders.commands import labkit, typed
from tests.builders.plans import SMALL, fake_plan

SEEDS = (42, 43, 44)
GAN = "MNIST_GAN_hinge_z64"


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    """Experiment files of one lab, each with a whole store of one seed."""
    with pytest.MonkeyPatch.context() as patch:
        stores.still(patch)
        folder = tmp_path_factory.mktemp("three")
        return {
            seed: handins.project(folder / str(seed), heavy=True, seeds=f"[{seed}]")
            for seed in SEEDS
        }


def root(file: Path) -> Path:
    return handins.store_of(file).root


def again(file: Path, target: Path) -> Path:
    """A copy of a store, to be changed."""
    return shutil.copytree(root(file), target)


def files(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(found)}


def refused(paths: list[Path], target: Path) -> str:
    """The line with which a join is refused; nothing may be left of it."""
    before = set(target.parent.iterdir())
    with pytest.raises(LabkitError) as caught:
        join(paths, target)
    assert set(target.parent.iterdir()) == before
    assert len(str(caught.value).splitlines()) == 1
    return str(caught.value)


def recommit(folder: Path, name: str, change: Callable[[Any], Any]) -> None:
    """Change a JSON file of a committed folder, as if it had been written so."""
    import hashlib

    data = json.dumps(change(json.loads((folder / name).read_bytes()))).encode()
    (folder / name).write_bytes(data)
    commit = read_commit(folder)
    commit["files"][name] = {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
    (folder / COMMIT).write_bytes(json_bytes(signed(commit)))


def with_plan(store: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    value = json.loads((store / "plan.json").read_bytes())
    change(value)
    (store / "plan.json").write_bytes(json_bytes(value))
    return store


# --------------------------------------------------------------------------- what fits


def test_seeds_of_three_stores_are_one_plan(three: dict[int, Path], tmp_path: Path) -> None:
    """A folder, a light hand-in and an unpacked one, by the command line, to every verb."""
    light = handins.handed_in(three[43], tmp_path / "light.zip", light=True)
    whole = handins.handed_in(three[44], tmp_path / "whole.zip")
    with zipfile.ZipFile(whole) as archive:
        archive.extractall(tmp_path / "unpacked")
    given = (root(three[42]), light, tmp_path / "unpacked")
    done = labkit("join", *given, "--as", "results/lab", cwd=tmp_path)
    assert done.stdout == "results/lab\n"
    assert "3 stores: 9 of 9 cells done; seeds 42, 43, 44" in done.stderr
    assert "cells that are light, without weights or samples: 3" in done.stderr

    store = Store(tmp_path / "results" / "lab")
    plan = store.plan()
    names = ["MNIST_GAN_hinge_z64", "MNIST_GAN_bce_z64", "MNIST_VAE_latent8"]
    assert [cell.name for cell in plan.cells] == [f"{n}_seed{s}" for n in names for s in SEEDS]
    assert (plan.name, plan.seeds, plan.settings["seeds"]) == ("lab", SEEDS, list(SEEDS))
    for spec in plan.cells:
        of = three[spec.seed]
        assert store.is_evaluated(spec, deep=True)
        assert bool(store.left_out(spec)) == (spec.seed == 43)
        theirs = next(
            c for c in handins.store_of(of).plan().cells if c.fingerprint == spec.fingerprint
        )
        kept = files(store.train_folder(spec))
        assert {n: d for n, d in kept.items() if n != LIGHT}.items() <= files(
            handins.store_of(of).train_folder(theirs)
        ).items()  # fmt: skip

    # The lab with these seeds, handed in: rung 2 holds, and the report has noise of its own.
    file = tmp_path / "experiments.yaml"
    file.write_text(three[42].read_text().replace("[42]", "[42, 43, 44]"))
    shutil.copy(three[42].parent / "answers.md", tmp_path)
    for verb in (["status"], ["report", "--format", "md"], ["submit"]):
        code, _out, err = typed(*verb, cwd=tmp_path)
        assert code == 0, err
    text = (tmp_path / "reports" / "lab" / "report.md").read_text("utf-8")
    assert "3 seeds (42, 43 and 44)" in text
    assert "one seed" not in text.partition("## ")[0]
    ladder = verify(tmp_path / "lab.zip", highest=2)
    assert handins.verdicts(ladder) == {1: "passed", 2: "passed"}, ladder.lines()
    code, out, _err = typed("compare", "results/lab", cwd=tmp_path)
    assert code == 0
    assert out.count("MNIST_VAE_latent8_seed") == 3


def test_partners_cells_are_one_grid(three: dict[int, Path], tmp_path: Path) -> None:
    """Two halves of a lab by two authors, whose files ask for other blocks."""
    halves = []
    for name, kept, author in (("a", "gan", "Ada"), ("b", "vae", "Bob")):
        store = again(three[42], tmp_path / name)

        def half(value: dict[str, Any], kept: str = kept, author: str = author) -> None:
            value["cells"] = [cell for cell in value["cells"] if cell["experiment"] == kept]
            value["settings"]["experiments"] = {kept: value["settings"]["experiments"][kept]}
            value["author"]["name"] = author

        halves.append(with_plan(store, half))
    join(halves, tmp_path / "both")
    plan, before = Store(tmp_path / "both").plan(), handins.store_of(three[42]).plan()
    assert plan.cells == before.cells
    assert plan.settings == before.settings
    assert (plan.author["name"], plan.author["group"]) == ("Ada, Bob", "A")


@pytest.mark.parametrize("light_first", [False, True])
def test_the_same_cell_twice_is_one_and_the_whole_one(
    three: dict[int, Path], tmp_path: Path, light_first: bool
) -> None:
    light = handins.handed_in(three[42], tmp_path / "light.zip", light=True)
    given = [light, root(three[42])] if light_first else [root(three[42]), light]
    said = "\n".join(join(given, tmp_path / "one"))
    assert f"cells of several stores, with the same bits: 3 (compared: {COMPARED})" in said
    assert "are light" not in said
    kept, before = files(tmp_path / "one"), files(root(three[42]))
    assert {
        name: data for name, data in kept.items() if name != "plan.json"
    }.items() <= before.items()
    assert sum(name.endswith(HEAVY) for name in kept) == 3 * 3


def test_cells_that_one_store_lacks_come_from_the_other(
    three: dict[int, Path], tmp_path: Path
) -> None:
    """Not run, failed, or not measured in the first, of the same plan."""
    first = Store(again(three[42], tmp_path / "first"))
    missing, failed, unmeasured = first.plan().cells
    shutil.rmtree(first.cell_folder(missing))
    shutil.rmtree(first.train_folder(failed))
    first.fail(first.begin(failed, "train"), failed, "train", "ValueError: bad luck", "")
    shutil.rmtree(first.eval_folder(unmeasured))
    join([first.root], tmp_path / "alone")
    states = [job.state for job in survey(first.plan(), Store(tmp_path / "alone"))]
    assert states == ["train", "failed", "measure"]
    join([first.root, root(three[42])], tmp_path / "both")
    both = Store(tmp_path / "both")
    assert all(both.is_evaluated(spec, deep=True) for spec in both.plan().cells)


def test_the_lab_sheets_number_is_kept_where_it_is_of_the_plans_first_gan(
    three: dict[int, Path], tmp_path: Path
) -> None:
    given = []
    for seed in (42, 43):
        store = Store(again(three[seed], tmp_path / str(seed)))
        plan = store.plan()
        for spec in plan.cells:
            gan = plan.sheet_gan(spec)
            attempt = store.begin(spec, "sheet")
            number = {"metrics": {"lab_sheet_fid": float(seed)}}
            (attempt.folder / "metrics.json").write_text(json.dumps(number))
            store.commit(attempt, spec, "sheet", gan)
        given.append(store.root)
    join(given, tmp_path / "whole")
    whole = Store(tmp_path / "whole")
    plan = whole.plan()
    found = {s.seed: whole.outcome(s, plan.sheet_gan(s)).metrics.get("lab_sheet_fid")  # type: ignore[union-attr]
             for s in plan.cells if s.family == "vae"}  # fmt: skip
    assert found == {42: 42.0, 43: None}
    # Whole cells can be given it; what is light stays as it is.
    assert {job.spec.seed: job.state for job in survey(plan, whole)} == {42: "done", 43: "measure"}
    for spec in plan.cells:
        (whole.eval_folder(spec) / "samples.npz").unlink()
        (whole.eval_folder(spec) / LIGHT).write_text('{"left_out": ["samples.npz"]}')
    assert {job.state for job in survey(plan, whole)} == {"done"}


def test_unlike_devices_are_joined_and_said(three: dict[int, Path], tmp_path: Path) -> None:
    other = Store(again(three[43], tmp_path / "gpu"))
    for spec in other.plan().cells:
        recommit(other.train_folder(spec), "environment.json",
                 lambda e: {**e, "numeric": {**e["numeric"], "device": "cuda"}})  # fmt: skip
    said = join([root(three[42]), other.root], tmp_path / "both")
    assert "trained in 2 numeric environments, as the report will say" in said
    code, *_ = typed("report", "both", "--format", "md", "-o", "report", cwd=tmp_path)
    assert code == 0
    text = (tmp_path / "report" / "report.md").read_text("utf-8")
    assert "trained on cpu and cuda, and not all on the same" in text.partition("\n## ")[0]


def test_other_measures_are_joined_and_said_and_ours_are_taken(
    three: dict[int, Path], tmp_path: Path
) -> None:
    """Cells that another release measured: an evaluation of its own fingerprint."""
    with pytest.MonkeyPatch.context() as patch:
        stores.still(patch)
        older = handins.store_of(three[43]).plan()
        cells = tuple(
            replace(cell, evaluation={**cell.evaluation, "code": "ab" * 32}) for cell in older.cells
        )
        stores.write_store(tmp_path / "older", replace(older, cells=cells), heavy=True)
    said = join([tmp_path / "older", root(three[42])], tmp_path / "both")
    assert "measured by 2 versions of the measures, as the report will say" in said
    typed("report", "both", "--format", "md", "-o", "report", cwd=tmp_path)
    text = (tmp_path / "report" / "report.md").read_text("utf-8")
    assert "measured by more than one version of labkit's measures" in text.partition("\n## ")[0]
    # The same cells, measured by this labkit as well: its measures are taken.
    join([tmp_path / "older", root(three[43])], tmp_path / "one")
    ours = {cell.fingerprint: cell.evaluation for cell in older.cells}
    plan = Store(tmp_path / "one").plan()
    assert {cell.fingerprint: cell.evaluation for cell in plan.cells} == ours


def test_a_store_of_an_earlier_release_is_joined(tmp_path: Path) -> None:
    old = Path(__file__).with_name("stores") / "0.1.0" / "store"
    said = join([shutil.copytree(old, tmp_path / "old")], tmp_path / "new")
    assert said[0] == "1 store: 2 of 3 cells done; seeds 42"
    new = Store(tmp_path / "new")
    assert [job.state for job in survey(new.plan(), new)] == ["done", "failed", "done"]


def import_(folder: Path, text: str, seed: int, results: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "h.csv").write_text(text)
    asked = ("--as", "mine", "--family", "gan", "--dataset", "MNIST", "--set", "loss=bce")
    where = ("--seed", seed, "--results", results)
    code, _out, err = typed("import", "h.csv", *asked, *where, cwd=folder)
    assert code == 0, err


def test_own_loops_of_two_machines_are_seeds_of_one(tmp_path: Path) -> None:
    history = "epoch,d_loss,g_loss\n1,1.2,0.8\n2,1.1,0.9\n"
    import_(tmp_path / "1", history, 1, "own")
    import_(tmp_path / "2", history, 2, "own")
    import_(tmp_path / "2", history.replace("1.1", "1.3"), 1, "other")
    code, _out, err = typed("join", "1/own", "2/own", "--as", "both", cwd=tmp_path)
    assert code == 0, err
    plan = Store(tmp_path / "both").plan()
    assert [cell.name for cell in plan.cells] == ["mine_seed1", "mine_seed2"]
    code, *_ = typed("report", "both", "--format", "md", "-o", "report", cwd=tmp_path)
    assert code == 0
    code, _out, err = typed("join", "1/own", "2/other", "--as", "x", cwd=tmp_path)
    assert code == 2
    assert "mine: is not the same in 1/own and in 2/other" in err


# --------------------------------------------------------------------------- what does not


def other_learning_rate(value: dict[str, Any]) -> None:
    for cell in value["cells"]:
        cell["params"]["lr"] = 0.001


def other_code(value: dict[str, Any]) -> None:
    for cell in value["cells"]:
        cell["code"] = "cd" * 32


def other_epochs(value: dict[str, Any]) -> None:
    for cell in value["cells"]:
        cell["training"]["epochs"] = 5


def other_features(value: dict[str, Any]) -> None:
    for cell in value["cells"]:
        cell["selection"]["features"] = cell["evaluation"]["features"] = "ef" * 32
        cell["name"] += "_x"  # told apart by name, measured by another network all the same


def longer(value: dict[str, Any]) -> None:
    other_epochs(value)
    value["settings"]["training"]["epochs"] = 5


def quick(value: dict[str, Any]) -> None:
    value["profile"] = "quick"


def later(value: dict[str, Any]) -> None:
    value["format_version"] = 2


def nobody(value: dict[str, Any]) -> None:
    value["author"]["name"] = 3


def no_settings(value: dict[str, Any]) -> None:
    value["settings"]["training"] = [2]


def outside(value: dict[str, Any]) -> None:
    value["cells"][0]["name"] = "../../outside"


@pytest.mark.parametrize("seed", [42, 43])
@pytest.mark.parametrize(
    ("change", "said"),
    [
        (other_learning_rate, "would have one name and are not alike: params.lr 0.0002 -> 0.001"),
        (other_code, "would have one name and are not alike: training code"),
        (other_epochs, "would have one name and are not alike: training.epochs 2 -> 5"),
        (other_features, "MNIST measured by unlike networks"),
        (longer, "do not fit together: settings.training.epochs 2 -> 5"),
        (quick, "do not fit together: settings.profile None -> quick"),
        (later, "plan.json: format 2; this labkit reads 1"),
        (nobody, "not a plan: a title, author, setting or epoch of another type"),
        (no_settings, "not a plan: a title, author, setting or epoch of another type"),
        (outside, "not a cell of this labkit: '../../outside'"),
    ],
)
def test_plans_that_do_not_fit(
    three: dict[int, Path], tmp_path: Path, change: Any, said: str, seed: int
) -> None:
    other = with_plan(again(three[seed], tmp_path / "other"), change)
    line = refused([root(three[42]), other], tmp_path / "both")
    assert said in line
    assert str(other) in line
    if "alike" in said:
        assert GAN in line
        assert str(root(three[42])) in line


def test_python_files_of_one_name_that_are_not_alike(
    three: dict[int, Path], tmp_path: Path
) -> None:
    source = "from torch import nn\n\n\ndef generator(z_dim):\n    return nn.Linear(z_dim, 784)\n"
    given = []
    for number, text in enumerate((source, source.replace("784", "28 * 28"))):
        own = [{"name": "mine", "source": text}]
        store = again(three[42], tmp_path / str(number))
        given.append(with_plan(store, lambda value, own=own: value["settings"].update(own=own)))
    line = refused(given, tmp_path / "both")
    assert line == f"mine.py of {given[0]} and of {given[1]} are not alike"
    join([given[0], root(three[43])], tmp_path / "one")
    assert Store(tmp_path / "one").plan().settings["own"] == [{"name": "mine", "source": source}]


def test_a_cell_with_other_bits_is_named_with_both_stores(
    three: dict[int, Path], tmp_path: Path
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        stores.still(patch)
        other = Store(again(three[42], tmp_path / "other"))
        spec = other.plan().cells[1]
        train = other.train_folder(spec)
        rows = [json.loads(line) for line in (train / "history.jsonl").read_text().splitlines()]
        attempt = other.begin(spec, "train")
        shutil.copytree(train, attempt.folder, dirs_exist_ok=True)
        # Another time is no other training; another loss is one.
        for change, fits in (("seconds", True), ("g_loss", False)):
            rows[-1][change] += 1e-9
            text = "".join(json.dumps(row) + "\n" for row in rows)
            (attempt.folder / "history.jsonl").write_text(text)
            shutil.rmtree(train, ignore_errors=True)
            shutil.copytree(attempt.folder, train)
            (train / COMMIT).unlink()
            from labkit.store.commits import seal

            seal(train, "train", spec.fingerprint)
            if fits:
                join([root(three[42]), other.root], tmp_path / "fits")
        line = refused([root(three[42]), other.root], tmp_path / "both")
    assert f"{spec.name}: is not the same in {root(three[42])} and in {other.root}" in line
    assert COMPARED in line


# --------------------------------------------------------------------------- damage


def test_damage_in_a_folder_is_named_and_nothing_is_written(
    three: dict[int, Path], tmp_path: Path
) -> None:
    tried = 0
    for name in files(root(three[42])):
        if not name.startswith("cells/"):
            continue
        store = again(three[42], tmp_path / "damaged")
        path, data = store / name, (store / name).read_bytes()
        for bad in (data[: len(data) // 2], bytes([data[0] ^ 1]) + data[1:]):
            about = path.stat()
            path.write_bytes(bad)
            os.utime(path, ns=(about.st_atime_ns, about.st_mtime_ns))  # without a trace
            line = refused([root(three[43]), store], tmp_path / "both")
            assert path.name in line, name
            assert str(store) in line
            tried += 1
        path.unlink()
        assert path.name in refused([store], tmp_path / "both")
        shutil.rmtree(store)
    assert tried > 50


def test_damage_in_a_zip_is_named_and_nothing_is_written(
    three: dict[int, Path], tmp_path: Path
) -> None:
    path = handins.handed_in(three[42], tmp_path / "lab.zip", light=True)
    whole, target, harmed = path.read_bytes(), tmp_path / "both", 0
    join([path], tmp_path / "sound")
    sound = files(tmp_path / "sound")
    for place in range(40):
        at = place * len(whole) // 40
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        said = ""
        try:
            join([path], target)
        except LabkitError as error:
            said = str(error)
        if said:
            assert str(path) in said
            assert not target.exists()
            harmed += 1
        else:  # a byte that nobody reads, such as one of a time
            assert files(target) == sound
            shutil.rmtree(target)
    assert harmed > 30
    path.write_bytes(whole[: len(whole) // 2])
    assert "not a ZIP file" in refused([path], tmp_path / "both")


def test_what_is_no_store_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes.txt").write_text("mine")
    for name in ("empty", "notes.txt", "nowhere"):
        code, _out, err = typed("join", name, "--as", "x", cwd=tmp_path)
        assert code == 2
        assert err.startswith(f"labkit: {name}: ")
        assert len(err.splitlines()) == 1
    assert not (tmp_path / "x").exists()


def test_a_strangers_cell_that_cannot_be_read_is_one_line(
    three: dict[int, Path], tmp_path: Path
) -> None:
    store = Store(again(three[42], tmp_path / "store"))
    spec = store.plan().cells[0]
    for name, value in (("environment.json", []), ("cost.json", 3), ("spec.json", None)):
        recommit(store.train_folder(spec), name, lambda _, value=value: value)
        if name != "spec.json":
            assert f"{spec.name}: cannot be read" in refused([store.root], tmp_path / "both")
        recommit(store.train_folder(spec), name, lambda _, name=name: json.loads(
            (handins.store_of(three[42]).train_folder(spec) / name).read_bytes()))  # fmt: skip
    join([store.root], tmp_path / "both")


# --------------------------------------------------------------------------- the target


def test_the_same_join_again_is_no_change_and_all_else_is_refused(
    three: dict[int, Path], tmp_path: Path
) -> None:
    given = [root(three[42]), root(three[43])]
    target = tmp_path / "both"
    target.mkdir()  # empty: as good as none
    join(given, target)
    before = {path: path.stat().st_mtime_ns for path in target.rglob("*")}
    assert join(given, target)[-1] == "it was so before"
    assert {path: path.stat().st_mtime_ns for path in target.rglob("*")} == before
    for other in (given[:1], [*given, root(three[44])], given[::-1]):
        assert "is there and is not these stores joined" in refused(other, target)
    for name, content in (("file", b"mine"), ("folder/notes.txt", b"mine")):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
        assert "is there" in refused(given, tmp_path / name.partition("/")[0])
        assert (tmp_path / name).read_bytes() == content
    # What was run in it since is no reason to refuse it.
    (target / "cells" / "more").mkdir()
    assert join(given, target)[-1] == "it was so before"


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and SIGKILL")
def test_killed_at_any_moment_it_is_there_as_a_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "temporary").mkdir()  # what is unpacked there is the system's to clear
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    for seed in (42, 43):
        plan = replace(fake_plan(SMALL[:1], epochs=1), seeds=(seed,))
        cells = tuple(replace(cell, seed=seed) for cell in plan.cells)
        stores.write_store(tmp_path / str(seed), replace(plan, cells=cells), heavy=True)
    given = [tmp_path / "42", tmp_path / "43"]
    (tmp_path / "counted").mkdir()
    kinds = list(operations(lambda: join(given, tmp_path / "counted" / "both")))
    expected = files(tmp_path / "counted" / "both")
    assert set(kinds) == set(breakable.PRIMITIVES)
    absent = 0
    for number in range(len(kinds)):
        target = tmp_path / f"killed{number}" / "both"
        target.parent.mkdir()
        with_kill(lambda target=target: join(given, target), number)
        if target.exists():
            assert files(target) == expected, f"killed before {kinds[number]} {number}"
        absent += not target.exists()
        join(given, target)
        assert files(target) == expected
        assert [path.name for path in target.parent.iterdir()] == ["both"]
    assert absent > len(kinds) - 5


def operations(work: Callable[[], Any]) -> Iterator[str]:
    kinds: list[str] = []

    def note(kind: str, real: Callable[..., None], args: tuple[Any, ...]) -> None:
        kinds.append(kind)
        real(*args)

    with breakable.disk(note):
        work()
    yield from kinds


def with_kill(work: Callable[[], Any], number: int) -> None:
    seen = 0

    def fate(kind: str, real: Callable[..., None], args: tuple[Any, ...]) -> None:
        nonlocal seen
        if seen == number:
            if kind == "write":
                args[0].write(args[1][: len(args[1]) // 2])
            os.kill(os.getpid(), signal.SIGKILL)
        seen += 1
        real(*args)

    def doomed() -> None:
        with breakable.disk(fate):
            work()

    assert breakable.in_a_child(doomed) == -signal.SIGKILL


def test_a_full_disk_leaves_nothing(three: dict[int, Path], tmp_path: Path) -> None:
    import errno

    def fate(kind: str, real: Callable[..., None], args: tuple[Any, ...]) -> None:
        if kind == "write" and len(args[1]) > 60_000:
            raise OSError(errno.ENOSPC, "full")
        real(*args)

    with breakable.disk(fate), pytest.raises(OSError, match="full") as caught:
        join([root(three[42])], tmp_path / "new" / "both")
    assert caught.value.filename
    assert list((tmp_path / "new").iterdir()) == []
