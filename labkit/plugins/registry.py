"""Register users' own Python files as entries of the catalog, withdraw them, run them.

What a file offers is found without running it (:mod:`labkit.plugins.parse`). `load` runs it
where cells are trained, and only if it is the user's own or was declared trusted.
"""

import builtins
import linecache
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from types import ModuleType, SimpleNamespace
from typing import Any

from labkit.catalog.building import GAN_NETWORKS, LOSSES, VAE_NETWORKS
from labkit.catalog.entries import LOADERS
from labkit.catalog.families import FAMILIES
from labkit.catalog.metrics import METRICS
from labkit.catalog.report import QUESTIONS
from labkit.errors import one_line
from labkit.plugins.arguments import UnfitError, calling
from labkit.plugins.files import MAX_BYTES as MAX_BYTES
from labkit.plugins.files import OwnCodeError as OwnCodeError
from labkit.plugins.files import OwnFile as OwnFile
from labkit.plugins.files import gather
from labkit.plugins.parse import PREFIX as PREFIX
from labkit.plugins.parse import check, entries, moved_in

#: What may differ when networks are tried twice: a cell keeps the key, `verify` prints the text.
TRAINING, SAMPLES, RESUMING = "training", "samples", "resuming"
ABOUT = {
    TRAINING: "its first training step differs when tried twice with one seed (the clock? a "
    "generator without a seed?)",
    SAMPLES: "its samples differ when drawn twice from the same weights (a generator of its own? "
    "a counter?)",
    RESUMING: "interrupted and resumed it would go on otherwise (it keeps something that no "
    "checkpoint holds: a generator of its own? a counter?)",
}
_REGISTRIES: dict[str, dict[str, Any]] = {
    "gan_networks": GAN_NETWORKS,
    "vae_networks": VAE_NETWORKS,
    "losses": LOSSES,
    "families": FAMILIES,
    "metrics": METRICS,
    "questions": QUESTIONS,
}
_FILES: dict[str, OwnFile] = {}
_MODULES: dict[str, ModuleType] = {}
_RUNNABLE: set[str] = set()
_ADDED: dict[str, list[tuple[str, str]]] = {}
_generation = 0


def read(named: Mapping[str, bytes], beside: Callable[[str], bytes]) -> tuple[OwnFile, ...]:
    """The user's files and their helpers, checked: :func:`labkit.plugins.files.gather`.

    Files that are known already may be read anew.
    """
    files = gather(named, beside)
    check(files, [name for name, file in _FILES.items() if not file.helper])
    return files


def register(files: Iterable[OwnFile], run: bool = False) -> None:
    """Add the entries of a user's files to the catalog of this process.

    They may be run too if `run` says so; those of somebody's submission may not. OwnCodeError
    where an entry has a wrong shape, or the name of one of labkit's own.
    """
    global _generation
    for file in files:
        if file.name in _RUNNABLE and not run:
            continue  # a stored plan's older text does not replace the user's file
        _withdraw(file.name)
        found = entries(file)
        added = [(registry, key) for registry, more in found.items() for key in more]
        for registry, key in added:
            if key in _REGISTRIES[registry]:
                why = f"'{key}' is already one of {registry}; rename it"
                raise OwnCodeError(f"{file.name}.py: {why}")
        if run:
            _RUNNABLE.add(file.name)
        _ADDED[file.name] = added
        for registry, more in found.items():
            _REGISTRIES[registry].update(more)
        for family in found["families"].values():
            for loss in dict.fromkeys(family.losses):
                owners = METRICS[loss].families
                METRICS[loss] = replace(METRICS[loss], families=(*owners, file.name))
        _FILES[file.name] = file
        _MODULES.pop(file.name, None)
        _generation += 1


def forget() -> None:
    """Take every user's entry out of the catalog again (for tests)."""
    global _generation
    if not (_FILES or _ADDED or _RUNNABLE):
        return  # the model of experiment files is costly to make again
    for name in list(_ADDED):
        _withdraw(name)
    _FILES.clear()
    _MODULES.clear()
    _RUNNABLE.clear()
    _generation += 1


def generation() -> int:
    """Return a number that grows each time the catalog's entries change."""
    return _generation


def _withdraw(name: str) -> None:
    """Take back what a file of this name added before."""
    for registry, key in _ADDED.pop(name, ()):
        _REGISTRIES[registry].pop(key, None)
    for key, metric in METRICS.items():
        others = tuple(family for family in metric.families if family != name)
        if others != metric.families:
            METRICS[key] = replace(metric, families=others)


def from_json(values: Sequence[Mapping[str, Any]]) -> tuple[OwnFile, ...]:
    """The files that a plan holds; anybody may have written it, so they are checked again."""
    # A lone surrogate, which JSON can hold and UTF-8 cannot, becomes what no Python is.
    held = {f"{v['name']}.py": v["source"].encode("utf-8", "replace") for v in values}
    helpers = {f"{v['name']}.py" for v in values if v.get("helper")}
    named = {name: data for name, data in held.items() if name not in helpers}
    return read(named, held.__getitem__)


