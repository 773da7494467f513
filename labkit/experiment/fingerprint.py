"""Which code made a result: hashes that change when the code's meaning does.

A version is the SHA-256 of a module's syntax tree without docstrings. So a changed comment or
layout re-runs nothing, and a changed number does. The files are read and never imported, so
torch is not needed.
"""

import ast
import hashlib
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from labkit.catalog import FAMILIES, REGISTRIES
from labkit.experiment.spec import OWN_CODE, CellSpec, sha256_of
from labkit.plugins import registry as own_code

PACKAGE = Path(__file__).parents[1]
#: Modules that every training uses.
BASIS = ("labkit.train.loop", "labkit.train.rng", "labkit.train.models.base")
#: Modules that were rewritten and compute the same bits; `scripts/same_bits.py` proves it first.
EQUIVALENT = Path(__file__).with_name("equivalent.json")


def training_code(family: str, params: Mapping[str, Any] | None = None) -> str:
    """The version of what trains a cell of `family`, see :func:`training_modules`."""
    modules = training_modules(family, params)
    version = _as_before({name: _module_hash(_path(name)) for name in modules})
    for target in targets(family, params):
        own = {name: source_hash(said) for name, said in own_code.sources_of(target).items()}
        version |= own | own_code.moved_of(target)
    return sha256_of(version)


def training_modules(family: str, params: Mapping[str, Any] | None = None) -> list[str]:
    """The modules whose code is part of a cell's fingerprint, sorted.

    They are :data:`BASIS`, the modules of the family and of the entries its settings (without
    `params`, its defaults) choose, and what all these import from ``labkit.train``; other packages
    belong to the numeric environment or to the evaluation. So new networks leave the cells of
    others alone.
    """
    chosen = [target.partition(":")[0] for target in targets(family, params)]
    found: set[str] = set()
    waiting = [*BASIS, *(name for name in chosen if name.startswith("labkit.train."))]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += _parsed(_path(name))[1]
    return sorted(found)


def targets(family: str, params: Mapping[str, Any] | None) -> list[str]:
    """Every ``module:function`` named by the family and by the entries its settings choose."""
    about = FAMILIES[family]
    chosen = {name: param.default for name, param in about.params.items()} | dict(params or {})
    named = {name: param.choices for name, param in about.params.items() if param.choices}
    entries = (REGISTRIES[choices][chosen[name]] for name, choices in named.items())
    fields = (value for entry in entries for value in vars(entry).values())
    return [v for v in (about.target, *fields) if isinstance(v, str) and ":" in v]


def own_files(spec: CellSpec) -> list[str]:
    """The user's own files that a cell is trained with, e.g. ``my_gan.py``."""
    made_of = targets(spec.family, spec.params) if spec.code != OWN_CODE else []
    own = {t.partition(":")[0] for t in made_of if t.startswith(own_code.PREFIX)}
    return sorted(f"{name.removeprefix(own_code.PREFIX)}.py" for name in own)


def evaluation_code() -> str:
    """The version of what measures a cell: labkit's code and the user's own metrics, if any."""
    own: dict[str, str] = {}
    for key, target in own_code.own_metrics().items():
        own[key], *_ = (sources := own_code.sources_of(target)).values()
        own |= dict(list(sources.items())[1:]) | own_code.moved_of(target)
    return sha256_of([measuring_code(), own]) if own else measuring_code()


@cache
def measuring_code() -> str:
    """The version of everything that measures a trained cell: all of ``labkit.measure``."""
    root = PACKAGE / "measure"
    paths = sorted(root.rglob("*.py"))
    version = {path.relative_to(root).as_posix(): _module_hash(path) for path in paths}
    return sha256_of(_as_before(version))


def _as_before(version: Mapping[str, str]) -> dict[str, str]:
    """Replace versions of modules that are proven to compute the same bits by the earlier ones."""
    found: dict[str, str] = {}
    for name, now in version.items():
        known = _equivalent().get(name, {})
        found |= known["was"] if known.get("now") == now else {name: now}
    return found


@cache
def _equivalent() -> dict[str, dict[str, Any]]:
    known: dict[str, dict[str, Any]] = json.loads(EQUIVALENT.read_bytes())
    return known


def source_hash(source: str) -> str:
    """SHA-256 (hex) of the syntax tree of Python source; SyntaxError where it is not Python."""
    return _hash(ast.parse(source))


def _hash(tree: ast.Module) -> str:
    return hashlib.sha256(_dump(tree).encode()).hexdigest()


def _module_hash(path: Path) -> str:
    return _parsed(path)[0]


@cache
def _parsed(path: Path) -> tuple[str, list[str]]:
    """A module's hash, and the modules of ``labkit.train`` it imports, by absolute name."""
    tree = ast.parse(path.read_bytes(), path.name)
    names: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    inside = (name for name in names if name.startswith("labkit.train."))
    return _hash(tree), [name for name in inside if _path(name).is_file()]


@cache
def _path(module: str) -> Path:
    """The file of a module of this package: ``labkit.train.loop`` -> ``train/loop.py``."""
    stem = PACKAGE.joinpath(*module.split(".")[1:])
    return stem / "__init__.py" if stem.is_dir() else stem.with_suffix(".py")


def _dump(node: object) -> str:
    """A syntax tree as text, without empty fields, which differ between Python versions."""
    if isinstance(node, ast.AST):
        fields = ((name, getattr(node, name, None)) for name in node._fields if name != "ctx")
        inside = ",".join(f"{k}={_dump(v)}" for k, v in fields if v is not None and v != [])
        return f"{type(node).__name__}({inside})"
    if isinstance(node, list):
        return f"[{','.join(_dump(item) for item in node if not _is_docstring(item))}]"
    return repr(node)


def _is_docstring(node: object) -> bool:
    """Whether a node is a bare string used as a statement, which does nothing."""
    bare = node.value if isinstance(node, ast.Expr) else None
    return isinstance(bare, ast.Constant) and isinstance(bare.value, str)
