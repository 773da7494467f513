"""From a file's bytes to a checked `Experiment`, or a line that says what is wrong, and where.

experiments.yaml:12: experiments.gan.grid.los: unknown key; did you mean 'loss'?
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from labkit.catalog import FAMILIES, dataset_key
from labkit.errors import PlanError, behind, nearest, reason
from labkit.experiment import safe_yaml
from labkit.experiment.family_models import file_model
from labkit.experiment.safe_yaml import Node, Step
from labkit.experiment.schema import CHOICE, NAME_RULE, SEED_KINDS, Author, ExperimentFile, Settings
from labkit.plugins import registry as own_code
from labkit.plugins.registry import OwnCodeError, OwnFile


@dataclass(frozen=True)
class Experiment:
    """A checked experiment file with one profile merged in (or none)."""

    file: str  # The path of the file as the user gave it, for messages
    profile: str | None
    content: ExperimentFile
    tree: Node  # The same content with line numbers
    own: tuple[OwnFile, ...] = ()  # The user's own Python files

    @property
    def name(self) -> str:
        """The name of the folders of its results and report: ``lab1`` or ``lab1-quick``."""
        return f"{self.content.name}-{self.profile}" if self.profile else self.content.name

    def overrides(self) -> dict[str, Any]:
        """What a report takes from the current file rather than from the stored plan."""
        return {
            "title": self.content.title or self.content.name,
            "author": self.content.author.model_dump(),
            "report": self.content.report.model_dump(),
        }

    def error(self, path: Sequence[Step], message: str) -> PlanError:
        return mistake(self.file, self.tree, path, message)


def read_experiment(path: Path, profile: str | None = None) -> Experiment:
    """Read and check an experiment file and all its profiles, one merged in; no images are read.

    PlanError where the file cannot be read, is not valid, or has no such profile.
    """
    return parse_experiment(read_text(path, "labkit init"), str(path), profile)


def read_text(path: Path, maker: str) -> str:
    """The text of a user's YAML file; a PlanError names the command that writes one."""
    try:
        if path.is_dir():
            raise PlanError(f"{path}: is a folder, not a file")
        with path.open("rb") as stream:
            data = stream.read(safe_yaml.MAX_BYTES + 1)
    except FileNotFoundError as error:
        hint = f"; `{maker}` writes one" if path.suffix in (".yaml", ".yml") else ""
        raise PlanError(f"{path}: no such file{hint}") from error
    except OSError as error:
        raise PlanError(f"{path}: cannot be read: {reason(error)}") from error
    except ValueError as error:
        raise PlanError(f"{path}: no name a file can have") from error
    if len(data) > safe_yaml.MAX_BYTES:
        raise PlanError(f"{path}: larger than {safe_yaml.MAX_BYTES:,} bytes")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise PlanError(f"{path}:{line}: not UTF-8; save the file as UTF-8") from error
    return text


def parse_experiment(
    text: str,
    file: str,
    profile: str | None = None,
    beside: Callable[[str], bytes] | None = None,
    run: bool = True,
) -> Experiment:
    """Check the text of an experiment file, see :func:`read_experiment`.

    `beside` reads one of the user's own Python files, by default from the folder of `file`; with
    `run` they may be run, which those of a submission may not.
    """
    try:
        tree = safe_yaml.parse(text)
    except safe_yaml.YamlError as error:
        raise PlanError(f"{file}:{error.line}: {error}") from error
    if tree is None or tree.value is None:
        raise PlanError(f"{file}: the file is empty; `labkit init` writes one to start from")
    if not isinstance(tree.value, dict):
        raise PlanError(f"{file}:{tree.at}: expected keys and values, such as 'name: lab1'")
    beside = beside or (lambda name: (Path(file).parent / name).read_bytes())
    own = _own_code(file, tree, beside, run)
    chosen = Experiment(file, None, _validate(file, tree), tree, own)
    for name in chosen.content.profiles:
        patch = tree.value["profiles"].child(name)
        merged = tree.merged(patch) if patch else tree
        content = _validate(file, merged, patch, ("profiles", name))
        if name == profile:
            chosen = Experiment(file, profile, content, merged, own)
    if profile is not None and chosen.profile is None:
        known = chosen.content.profiles
        rest = nearest(profile, known) if known else "the file has none"
        raise PlanError(f"{file}: unknown profile '{profile}'; {rest}")
    return chosen


def _own_code(
    file: str, tree: Node, beside: Callable[[str], bytes], run: bool
) -> tuple[OwnFile, ...]:
    """Read and register the files under ``code``, whose entries the rest may use."""
    named = tree.child("code")
    names = [each.value for each in named.value] if named and isinstance(named.value, list) else []
    found: dict[str, bytes] = {}
    at: list[Step] = ["code"]
    try:
        for i, name in enumerate(names):
            at = ["code", i]
            if not isinstance(name, str) or Path(name).name != name:
                raise OwnCodeError(f"{name}: expected the name of a file beside {file}")
            found[name] = beside(name)
        at = ["code"]
        files = own_code.read(found, beside)
        own_code.register(files, run=run)
    except FileNotFoundError:
        raise mistake(file, tree, at, f"{name}: no such file beside {file}") from None
    except OSError as error:
        raise mistake(file, tree, at, f"{name}: {reason(error)}") from error
    except OwnCodeError as error:
        it = [i for i, each in enumerate(names) if str(error).startswith(f"{each}:")]
        raise mistake(file, tree, [*at[:1], *it[:1]], str(error)) from error
    return files


