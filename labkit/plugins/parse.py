"""What a user's own Python file offers, found by reading it: ``code: [my_gan.py]``.

The file is read, never run: functions and classes of known names become entries named after
the file. So a report can be written without running anybody's code.

====================================  =======================================================
in ``my_gan.py``                      becomes
====================================  =======================================================
``generator(z_dim)``                  ``networks: my_gan`` of a GAN; what is missing of the
``discriminator()``                   pair is Lab 1's
``encoder(latent_dim)``               ``networks: my_gan`` of a VAE; the same
``decoder(latent_dim)``
``discriminator_loss(real, fake)``    ``loss: my_gan``; both are needed
``generator_loss(fake)``
``class Model``, ``PARAMS``,          ``family: my_gan``, a whole family of its own
``LOSSES``
``metric_NAME(samples, real)``        a column ``NAME`` of the results
``QUESTIONS = {"key": "text"}``       questions to answer in the report
====================================  =======================================================

A class may stand for a function: ``Generator(z_dim)`` for ``generator(z_dim)``.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from labkit.catalog.building import REGISTRIES
from labkit.catalog.entries import (
    Family,
    GanNetworks,
    Loss,
    Metric,
    Param,
    Question,
    VaeNetworks,
)
from labkit.catalog.families import FAMILIES
from labkit.catalog.metrics import METRICS
from labkit.errors import LabkitError, behind, closest
from labkit.store.atomic import with_unix_ends

#: How the catalog names a target in a user's file: ``own/my_gan:generator``.
PREFIX = "own/"
MAX_BYTES = 200_000
#: Columns of the table beside settings and metrics.
_COLUMNS = (
    "run", "family", "experiment", "dataset", "seed", "epochs", "batch_size", "best_epoch",
    "collapse", "status", "note",
)  # fmt: skip
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")

#: What each known name is called with.
SHAPES: dict[str, tuple[str, ...]] = {
    "generator": ("z_dim",),
    "discriminator": (),
    "encoder": ("latent_dim",),
    "decoder": ("latent_dim",),
    "discriminator_loss": ("real", "fake"),
    "generator_loss": ("fake",),
}
#: Arguments that may stand behind those, with a default.
_OPTIONAL = {
    "discriminator": ("norm", "channels"),
    "encoder": ("channels", "norm", "dropout"),
    "decoder": ("norm",),
}


class OwnCodeError(LabkitError):
    """What is wrong with a user's file, as one line that begins with its name."""


@dataclass(frozen=True)
class OwnFile:
    """A user's file: its name without ``.py``, and what it says."""

    name: str
    source: str

    @cached_property
    def tree(self) -> ast.Module:
        try:
            return ast.parse(self.source, f"{self.name}.py")
        except SyntaxError as error:
            raise OwnCodeError(
                f"{self.name}.py:{error.lineno or 1}: not valid Python{behind('Python', error.msg)}"
            ) from error
        except (ValueError, RecursionError, MemoryError) as error:
            raise OwnCodeError(
                f"{self.name}.py: cannot be read as Python{behind('Python', error)}"
            ) from error

    def error(self, node: ast.AST, message: str) -> OwnCodeError:
        return OwnCodeError(f"{self.name}.py:{getattr(node, 'lineno', 1)}: {message}")


