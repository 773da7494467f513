"""`labkit verify`: the instructor's ladder.

Each rung stands on the one below; one that failed ends the climb only where going on
would mean trusting what was just found to be wrong. Nothing of a hand-in is executed
unless the grader trusts it: templates are this labkit's, Python files of the author's
are parsed and not run, arrays are read without pickle.
"""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from labkit.errors import PlanError, UserError
from labkit.experiment.plan import matches
from labkit.experiment.reader import Experiment, parse_experiment
from labkit.handin import bag, content
from labkit.handin.container import ContainerError
from labkit.handin.content import EXPERIMENT, SUBMISSION
from labkit.handin.ladder import Asked, Ladder, Rung, Say, needing_room
from labkit.handin.unpack import Unpacked, unpack
from labkit.plugins import registry as own_code

_SMALL = 1 << 20


def verify(
    path: Path,
    *,
    rerun: int = 0,
    cells: str | None = None,
    highest: int | None = None,
    data_root: Path | None = None,
    trust_code: bool = False,
    say: Say = Asked.say,
    look: Callable[[Unpacked], None] | None = None,
    **chosen: Any,
) -> Ladder:
    """Climb the ladder with what `labkit submit` wrote, or the folder it was unpacked to.

    Args:
        rerun: how many cells to train again, chosen at random.
        cells: a glob on cell names: measure and train again only those.
        highest: stop after this rung; 3, or 4 with `rerun`, if None. Up to 2 needs no torch.
        trust_code: run the Python files of the author's own; they may do anything this
            user may. What this process knew of other such files is forgotten.
        say: told what is being done where it may take minutes.
        look: called with the hand-in once it is unpacked for the second rung.
        chosen: ``sample`` and ``chance`` of :class:`labkit.handin.ladder.Asked`.

    LabkitError where the file is no ZIP file or has several hand-ins in it, `cells` means none of
    its cells, or there is no room to look at it.
    """
    highest = highest or (4 if rerun else 3)
    rungs = [bottom := Rung(1)]
    own_code.forget()
    try:
        found = bag.find_bag(path, bottom.note)
        with closing(found.container):
            for line in bag.problems(found):
                bottom.fail(line)
            if changed := found.container.restored:
                bottom.note(
                    "only their line ends were changed (CRLF for LF), and are taken back: "
                    f"{len(changed)} files, {min(changed)} among them"
                )
            about, experiment = _head(found, trust_code)
            bottom.note(f"{len(found.payload)} files, SHA-256 of each compared")
            with needing_room(), TemporaryDirectory(prefix="labkit-verify-") as scratch:
                if highest >= 2:
                    rungs.append(second := Rung(2))
                    if unpacked := unpack(found, about, experiment, Path(scratch), second):
                        asked = Asked(rerun, cells, data_root, trust_code, say, **chosen)
                        rungs += _upper(unpacked, highest, asked, second)
                        if look is not None:
                            look(unpacked)
    except ContainerError as error:
        bottom.fail(str(error))
        return Ladder("", {}, [bottom])
    finally:
        own_code.forget()
    return Ladder(experiment.name, experiment.content.author.model_dump(), rungs)


def _upper(unpacked: Unpacked, highest: int, asked: Asked, second: Rung) -> list[Rung]:
    """The rungs above the second, which is climbed too; each is imported when it is climbed."""
    from labkit.handin import consistent

    consistent.check(unpacked, second)
    names = [spec.name for spec in unpacked.plan.cells]
    if asked.cells is not None and not any(matches(name, asked.cells) for name in names):
        raise UserError(f"--cells '{asked.cells}' matches no cell; there is {names[0]}, ...")
    rungs = []
    if highest >= 3:
        from labkit.handin import remeasure  # brings torch, as the next does

        rungs.append(remeasure.check(unpacked, asked))
    if highest >= 4:
        from labkit.handin import retrain

        rungs.append(retrain.check(unpacked, asked))
    return rungs


def _head(found: bag.Bag, trust: bool = False) -> tuple[dict[str, Any], Experiment]:
    """``submission.json`` and the experiment file; ContainerError where one is not such a file."""
    about = content.about(found)
    if "report_code" not in about:
        raise ContainerError("not a hand-in: the store.zip of a report")

    def beside(name: str) -> bytes:
        if name not in found:
            raise FileNotFoundError(name)
        return found.read(name, own_code.MAX_BYTES)

    try:
        text = found.read(EXPERIMENT, _SMALL).decode("utf-8-sig")
        experiment = parse_experiment(text, EXPERIMENT, about["profile"], beside=beside, run=trust)
    except UnicodeDecodeError as error:
        raise ContainerError(f"{EXPERIMENT}: not UTF-8") from error
    except PlanError as error:
        raise ContainerError(f"{EXPERIMENT}: {error}") from error
    if about["name"] != experiment.name:
        raise ContainerError(f"{SUBMISSION}: names another experiment than {EXPERIMENT}")
    return about, experiment
