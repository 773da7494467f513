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

A class may stand for a function: ``Generator(z_dim)`` for ``generator(z_dim)``; arguments may
have other names for the same (:mod:`labkit.plugins.arguments`). What the file imports from files
beside it is part of it (:func:`gather`).
"""

import ast
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from inspect import Parameter
from typing import Any

from labkit.catalog.building import GAN_NETWORKS, REGISTRIES, VAE_NETWORKS
from labkit.catalog.entries import Family, GanNetworks, Loss, Metric, Param, Question, VaeNetworks
from labkit.catalog.families import FAMILIES
from labkit.catalog.metrics import METRICS
from labkit.errors import closest
from labkit.plugins.arguments import OPTIONAL, SHAPES, UnfitError, assigned, moved, of_definition
from labkit.plugins.files import Definition, OwnCodeError, OwnFile, dotted

#: How the catalog names a target in a user's file: ``own/my_gan:generator``.
PREFIX = "own/"
#: Columns of the table beside settings and metrics.
_COLUMNS = (
    "run", "family", "experiment", "dataset", "seed", "epochs", "batch_size", "best_epoch",
    "collapse", "status", "note",
)  # fmt: skip

#: Classes that have nothing of what is looked for; those of others may.
_BARE = {"Module", "Family", "Autoencoder", "object", "ABC", "Generic"}


def entries(file: OwnFile) -> dict[str, dict[str, Any]]:
    """What a file adds to each registry of the catalog; OwnCodeError for an unfit entry."""
    name, target = file.name, f"{PREFIX}{file.name}:"
    made: dict[str, dict[str, Any]] = defaultdict(dict)
    if file.helper:
        return made
    definitions = file.definitions()
    bound = _known(file, definitions)
    found = {part: definitions[own] for part, own in bound.items()}
    options = {part: _check(file, part, own, definitions) for part, own in bound.items()}
    lab1 = vars(GAN_NETWORKS["lab1"]) | vars(VAE_NETWORKS["lab1"])

    def place(part: str) -> str:
        return target + bound[part] if part in bound else str(lab1[part])

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
    made["families"] = _family(file, target, definitions)
    for called, node in definitions.items():
        if isinstance(node, ast.FunctionDef) and called.startswith("metric_"):
            _check(file, called, called, definitions)
            key = called.removeprefix("metric_")
            settings = {name for family in FAMILIES.values() for name in family.params}
            if not key or key in {*settings, *_COLUMNS}:
                raise file.error(node, f"'{called}': the table has another column of this name")
            text = (ast.get_docstring(node) or "a measure of the author's own").splitlines()[0]
            made["metrics"][key] = Metric(key.replace("_", " "), "", "quality", text, within=())
    made["questions"] = {
        key: Question(text, ()) for key, text in _literal(file, "QUESTIONS", dict).items()
    }
    return made


def check(files: Sequence[OwnFile], known: Collection[str] = ()) -> None:
    """OwnCodeError for a name that is taken, an entry of a wrong shape, a file of no use.

    Files are as `gather` returns them; those `known` by name may be read anew.
    """
    for file in files:
        taken = [key for key, registry in REGISTRIES.items() if file.name in registry]
        if taken and not file.helper and file.name not in known:
            name = file.name
            raise OwnCodeError(f"{name}.py: '{name}' is already one of {taken[0]}; rename the file")
        try:
            offers = any(entries(file).values())
        except RecursionError as error:
            raise OwnCodeError(f"{file.name}.py: classes too deep below each other") from error
        imported = any(file.name == used.name for other in files for used in other.used)
        if not (offers or file.helper or imported):
            names = ", ".join(f"{key}({', '.join(args)})" for key, args in SHAPES.items())
            why = f"nothing to use in it; expected one of {names}, class Model"
            raise OwnCodeError(f"{file.name}.py: {why}")


def _known(file: OwnFile, definitions: Mapping[str, Definition]) -> dict[str, str]:
    """Each known name and the name of what stands for it."""
    found: dict[str, str] = {}
    for own, node in definitions.items():
        if isinstance(node, ast.FunctionDef) and own in SHAPES:
            found[own] = own
        elif isinstance(node, ast.ClassDef) and own.lower() in SHAPES:
            found.setdefault(own.lower(), own)
    for each in file.tree.body:
        if isinstance(each, Definition) and each.name.lower() not in SHAPES:
            near = closest(each.name, SHAPES.keys() - found, 0.85)
            if near:
                right = near if isinstance(each, ast.FunctionDef) else near.title()
                raise file.error(each, f"'{each.name}': did you mean '{right}'?")
    return found


def _mixes(node: ast.AST) -> bool:
    """Whether a network seems to have batch norm."""
    names = (getattr(each, "attr", getattr(each, "id", "")) for each in ast.walk(node))
    return any(str(name).startswith("BatchNorm") for name in names)


def _check(
    file: OwnFile, entry: str, own: str, definitions: Mapping[str, Definition]
) -> tuple[str, ...]:
    """The optional arguments an entry takes; what cannot be called as it will be is refused."""
    node = definitions[own]
    at, given = _parameters(node, definitions)
    if given is None:
        return ()  # made by a class of others: the trial before training tells
    if at is node and isinstance(node, ast.ClassDef) and SHAPES[entry]:
        raise file.error(node, f"class {own} needs __init__(self, {SHAPES[entry][0]})")
    try:
        taken = assigned(entry, own, given)
    except UnfitError as error:
        raise file.error(at, str(error)) from None
    return tuple(name for name in OPTIONAL.get(entry, ()) if name in taken)


def _parameters(
    node: Definition, definitions: Mapping[str, Definition]
) -> tuple[ast.AST, list[Parameter] | None]:
    """What a function or class is called with, and where that stands; None: not in these files.

    A class without ``__init__`` has the one above it.
    """
    if isinstance(node, ast.FunctionDef):
        return node, of_definition(node.args)
    lines = {n.name: n for n in node.body if isinstance(n, ast.FunctionDef)}
    if start := lines.get("__init__"):
        whole = start.args.kwarg is None and start.args.vararg is None
        return start, of_definition(start.args, method=True) if whole else None
    if node.decorator_list:
        return node, None
    for above, others in _above(node, definitions):
        at, given = _parameters(above, others) if above else (node, None)
        if not isinstance(at, ast.ClassDef) or given is None:
            return at, given
    return node, []


def _above(
    node: ast.ClassDef, definitions: Mapping[str, Definition]
) -> Iterator[tuple[ast.ClassDef | None, dict[str, Definition]]]:
    """The classes a class is derived from, None for others', and what to look for theirs among."""
    others = {key: each for key, each in definitions.items() if each is not node}
    for base in node.bases:
        above = definitions.get(dotted(base))
        if isinstance(above, ast.ClassDef) and above is not node:
            yield above, others
        elif dotted(base).rpartition(".")[2] not in _BARE:
            yield None, others


def moved_in(file: OwnFile, own: str) -> dict[str, str]:
    """The arguments of an entry that are passed by name, and formerly were by place."""
    definitions = file.definitions()
    if own == "Model" or own not in definitions:
        return {}
    given = _parameters(definitions[own], definitions)[1]
    return moved(own if own.startswith("metric_") else own.lower(), given) if given else {}


def _family(file: OwnFile, target: str, definitions: Mapping[str, Definition]) -> dict[str, Family]:
    model = definitions.get("Model")
    if not isinstance(model, ast.ClassDef):
        return {}
    methods, others = _methods(model, definitions)
    for method in ("__init__", "step", "_decode"):
        if method not in methods and not others:
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


def _methods(model: ast.ClassDef, definitions: Mapping[str, Definition]) -> tuple[set[str], bool]:
    """A class's methods, inherited ones too, and whether it may have more, of others' classes."""
    methods, unseen = {n.name for n in model.body if isinstance(n, ast.FunctionDef)}, False
    for above, others in _above(model, definitions):
        more, hidden = _methods(above, others) if above else (set(), True)
        methods, unseen = methods | more, unseen or hidden
    return methods, unseen


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
