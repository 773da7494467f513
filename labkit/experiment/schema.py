"""What may stand in an experiment file: pydantic models.

The settings of a family are not written here: :mod:`labkit.experiment.family_models` makes
them from the catalog.
"""

import hashlib
import re
from collections.abc import Collection
from typing import Annotated, Any, ClassVar, Literal, Self, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    GetCoreSchemaHandler,
    Tag,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError, core_schema

from labkit.catalog import DATASETS, FAMILIES, METRICS, QUESTIONS, own_question
from labkit.catalog.rules import objection
from labkit.errors import nearest
from labkit.experiment.precision import AUTO
from labkit.text.language import SOURCE, languages

NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
NAME_RULE = (
    "a name is 1 to 64 of the characters A-Z a-z 0-9 . _ - and begins with a letter or digit"
)
_WINDOWS = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)


def problem(message: str, *at: str | int) -> PydanticCustomError:
    """The error for a validator to raise, `at` a place below the value it looks at."""
    return PydanticCustomError("labkit", "{text}", {"text": message, "at": at})


def _among(word: str, allowed: Collection[str], wrong: str, *at: str | int) -> None:
    """Refuse a word that is not allowed; the message names the nearest that is."""
    if word not in allowed:
        raise problem(f"{wrong}; {nearest(word, allowed)}", *at)


#: The type of the error that `ONE_OF` raises.
CHOICE = "labkit_choice"


class _OneOf:
    """Checks a ``Literal`` so that the error names its values, not pydantic's words for them."""

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        allowed = get_args(source)

        def check(given: Any) -> Any:
            if given not in allowed:
                raise PydanticCustomError(CHOICE, "{allowed}", {"allowed": allowed})
            return given

        return core_schema.no_info_before_validator_function(check, handler(source))


ONE_OF = _OneOf()


def _usable(name: str) -> str:
    """Refuse names that match the pattern but that some file system does not allow."""
    if ".." in name or name.endswith("."):
        raise problem("a name has no '..' and does not end in '.'")
    if _WINDOWS.fullmatch(name):
        raise problem(f"'{name}' is a name Windows keeps for itself")
    return name


def _one_line(text: str) -> str:
    if "\n" in text or "\t" in text:
        raise problem("must be one line without tabs")
    return text.strip()


def distinct(levels: list[Any]) -> list[Any]:
    """Refuse a list with two equal values."""
    for i, level in enumerate(levels):
        if level in levels[:i]:
            raise problem(f"{level} is here twice", i)
    return levels


Name = Annotated[str, Field(pattern=NAME), AfterValidator(_usable)]
Line = Annotated[str, Field(max_length=200), AfterValidator(_one_line)]
Positive = Annotated[int, Field(ge=1, le=1_000_000)]
#: A single image has no batch statistics, so it cannot be a batch.
Several = Annotated[int, Field(ge=2, le=1_000_000)]
Seed = Annotated[int, Field(ge=0, lt=2**32)]
#: Tags of the two ways to give seeds; they appear in the paths of pydantic's errors.
SEED_KINDS = {"list": "[list]", "student": "[student]"}


class Section(BaseModel):
    """A mapping of the file in which every key is known and no type is guessed."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, defer_build=True)
    #: The family whose settings or axes these are, for saying where a foreign one belongs.
    settings_of: ClassVar[str] = ""

    @model_validator(mode="before")
    @classmethod
    def _known_keys(cls, given: Any) -> Any:
        for key in given if isinstance(given, dict) else ():
            if key not in cls.model_fields:
                owner = next((name for name, each in FAMILIES.items() if key in each.params), "")
                if cls.settings_of and owner:
                    raise problem(f"a setting of {owner}; {cls.settings_of} has no such thing", key)
                raise problem(f"unknown key; {nearest(key, cls.model_fields)}", key)
        return given


class Author(Section):
    """Who hands the report in."""

    name: Line = Field("", description="full name")
    id: Line = Field("", description="student number")
    group: Line = Field("", description="lab group")
    course: Line = Field("", description="course and term")


class Data(Section):
    """Which images are trained on."""

    source: Annotated[Literal["auto", "full", "bundled"], ONE_OF] = Field(
        "auto",
        description="full: all 60,000 training images; bundled: the first 10,000, part of "
        "labkit; auto: full if at hand or downloadable, else bundled",
    )
    limit: Several | None = Field(None, description="train on the first so many images only")


class Training(Section):
    """How long and in what steps every cell trains."""

    epochs: Positive = Field(10, description="passes over the training images")
    batch_size: Several = Field(128, description="images per step")
    snapshot_epochs: list[Positive] = Field(
        [1, 5, 10],
        min_length=1,
        description="epochs whose samples the report shows; the last is always shown",
    )


class TrainingOverride(Section):
    """Training settings of one experiment that differ from the file's."""

    epochs: Positive | None = Field(None, description="passes over the training images")
    batch_size: Several | None = Field(None, description="images per step")