def to_json(files: Iterable[OwnFile]) -> list[dict[str, Any]]:
    return [
        {"name": file.name, "source": file.source, **({"helper": True} if file.helper else {})}
        for file in files
    ]


def sources_of(target: str) -> dict[str, str]:
    """The sources behind ``own/my_gan:generator`` by module, what it imports among them.

    Empty where a target is labkit's own.
    """
    if not target.startswith(PREFIX):
        return {}
    file = _FILES[target.partition(":")[0].removeprefix(PREFIX)]
    return {f"{PREFIX}{each.name}": each.source for each in (file, *file.used)}


def moved_of(target: str) -> dict[str, str]:
    """The arguments that a target is now passed by name, and formerly was by their place."""
    module, _, own = target.partition(":")
    found = moved_in(_FILES[module.removeprefix(PREFIX)], own) if target.startswith(PREFIX) else {}
    return {f"{target}({name})": called for name, called in found.items()}


def load(name: str) -> ModuleType:
    """Run a user's file and return it as a module; once a process.

    OwnCodeError where it may not be run (see `register`), or says where and what it raised.
    """
    if name not in _RUNNABLE:
        raise OwnCodeError(f"{name}.py: somebody else's code is not run unless it is trusted")
    if name not in _MODULES:
        source, file = _FILES[name].source, f"{name}.py"
        module = ModuleType(f"own_{name}")
        module.__file__ = file
        own = {"__import__": partial(_import, _FILES[name]), "input": _asks}
        vars(module)["__builtins__"] = {**vars(builtins), **own}
        linecache.cache[file] = (len(source), None, source.splitlines(True), file)
        # Before it is run: what it defines looks itself up, and helpers may import each other.
        _MODULES[name] = sys.modules[module.__name__] = module
        try:
            with kept_going():
                exec(compile(source, file, "exec"), vars(module))
        except Exception as error:
            del _MODULES[name]
            if isinstance(error, OwnCodeError):
                raise
            where = place(error) or f"{file}:1:"
            raise OwnCodeError(f"{where} {one_line(error)}") from error
    return _MODULES[name]


def _import(
    file: OwnFile, name: str, given: Any = None, local: Any = None, names: Any = (), level: int = 0
) -> Any:
    """``import`` within a user's file: those beside it come first."""
    helpers = [each.name for each in file.used]
    if name in helpers:
        return load(name)
    if level == 1 and not name and set(names or ()) <= set(helpers):
        return SimpleNamespace(**{each: load(each) for each in names})
    return builtins.__import__(name, given, local, names, level)


def _asks(*_: object) -> str:
    raise SystemExit("it asks for input")


@contextmanager
def kept_going() -> Iterator[None]:
    """Run a user's code, which may neither end labkit nor read its command line.

    OwnCodeError where it tried to; the line says where, and the way out.
    """
    parse, argv = ArgumentParser.parse_known_args, sys.argv

    def refuse(self: Any, args: Any = None, namespace: Any = None) -> Any:
        if args is None:
            raise SystemExit("it parses arguments, and labkit has others")
        return parse(self, args, namespace)

    ArgumentParser.parse_known_args = refuse  # type: ignore[method-assign]
    sys.argv = argv[:1]
    try:
        yield
    except SystemExit as error:
        why = f": {error.code}" if isinstance(error.code, str) else ""
        raise OwnCodeError(
            f"{place(error)} the file ends the program (SystemExit{why}); keep parse_args, exit "
            'and training under `if __name__ == "__main__":`'
        ) from error
    finally:
        ArgumentParser.parse_known_args = parse  # type: ignore[method-assign]
        sys.argv = argv


class _Entries(ModuleType):
    """A user's file whose entries are called as labkit calls its own."""

    def __getattr__(self, own: str) -> Any:
        target = getattr(load(self.__name__), own)
        entry = own if own.startswith("metric_") else own.lower()
        if entry == "model":
            return target
        try:
            return calling(entry, target)
        except UnfitError as error:
            raise OwnCodeError(f"{self.__name__}.py: {error}") from None


def run_again() -> None:
    """Let each file be run anew by the next `load`, as in a process of its own."""
    for module in _MODULES.values():
        sys.modules.pop(module.__name__, None)
    _MODULES.clear()


LOADERS[PREFIX] = _Entries


def place(error: BaseException) -> str:
    """Where in a user's file an error came from, ``my_gan.py:12:``; empty if not there."""
    found, at = "", error.__traceback__
    while at:
        file = at.tb_frame.f_code.co_filename
        if file.removesuffix(".py") in _FILES:
            found = f"{file}:{at.tb_lineno}:"
        at = at.tb_next
    return found


def own_metrics() -> dict[str, str]:
    """A user's metrics: column to target."""
    return {
        key: f"{PREFIX}{file.name}:metric_{key}"
        for file in _FILES.values()
        for key in entries(file)["metrics"]
    }