def read(name: str, data: bytes, known: Collection[str] = ()) -> OwnFile:
    """A checked file of the user's.

    Args:
        name: the file's name, ``my_gan.py``.
        data: its bytes.
        known: names of files that are in the catalog already, and may be read anew.

    Raises:
        OwnCodeError: not Python, too large, no entry in it, an entry of the wrong shape.
    """
    stem = name.removesuffix(".py")
    if stem == name or not _NAME.fullmatch(stem):
        raise OwnCodeError(
            f"{name}: expected a name such as my_gan.py (letters, digits and _, beginning with "
            "a letter)"
        )
    taken = [key for key, registry in REGISTRIES.items() if stem in registry]
    if taken and stem not in known:
        raise OwnCodeError(f"{name}: '{stem}' is already one of {taken[0]}; rename the file")
    if len(data) > MAX_BYTES:
        raise OwnCodeError(f"{name}: larger than {MAX_BYTES:,} bytes")
    try:
        found = OwnFile(stem, with_unix_ends(data).decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise OwnCodeError(f"{name}: not UTF-8; save the file as UTF-8") from error
    if not any(entries(found).values()):
        names = ", ".join(f"{key}({', '.join(args)})" for key, args in SHAPES.items())
        raise OwnCodeError(f"{name}: nothing to use in it; expected one of {names}, class Model")
    return found


#: The registries of the catalog that a file can add to.
KINDS = ("gan_networks", "vae_networks", "losses", "families", "metrics", "questions")


def entries(file: OwnFile) -> dict[str, dict[str, Any]]:
    """What a file adds to each registry of the catalog.

    Raises:
        OwnCodeError: an entry has not the shape it must have.
    """
    found = _known(file)
    options = {name: _check(file, name, node) for name, node in found.items()}
    name, target = file.name, f"{PREFIX}{file.name}:"
    made: dict[str, dict[str, Any]] = {key: {} for key in KINDS}
    lab1 = "labkit.train.models.lab1:"

    def place(part: str) -> str:
        return target + found[part].name if part in found else lab1 + part

    about = f"{name}.py, of the author's own"
    if {"generator", "discriminator"} & found.keys():
        own = "discriminator" in found
        made["gan_networks"][name] = GanNetworks(
            name, place("generator"), place("discriminator"),
            "batch" if not own or _mixes(found["discriminator"]) else "none",
            about, "see the appendix",
            options["discriminator"] if own else ("norm", "channels"),
        )  # fmt: skip
    if {"encoder", "decoder"} & found.keys():
        made["vae_networks"][name] = VaeNetworks(
            name, place("encoder"), place("decoder"), about, "see the appendix",
            tuple(o for o in options.get("encoder", ("channels",)) if o == "channels"),
        )  # fmt: skip
    losses = {"discriminator_loss", "generator_loss"}
    if losses & found.keys():
        for part in losses - found.keys():
            raise OwnCodeError(f"{name}.py: {part}({', '.join(SHAPES[part])}) is missing")
        made["losses"][name] = Loss(
            name, f"{target}discriminator_loss", "see the appendix", "see the appendix", about,
            threshold=False,
        )  # fmt: skip
    made["families"] = _family(file, target)
    for node in file.tree.body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("metric_"):
            _arguments(file, node, node.args, ("samples", "real"), ())
            key = node.name.removeprefix("metric_")
            settings = {name for family in FAMILIES.values() for name in family.params}
            if not key or key in {*settings, *_COLUMNS}:
                raise file.error(node, f"'{node.name}': the table has another column of this name")
            text = (ast.get_docstring(node) or "a measure of the author's own").splitlines()[0]
            made["metrics"][key] = Metric(key.replace("_", " "), "", "quality", text, within=())
    made["questions"] = {
        key: Question(text, ()) for key, text in _literal(file, "QUESTIONS", dict).items()
    }
    return made


_Definition = ast.FunctionDef | ast.ClassDef


def _known(file: OwnFile) -> dict[str, _Definition]:
    """Each known name and what stands for it."""
    found: dict[str, _Definition] = {}
    for node in file.tree.body:
        if isinstance(node, ast.FunctionDef) and node.name in SHAPES:
            found[node.name] = node
        elif isinstance(node, ast.ClassDef) and node.name.lower() in SHAPES:
            found.setdefault(node.name.lower(), node)
    for node in file.tree.body:
        if isinstance(node, _Definition) and node.name.lower() not in SHAPES:
            near = closest(node.name, SHAPES.keys() - found, 0.85)
            if near:
                right = near if isinstance(node, ast.FunctionDef) else near.title()
                raise file.error(node, f"'{node.name}': did you mean '{right}'?")
    return found


def _mixes(node: ast.AST) -> bool:
    """Whether a network seems to have batch norm."""
    names = (getattr(each, "attr", getattr(each, "id", "")) for each in ast.walk(node))
    return any(str(name).startswith("BatchNorm") for name in names)


def _check(file: OwnFile, name: str, node: _Definition) -> tuple[str, ...]:
    """The optional arguments an entry takes."""
    if isinstance(node, ast.FunctionDef):
        return _arguments(file, node, node.args, SHAPES[name], _OPTIONAL.get(name, ()))
    start = next(
        (n for n in node.body if isinstance(n, ast.FunctionDef) and n.name == "__init__"), None
    )
    if start is None:
        if SHAPES[name]:
            raise file.error(node, f"class {node.name} needs __init__(self, {SHAPES[name][0]})")
        return ()
    arguments = ast.arguments(**{f: getattr(start.args, f) for f in start.args._fields})
    arguments.args = start.args.args[1:]
    return _arguments(file, start, arguments, SHAPES[name], _OPTIONAL.get(name, ()), node.name)


def _arguments(
    file: OwnFile,
    node: ast.FunctionDef,
    given: ast.arguments,
    expected: tuple[str, ...],
    optional: tuple[str, ...],
    shown: str = "",
) -> tuple[str, ...]:
    """Refuse a definition that cannot be called as it will be; its optional arguments."""
    names = [a.arg for a in (*given.posonlyargs, *given.args)]
    required = len(names) - len(given.defaults)
    enough = required <= len(expected) <= len(names) or given.vararg is not None
    keywords = [
        a.arg for a, d in zip(given.kwonlyargs, given.kw_defaults, strict=True) if d is None
    ]
    if not enough or keywords:
        wanted = f"{shown or node.name}({', '.join(expected)})"
        has = f"({', '.join((*names, *keywords))})"
        raise file.error(node, f"expected {wanted}, found {has}")
    more = {*names[len(expected) :], *(a.arg for a in given.kwonlyargs)}
    return tuple(name for name in optional if name in more)


def _family(file: OwnFile, target: str) -> dict[str, Family]:
    model = next(
        (n for n in file.tree.body if isinstance(n, ast.ClassDef) and n.name == "Model"), None
    )
    if model is None:
        return {}
    methods = {n.name for n in model.body if isinstance(n, ast.FunctionDef)}
    for method in ("__init__", "step", "_decode"):
        if method not in methods:
            raise file.error(model, f"class Model needs {method}")
    params = {}
    for key, value in _literal(file, "PARAMS", dict).items():
        if not isinstance(value, int | float | str) or isinstance(value, bool):
            raise file.error(model, f"PARAMS['{key}']: expected a number, got {value!r}")
        params[key] = Param(value, key.replace("_", " "), f"{key}{{}}")
    if not params:
        raise file.error(model, 'expected PARAMS = {"z_dim": 64, ...}: the settings of Model')
    losses = tuple(_literal(file, "LOSSES", list))
    known = [name for name, metric in METRICS.items() if metric.group == "losses"]
    if not losses or set(losses) - set(known):
        raise file.error(model, f"expected LOSSES = [...] with names among {', '.join(known)}")
    family = Family(
        file.name, f"{target}Model", f"{file.name}.py, a model of the author's own", params,
        tuple(params)[:2], losses, reconstructs="encode" in methods,
    )  # fmt: skip
    return {file.name: family}


#: What a constant of each kind is written as.
_WRITTEN = {dict: '{"name": ..., ...}', list: '["name", ...]'}


def _literal(file: OwnFile, name: str, kind: type[dict[str, Any]] | type[list[str]]) -> Any:
    """The value of a top-level ``NAME = {...}`` written out in full; empty if there is none."""
    for node in file.tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else []
        if any(isinstance(t, ast.Name) and t.id == name for t in targets):
            assert isinstance(node, ast.Assign)
            try:
                value = ast.literal_eval(node.value)
            except (ValueError, TypeError, RecursionError) as error:
                raise file.error(node, f"{name} must be written out, not computed") from error
            value = list(value) if kind is list and isinstance(value, tuple) else value
            texts = value.values() if name == "QUESTIONS" and isinstance(value, dict) else ()
            if not isinstance(value, kind) or not all(
                isinstance(each, str) for each in (*value, *texts)
            ):
                raise file.error(node, f"{name}: expected {name} = {_WRITTEN[kind]}")
            return value
    return kind()