class Evaluation(Section):
    """How many samples stand behind a number."""

    samples: Annotated[int, Field(ge=2, le=60_000)] = Field(
        10_000, description="samples of the best epoch, against the 10,000 test images"
    )
    selection_samples: Annotated[int, Field(ge=2, le=60_000)] = Field(
        5_000,
        description="samples each epoch, against the first 10,000 training images; "
        "the lowest proxy FID is the best epoch",
    )


class Report(Section):
    """How the report reads."""

    answers: Annotated[Literal["prose", "evidence", "off"], ONE_OF] = Field(
        "prose",
        description="what is computed under each question: sentences, numbers only, nothing",
    )
    layout: Annotated[Literal["full", "brief"], ONE_OF] = Field(
        "full", description="brief: two or three pages"
    )
    language: str | list[str] = Field(
        SOURCE, description="a language's code or several: each paragraph in each, e.g. [en, zh]"
    )
    performance: bool = Field(
        False, description="also a table of each loss's course, memory, diversity, convergence"
    )
    reference: bool = Field(
        True,
        description="judge few seeds by repeated trainings of the same kind that come with labkit",
    )
    questions: list[Line] = Field(
        default_factory=list,
        description="the questions to answer, by key or, a course's own, written out; empty: those "
        "the table suits",
    )

    @field_validator("language")
    @classmethod
    def _spoken(cls, language: str | list[str]) -> str | list[str]:
        for i, code in enumerate([language] if isinstance(language, str) else language):
            place = [] if isinstance(language, str) else [i]
            _among(code, languages(), f"no language '{code}'", *place)
        if not language:
            raise problem("at least one language")
        return language if isinstance(language, str) else distinct(language)


class Reference(Section):
    """A published number to hold this experiment's beside."""

    experiment: Name = Field(description="the experiment it is about")
    where: dict[str, Any] = Field(
        default_factory=dict, description="settings that pick its cells, e.g. {latent_dim: 2}"
    )
    metric: str = Field(description="what was measured: a column of metrics.csv")
    value: float = Field(allow_inf_nan=False, description="the published value")
    tolerance: Annotated[float, Field(gt=0, lt=1)] = Field(
        0.02, description="largest deviation that counts as reproduced, as a share of the value"
    )
    epochs: Positive = Field(description="after how many epochs")
    source: Line = Field(description="where it was published")


class Cluster(Section):
    """What SLURM is told of each cell's task; nothing here can change a result."""

    partition: Line = Field("", description="where the tasks run")
    time: Line = Field("", description="their limit, as sbatch has it; else by the estimates")
    gres: Line = Field("", description="what else a task needs, e.g. gpu:1")
    extra: Line = Field("", description="more options of sbatch, as on a command line")


class BlockPatch(Section):
    """What a profile changes in an experiment."""

    family: str | None = Field(None, description="kind of model")
    grid: dict[str, Any] | None = Field(None, description="axes that replace the file's")
    params: dict[str, Any] | None = Field(None, description="settings that replace the file's")
    training: TrainingOverride | None = Field(None, description="as in an experiment")


class Block(Section):
    """An experiment: a family and a grid. Made for each family by `file_model`."""

    family: str
    grid: Any
    params: Any
    training: TrainingOverride = Field(
        default_factory=TrainingOverride,
        description="where this experiment differs from `training`",
    )

    @model_validator(mode="after")
    def _one_place_each_and_sensible(self) -> Self:
        axes, fixed = self.axes(), self.params.model_fields_set
        for key in axes:
            if key in fixed:
                raise problem("is also an axis of grid; keep one of the two", "params", key)
        if "dataset" not in axes and self.params.dataset is None:
            allowed = ", ".join(DATASETS)
            raise problem(f"required here or in params; allowed: {allowed}", "grid", "dataset")
        axes.pop("dataset", None)
        if found := objection(self.family, axes, self.settings(), {*axes, *fixed}):
            name, why = found
            raise problem(why, "grid" if name in axes else "params", name)
        return self

    def axes(self) -> dict[str, list[Any]]:
        """The axes of the grid with their levels, as in the file."""
        given: dict[str, list[Any]] = self.grid.model_dump(exclude_unset=True)
        return given

    def settings(self) -> dict[str, Any]:
        """Every setting that is not an axis, defaults filled in."""
        fixed: dict[str, Any] = self.params.model_dump()
        return {key: value for key, value in fixed.items() if key not in self.axes()}

    def resolved(self) -> dict[str, Any]:
        """The block as plain data, every setting either in ``grid`` or in ``params``."""
        fixed = {key: value for key, value in self.settings().items() if value is not None}
        training = self.training.model_dump(exclude_none=True)
        return {"family": self.family, "grid": self.axes(), "params": fixed, "training": training}


