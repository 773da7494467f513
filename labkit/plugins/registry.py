"""Register users' own Python files as entries of the catalog, withdraw them, run them.

What a file offers is found without running it (:mod:`labkit.plugins.parse`). `load` runs it
where cells are trained, and only if it is the user's own or was declared trusted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from types import ModuleType
from typing import Any

from labkit.catalog.building import GAN_NETWORKS, LOSSES, VAE_NETWORKS
from labkit.catalog.entries import LOADERS
from labkit.catalog.families import FAMILIES
from labkit.catalog.metrics import METRICS
from labkit.catalog.report import QUESTIONS
from labkit.errors import one_line
from labkit.plugins import parse as own_file
from labkit.plugins.parse import MAX_BYTES as MAX_BYTES
from labkit.plugins.parse import PREFIX as PREFIX
from labkit.plugins.parse import OwnCodeError as OwnCodeError
from labkit.plugins.parse import OwnFile as OwnFile
from labkit.plugins.parse import entries

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


def read(name: str, data: bytes) -> OwnFile:
    """:func:`labkit.plugins.parse.read`; a file that is known already may be read anew."""
    return own_file.read(name, data, _FILES)


def register(files: Iterable[OwnFile], run: bool = False) -> None:
    """Add the files' entries to the catalog of this process.

    Args:
        files: the user's files.
        run: whether they may be run too; those of somebody's submission may not.

    Raises:
        OwnCodeError: an entry has a wrong shape, or the name of one of labkit's own.
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
                raise OwnCodeError(
                    f"{file.name}.py: '{key}' is already one of {registry}; rename it"
                )
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
        if name in metric.families:
            others = tuple(family for family in metric.families if family != name)
            METRICS[key] = replace(metric, families=others)


def from_json(values: Sequence[Mapping[str, str]]) -> list[OwnFile]:
    """The files that a plan holds; anybody may have written it, so they are checked again.

    Raises:
        OwnCodeError: as `read`.
    """
    # A lone surrogate, which JSON can hold and UTF-8 cannot, becomes what no Python is.
    return [read(f"{v['name']}.py", v["source"].encode("utf-8", "replace")) for v in values]


def to_json(files: Iterable[OwnFile]) -> list[dict[str, str]]:
    return [{"name": file.name, "source": file.source} for file in files]


def source_of(target: str) -> str | None:
    """The source behind ``own/my_gan:generator``, or None where a target is labkit's own."""
    name = target.partition(":")[0].removeprefix(PREFIX)
    return _FILES[name].source if target.startswith(PREFIX) else None


def load(name: str) -> ModuleType:
    """Run a user's file and return it as a module; once a process.

    Raises:
        OwnCodeError: it may not be run (see `register`), or running it raised; the line says
            where and what.
    """
    if name not in _RUNNABLE:
        raise OwnCodeError(f"{name}.py: somebody else's code is not run unless it is trusted")
    if name not in _MODULES:
        module = ModuleType(f"own_{name}")
        module.__file__ = f"{name}.py"
        try:
            exec(compile(_FILES[name].source, f"{name}.py", "exec"), module.__dict__)
        except Exception as error:
            where = place(error) or f"{name}.py:1:"
            raise OwnCodeError(f"{where} {one_line(error)}") from error
        _MODULES[name] = module
    return _MODULES[name]


def run_again() -> None:
    """Let each file be run anew by the next `load`, as in a process of its own."""
    _MODULES.clear()


LOADERS[PREFIX] = load


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