def _validate(
    file: str, tree: Node, patch: Node | None = None, prefix: tuple[Step, ...] = ()
) -> ExperimentFile:
    """Check a tree, with the profile `patch` merged in, against the model of experiment files.

    A PlanError names the first mistake, with `prefix` before its path if it is in the profile;
    unknown keys come first within a mapping.
    """
    try:
        return file_model(own_code.generation()).model_validate(_plain(tree))
    except ValidationError as invalid:
        found = [explain(dict(error)) for error in invalid.errors(include_url=False)]
        path, message = min(found, key=lambda each: tree.line(*each[0]))
    known = path if tree.has(*path) else path[:-1]  # a key that is missing stands nowhere
    in_patch = patch is not None and patch.has(*known)
    raise mistake(file, tree, path, message, prefix if in_patch else ())


def _plain(tree: Node) -> dict[str, Any]:
    """The tree as data, without empty sections and with texts as typed (``id: 007``)."""
    data: dict[str, Any] = tree.plain()
    sections = {*Settings.model_fields, "profiles"}
    data = {k: v for k, v in data.items() if v is not None or k not in sections}
    for path in [("name",), ("title",), *(("author", key) for key in Author.model_fields)]:
        node = tree.along(path)[-1]
        if tree.has(*path) and isinstance(node.value, bool | int | float | None):
            holder = data["author"] if len(path) > 1 else data
            holder[path[-1]] = "" if node.value is None else node.text
    return data


def mistake(
    file: str, tree: Node, path: Sequence[Step], message: str, prefix: Sequence[Step] = ()
) -> PlanError:
    """The error of a mistake at a path of the tree: file, line, key, and what is allowed.

    A profile's mistakes have the profile's place in the file as `prefix`.
    """
    where = "".join(f"[{s}]" if isinstance(s, int) else f".{s}" for s in [*prefix, *path])
    key, text = str(path[-1]) if path else "", tree.along(path)[-1].text
    alike = safe_yaml.look_alike(key + text)
    more = f" ({alike})" if alike else ""
    return PlanError(f"{file}:{tree.line(*path)}: {where.lstrip('.')}: {message}{more}")


def explain(error: Mapping[str, Any]) -> tuple[tuple[Step, ...], str]:
    """The path in the file of one of pydantic's errors, and the message for it."""
    path = [step for step in error["loc"] if step not in ("[key]", *SEED_KINDS.values())]
    if path[:1] == ["experiments"] and len(path) > 2 and path[2] in FAMILIES:
        del path[2]  # the family, by which pydantic chose the block's model
    context = error.get("ctx", {})
    if error["type"] in ("union_tag_invalid", "union_tag_not_found"):
        path.append("family")
    path += context.get("at", ())
    return tuple(path), _message(error, context, path)


def _message(error: Mapping[str, Any], context: Mapping[str, Any], path: Sequence[Step]) -> str:
    kind, value = error["type"], error["input"]
    if kind == "labkit":
        return str(context["text"])
    if kind in (CHOICE, "union_tag_invalid"):
        given = value if kind == CHOICE else value["family"]
        among = ", ".join(context.get("allowed", FAMILIES))
        if not isinstance(given, str):
            return f"expected one of {among}; got {_show(given)}"
        what = next(step for step in reversed(path) if isinstance(step, str))
        if what == "dataset" and dataset_key(given) != given:
            return f"unknown {what} '{given}'; did you mean '{dataset_key(given)}'?"
        return f"unknown {what} '{given}'; allowed: {among}"
    if kind == "too_short" and not value:
        return "must not be empty"
    if kind in _SAID:
        limits = {name: str(limit).removesuffix(".0") for name, limit in context.items()}
        families = ", ".join(FAMILIES)
        return _SAID[kind].format(got=_show(value), value=value, families=families, **limits)
    return f"{_show(value)} is not allowed here{behind('pydantic', error['msg'])}"


#: Messages by the type of pydantic's error, with the names of its limits.
_SAID = {
    "missing": "required",
    "union_tag_not_found": "required; allowed: {families}",
    "string_pattern_mismatch": "'{value}' is not allowed: " + NAME_RULE,
    "too_short": "expected {min_length} values, got {actual_length}",
    "too_long": "expected {max_length} values, got {actual_length}",
    "string_too_long": "longer than {max_length} characters",
    "int_type": "expected a whole number, got {got}",
    "float_type": "expected a number, got {got}",
    "finite_number": "expected a number, got {got}",
    "string_type": "expected text, got {got}",
    "bool_type": "expected true or false, got {got}",
    "list_type": "expected a list in [brackets], got {got}",
    "dict_type": "expected keys and values, got {got}",
    "model_type": "expected keys and values, got {got}",
    "model_attributes_type": "expected keys and values, got {got}",
    "greater_than": "must be greater than {gt}, got {got}",
    "greater_than_equal": "must be at least {ge}, got {got}",
    "less_than": "must be less than {lt}, got {got}",
    "less_than_equal": "must be at most {le}, got {got}",
}


def _show(value: object) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return "a list; a list is an axis only inside grid"
    if isinstance(value, dict):
        return "keys and values"
    return f"text '{value}'" if isinstance(value, str) else str(value)