class Settings(Section):
    """What a file and a profile have in common."""

    title: Line = Field("", description="heading of the report")
    author: Author = Field(default_factory=Author, description="who hands it in")
    data: Data = Field(default_factory=Data, description="which images are trained on")
    seeds: Annotated[
        Annotated[
            list[Seed], Field(min_length=1), AfterValidator(distinct), Tag(SEED_KINDS["list"])
        ]
        | Annotated[Literal["student"], Tag(SEED_KINDS["student"])],
        Discriminator(lambda given: SEED_KINDS["student" if given == "student" else "list"]),
    ] = Field(
        [42],
        description="every cell is trained once per seed; student: one seed, derived from the "
        "lab's name and the author's group or id, so that equal numbers mean copying",
    )
    training: Training = Field(default_factory=Training, description="settings of every experiment")
    evaluation: Evaluation = Field(
        default_factory=Evaluation, description="samples behind each number"
    )
    precision: Annotated[Literal["auto", "fp32", "bf16"], ONE_OF] = Field(
        "auto", description=f"arithmetic of training; {AUTO}"
    )
    threads: Annotated[int, Field(ge=1, le=256)] = Field(
        1, description="CPU threads of one cell; cells run side by side, so 1 is fastest"
    )
    report: Report = Field(default_factory=Report, description="how the report reads")
    cluster: Cluster = Field(default_factory=Cluster, description="for `run --executor slurm`")
    code: Annotated[list[str], Field(max_length=20), AfterValidator(distinct)] = Field(
        default_factory=list,
        description="Python files of your own beside this file: networks, losses, families",
    )


class Profile(Settings):
    """Changes to the file, chosen by ``--profile``: maps merge, all else replaces."""

    experiments: dict[Name, BlockPatch] = Field(
        default_factory=dict, description="changes to experiments"
    )


class ExperimentFile(Settings):
    """A labkit experiment file: grids of small generative models and how to report them."""

    name: Name = Field(description="results go to results/<name>, the report to reports/<name>")
    experiments: dict[str, Any] = Field(description="blocks of a family and a grid each")
    references: list[Reference] = Field(
        default_factory=list, description="published values that the report compares with"
    )
    profiles: dict[Name, Profile] = Field(
        default_factory=dict, description="variants, chosen by --profile"
    )

    @model_validator(mode="after")
    def _all_named_is_known(self) -> Self:
        for i, key in enumerate(self.report.questions):
            if not own_question(key):
                _among(key, QUESTIONS, "no such question", "report", "questions", i)
        for i, each in enumerate(self.references):
            at = ("references", i)
            _among(each.experiment, self.experiments, "no such experiment", *at, "experiment")
            _among(each.metric, METRICS, "no such metric", *at, "metric")
            block = self.experiments[each.experiment]
            for key in each.where if isinstance(block, Block) else ():
                params = FAMILIES[block.family].params
                _among(key, params, "unknown setting", *at, "where", key)
        if self.seeds == "student" and not (self.author.group or self.author.id):
            raise problem("'student' needs author.group or author.id to derive a seed", "seeds")
        return self

    def seed_list(self) -> list[int]:
        """The seeds every cell is trained with.

        ``seeds: student`` gives one seed, which differs between groups: the first 31 bits of a
        SHA-256 of the lab's name and the author's group (or id if there is no group), without
        regard to case and outer spaces.
        """
        if self.seeds != "student":
            return self.seeds
        who = f"{self.name}\n{(self.author.group or self.author.id).strip().casefold()}"
        return [int.from_bytes(hashlib.sha256(who.encode()).digest()[:4]) >> 1]

    @field_validator("experiments", "profiles")
    @classmethod
    def _differ_in_more_than_case(cls, named: dict[str, Any]) -> dict[str, Any]:
        seen: dict[str, str] = {}
        for key in named:
            if (other := seen.setdefault(key.lower(), key)) != key:
                raise problem(f"differs from '{other}' only in case", key)
        return named
