"""The pydantic models of experiment files that are made from the catalog, and their JSON Schema.

The ``grid`` and ``params`` of a family follow from its catalog entry, so that a new setting is
allowed, checked and offered by an editor at once.
"""

from functools import lru_cache
from typing import Annotated, Any, Literal, Union

from pydantic import AfterValidator, Field, create_model

from labkit.catalog import DATASETS, FAMILIES, REGISTRIES, Family, Param
from labkit.experiment.schema import ONE_OF, Block, ExperimentFile, Name, Section, distinct
from labkit.plugins import registry as own_code

SCHEMA_NAME = "experiments.schema.json"


@lru_cache(maxsize=4)
def file_model(generation: int) -> type[ExperimentFile]:
    """The model of a whole file, with a block for each family of a generation of the catalog."""
    blocks = tuple(_block(key, family) for key, family in FAMILIES.items())
    block: Any = Annotated[Union[blocks], Field(discriminator="family")]  # noqa: UP007
    experiments: Any = Annotated[dict[Name, block], Field(min_length=1)]
    about = Field(description="each trains every combination of its grid")
    return create_model(
        "ExperimentFile",
        __base__=ExperimentFile,
        __doc__=ExperimentFile.__doc__,
        experiments=(experiments, about),
    )


def json_schema() -> dict[str, Any]:
    """The JSON Schema by which an editor checks and completes an experiment file."""
    schema = file_model(own_code.generation()).model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _block(key: str, family: Family) -> type[Block]:
    images: Any = Annotated[Literal[tuple(DATASETS)], ONE_OF]
    one = Field(None, description="the images, where it is not an axis of grid")
    params: dict[str, Any] = {"dataset": (images | None, one)}
    grid: dict[str, Any] = {"dataset": _axis(images, "the images")}
    for setting, param in family.params.items():
        about = f"{param.label}: {param.about}" if param.about else param.label
        kind = _kind(param)
        default = list(param.default) if isinstance(param.default, tuple) else param.default
        params[setting] = (kind, Field(default, description=about))
        grid[setting] = _axis(kind, about)
    name, of, lists = family.label, f"Settings of a {key}.", f"Axes of a {key}: lists."
    settings = create_model(f"{name}Params", __base__=Section, __doc__=of, **params)
    axes = create_model(f"{name}Grid", __base__=Section, __doc__=lists, **grid)
    settings.settings_of = axes.settings_of = key
    parts: dict[str, Any] = {
        "family": (Literal[key], Field(description=family.about)),
        "grid": (axes, Field(default_factory=axes, description="a list of levels for each axis")),
        "params": (settings, Field(default_factory=settings, description="the same for all cells")),
    }
    about = f"{name}: {family.about}."
    return create_model(f"{name}Block", __base__=Block, __doc__=about, **parts)


def _axis(kind: Any, about: str) -> Any:
    """An optional list of distinct levels."""
    levels = Annotated[list[kind], Field(min_length=1), AfterValidator(distinct)]
    return (levels, Field(default_factory=list, description=about))


def _kind(param: Param) -> Any:
    """The type of a setting, from its default, choices and limits."""
    if param.choices:
        return Annotated[Literal[tuple(REGISTRIES[param.choices])], ONE_OF]
    several = isinstance(param.default, tuple)
    number = type(param.default[0] if several else param.default)
    limits = {"ge": param.minimum, "gt": param.above, "lt": param.below}
    given: dict[str, Any] = {key: limit for key, limit in limits.items() if limit is not None}
    if number is float:
        given["allow_inf_nan"] = False
    kind: Any = Annotated[number, Field(**given)]
    size = len(param.default) if several else 0
    return Annotated[list[kind], Field(min_length=size, max_length=size)] if several else kind
