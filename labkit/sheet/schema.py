"""What may stand in a lab sheet: pydantic models. Its ``experiment`` is an experiment file."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, field_validator, model_validator

from labkit.catalog import FAMILIES, QUESTIONS, own_question
from labkit.errors import nearest
from labkit.experiment.schema import ONE_OF, Line, Section, problem

#: What else than a family's settings may be left to the students.
FREE = ("dataset", "epochs", "batch_size", "limit", "samples", "selection_samples")
#: ... and what is no setting of a cell: other seeds, more cells, other Python files.
WHOLE = ("seeds", "cells", "code")
Points = Annotated[float, Field(ge=0, le=1000, allow_inf_nan=False)]


def _question(text: str) -> str:
    if text not in QUESTIONS and not own_question(text):
        raise problem(f"no such question; {nearest(text, QUESTIONS)}; or write one of your own out")
    return text.strip()


class Asked(Section):
    """A question of the sheet."""

    ask: Annotated[Line, AfterValidator(_question)] = Field(
        description="a question's key, or a question of your own, written out"
    )
    points: Points = Field(0, description="most points the instructor gives for the answer")


class Between(Section):
    """The limits within which students choose a setting."""

    at_least: float | int | None = Field(None, description="the smallest value")
    at_most: float | int | None = Field(None, description="the largest value")

    def allows(self, value: Any) -> bool:
        """Whether a value is a number within the limits."""
        low, high = self.at_least, self.at_most
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return number and (low is None or value >= low) and (high is None or value <= high)


class AutomaticPoints(Section):
    """Points that follow from checks alone; none but these are ever proposed."""

    cells: Points = Field(0, description="for all cells of the sheet, done as it says; in part")
    rung_1: Points = Field(0, description="for each rung of `labkit verify` that passed")
    rung_2: Points = Field(0, description="")
    rung_3: Points = Field(0, description="")
    rung_4: Points = Field(0, description="")


class LabSheet(Section):
    """A lab sheet."""

    course: Line = Field("", description="course and term, for the students' reports")
    deadline: str = Field("", description="a time with its offset: 2026-12-18 23:59 +01:00")
    questions: list[Asked] = Field(default_factory=list, description="what is to be answered")
    points: AutomaticPoints = Field(default_factory=AutomaticPoints, description="by checks alone")
    vary: dict[str, Annotated[Literal["any"], ONE_OF] | list[Any] | Between] = Field(
        default_factory=dict, description="what students may choose, and how; all else is fixed"
    )
    layout: Annotated[Literal["full", "brief"], ONE_OF] = Field("full", description="of the report")
    answers: Annotated[Literal["prose", "evidence", "off"], ONE_OF] = Field(
        "prose", description="what labkit writes under a question in the students' reports"
    )
    experiment: dict[str, Any] = Field(description="as an experiment file")

    @field_validator("deadline")
    @classmethod
    def _a_moment(cls, text: str) -> str:
        if text:
            moment(text)
        return text

    @model_validator(mode="after")
    def _all_named_is_known(self) -> Self:
        settings = {name for family in FAMILIES.values() for name in family.params}
        for name in self.vary:
            if name not in (known := {*settings, *FREE, *WHOLE}):
                raise problem(f"no such setting; {nearest(name, sorted(known))}", "vary", name)
        asked = [each.ask for each in self.questions]
        for i, text in enumerate(asked):
            if text in asked[:i]:
                raise problem(f"“{text}” is here twice", "questions", i)
        for name in ("author", "report"):
            if name in self.experiment:
                where = "the student fills it in" if name == "author" else "`questions`, `layout` "
                where += "" if name == "author" else "and `answers` of the sheet are for that"
                raise problem(f"does not stand in a lab sheet: {where}", "experiment", name)
        return self


def moment(text: str) -> datetime:
    """The moment a deadline names, with its offset to UTC."""
    try:
        found = datetime.fromisoformat(text.replace(" +", "+").replace(" -", "-").strip())
    except ValueError:
        raise problem(f"'{text}' is no time like 2026-12-18 23:59 +01:00") from None
    if found.tzinfo is None:
        raise problem(f"'{text}' needs an offset to UTC: 2026-12-18 23:59 +01:00")
    return found
