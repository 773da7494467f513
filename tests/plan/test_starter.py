"""`labkit init` writes a file that runs, and a schema that agrees with the reader."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from labkit.catalog import DATASETS, FAMILIES, LOSSES
from labkit.errors import PlanError
from labkit.experiment import starter
from labkit.experiment.family_models import SCHEMA_NAME, json_schema
from labkit.experiment.reader import parse_experiment, read_experiment
from labkit.experiment.starter import EDITOR_LINE, FILE_NAME, recipes, write_starter


@pytest.mark.parametrize("name", recipes())
def test_every_recipe_is_written_and_read(name: str, tmp_path: Path) -> None:
    file, schema = write_starter(tmp_path / "new" / "lab", name)
    assert (file.name, schema.name) == (FILE_NAME, SCHEMA_NAME)
    text = file.read_text("utf-8")
    assert text == EDITOR_LINE + recipes()[name].path.read_text("utf-8")
    assert read_experiment(file).content.title == recipes()[name].title != ""
    assert not list(complaints(yaml.safe_load(text), json.loads(schema.read_text("utf-8"))))


def test_lab1_is_the_projects_own_file() -> None:
    name, recipe = next(iter(recipes().items()))
    assert (name, recipe.path.name) == ("lab1", "experiments.yaml")


def test_in_a_wheel_lab1_lies_in_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(starter, "PACKAGE", tmp_path)
    assert recipes()["lab1"].path == tmp_path.parent / FILE_NAME
    (tmp_path / FILE_NAME).write_text("x", encoding="utf-8")
    assert recipes()["lab1"].path == tmp_path / FILE_NAME


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    mine = tmp_path / FILE_NAME
    mine.write_text("mine", encoding="utf-8")
    with pytest.raises(PlanError, match=r"experiments\.yaml: exists already; nothing was written"):
        write_starter(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [FILE_NAME]
    assert mine.read_text("utf-8") == "mine"


def test_mistakes_of_init(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match=r"^unknown recipe 'lab2'; did you mean 'lab1'\?$"):
        write_starter(tmp_path, "lab2")
    (tmp_path / "file").write_text("")
    with pytest.raises(PlanError, match=r"file.*: "):
        write_starter(tmp_path / "file" / "below")


# --- the schema


def test_every_key_is_described() -> None:
    schema = json_schema()
    for about in [schema, *schema["$defs"].values()]:
        for key, entry in about["properties"].items():
            assert entry.get("description"), f"{about['title']}.{key}"


def test_choices_come_from_the_catalog() -> None:
    grid = json_schema()["$defs"]["GANGrid"]["properties"]
    assert grid["loss"]["items"]["enum"] == list(LOSSES)
    assert grid["dataset"]["items"]["enum"] == list(DATASETS)
    for family in FAMILIES.values():
        block = json_schema()["$defs"][f"{family.label}Params"]["properties"]
        assert set(block) == {"dataset", *family.params}


BASE = "name: lab\nexperiments:\n  gan:\n    family: gan\n    grid: {dataset: [MNIST]}\n"


@pytest.mark.parametrize(
    "text",
    [
        "name: lab\n",
        BASE + "sedes: [1]\n",
        BASE + "seeds: []\n",
        BASE + "seeds: [-1]\n",
        BASE + "training: {epochs: 0}\n",
        BASE + "training: {epochs: [1]}\n",
        BASE + "data: {source: web}\n",
        BASE + "    params: {lr: 0}\n",
        BASE + "    params: {betas: [0.5]}\n",
        BASE + "    params: {betas: [0.5, 1.0]}\n",
        BASE + "    params: {loss: wassrstein}\n",
        BASE + "    params: {z_dim: true}\n",
        BASE + "profiles: {quick: {training: {epoch: 1}}}\n",
        BASE.replace("gan\n", "gann\n"),
        BASE.replace("[MNIST]", "MNIST"),
        BASE.replace("[MNIST]", "[]"),
        BASE.replace("name: lab", "name: ../lab"),
        "name: lab\nexperiments: {}\n",
    ],
)
def test_editor_and_reader_refuse_the_same(text: str) -> None:
    assert list(complaints(yaml.safe_load(text), json_schema()))
    with pytest.raises(PlanError):
        parse_experiment(text, "a.yaml")


def test_editor_and_reader_accept_the_same() -> None:
    assert not list(complaints(yaml.safe_load(BASE), json_schema()))
    assert parse_experiment(BASE, "a.yaml").name == "lab"


_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,), "array": (list,), "string": (str,), "null": (type(None),),
    "integer": (int,), "number": (int, float), "boolean": (bool,),
}  # fmt: skip
_KNOWN = {
    "$schema", "$defs", "$ref", "title", "description", "default", "discriminator", "type",
    "properties", "additionalProperties", "patternProperties", "required", "minProperties",
    "items", "minItems", "maxItems", "minimum", "maximum", "exclusiveMinimum",
    "exclusiveMaximum", "maxLength", "pattern", "enum", "const", "anyOf", "oneOf",
}  # fmt: skip


def complaints(
    value: Any, schema: dict[str, Any], root: dict[str, Any] | None = None
) -> Iterator[str]:
    """The few rules of JSON Schema that ours uses; a rule it does not know is an error."""
    root = root or schema
    assert set(schema) <= _KNOWN, set(schema) - _KNOWN
    if "$ref" in schema:
        yield from complaints(value, root["$defs"][schema["$ref"].split("/")[-1]], root)
    for key, wanted in (("anyOf", range(1, 9)), ("oneOf", range(1, 2))):
        if key in schema:
            fits = sum(not list(complaints(value, each, root)) for each in schema[key])
            if fits not in wanted:
                yield f"{value!r} fits {fits} of {key}"
    kind = schema.get("type")
    if kind and (
        not isinstance(value, _TYPES[kind]) or (kind != "boolean" and isinstance(value, bool))
    ):
        yield f"{value!r} is no {kind}"
        return
    if value not in schema.get("enum", [value]) or value != schema.get("const", value):
        yield f"{value!r} is none of the choices"
    if isinstance(value, str):
        if not re.search(schema.get("pattern", ""), value):
            yield f"{value!r} does not match"
        if len(value) > schema.get("maxLength", len(value)):
            yield f"{value!r} is too long"
    if isinstance(value, int | float):
        bounds = (
            value >= schema.get("minimum", value),
            value <= schema.get("maximum", value),
            value > schema.get("exclusiveMinimum", value - 1),
            value < schema.get("exclusiveMaximum", value + 1),
        )
        if not all(bounds):
            yield f"{value} is out of bounds"
    if isinstance(value, list):
        if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
            yield f"{len(value)} items"
        for item in value:
            yield from complaints(item, schema.get("items", {}), root)
    if isinstance(value, dict):
        yield from _object_complaints(value, schema, root)


def _object_complaints(
    value: dict[str, Any], schema: dict[str, Any], root: dict[str, Any]
) -> Iterator[str]:
    if len(value) < schema.get("minProperties", 0):
        yield "too few keys"
    yield from (f"{key} is missing" for key in schema.get("required", ()) if key not in value)
    for key, each in value.items():
        patterns = schema.get("patternProperties", {})
        inner = [rule for pattern, rule in patterns.items() if re.search(pattern, key)]
        if key in schema.get("properties", {}):
            inner.append(schema["properties"][key])
        if not inner and schema.get("additionalProperties") is False:
            yield f"{key} is unknown"
        for rule in inner:
            yield from complaints(each, rule, root)
