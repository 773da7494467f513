"""What is wrong in an experiment file, in one line: file, line, key, and what is allowed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from labkit.catalog import FAMILIES
from labkit.errors import PlanError, behind
from labkit.experiment.safe_yaml import Node, Step
from labkit.experiment.schema import CHOICE, NAME_RULE, SEED_KINDS


def mistake(
    file: str, tree: Node, path: Sequence[Step], message: str, prefix: Sequence[Step] = ()
) -> PlanError:
    """The error of a mistake at a path of the tree: file, line, key, and what is allowed.

    A profile's mistakes have the profile's place in the file as `prefix`.
    """
    where = "".join(f"[{s}]" if isinstance(s, int) else f".{s}" for s in [*prefix, *path])
    return PlanError(f"{file}:{tree.line(*path)}: {where.lstrip('.')}: {message}")


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
    if kind == "union_tag_invalid":
        return _unknown(path, value["family"], FAMILIES)
    if kind == CHOICE:
        return _unknown(path, value, context["allowed"])
    if kind == "too_short" and not value:
        return "must not be empty"
    if kind in _SAID:
        limits = {name: str(limit).removesuffix(".0") for name, limit in context.items()}
        families = ", ".join(FAMILIES)
        return _SAID[kind].format(got=_show(value), value=value, families=families, **limits)
    return f"{_show(value)} is not allowed here{behind('pydantic', error['msg'])}"


def _unknown(path: Sequence[Step], value: object, allowed: Iterable[str]) -> str:
    among = ", ".join(allowed)
    if not isinstance(value, str):
        return f"expected one of {among}; got {_show(value)}"
    what = next(step for step in reversed(path) if isinstance(step, str))
    return f"unknown {what} '{value}'; allowed: {among}"


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
