"""``summary.json``: what a report says of itself to a list of reports.

It lies beside every report, whatever its format, and holds its first pictures itself. Whoever
reads one takes it for anybody's file: types are checked, texts and pictures are small, and it
names no other file.
"""

from __future__ import annotations

import base64
import struct
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, FiniteFloat, ValidationError

from labkit.reporting.blocks import STATUSES, Report, pictures
from labkit.reporting.files import read, read_inside
from labkit.text.language import _

NAME = "summary.json"
FORMAT_VERSION: Final = 1
#: What a file may weigh, how many pictures it holds, and what one of them may weigh.
MOST_BYTES, PICTURES, PICTURE_BYTES = 2_500_000, 4, 400_000
_SIDE, _LETTERS = 4096, 500  # pixels; of a text
_DATA, _PNG = "data:image/png;base64,", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"


def _small_png(uri: str) -> str:
    """A data URI that is a PNG of few bytes and pixels; a ValueError if it is anything else."""
    if not uri.startswith(_DATA) or len(uri) > 2 * PICTURE_BYTES:
        raise ValueError("no small PNG as a data URI")
    data = base64.b64decode(uri.removeprefix(_DATA), validate=True)
    if not data.startswith(_PNG) or not 24 <= len(data) <= PICTURE_BYTES:
        raise ValueError("no small PNG")
    if max(struct.unpack(">II", data[16:24])) > _SIDE:
        raise ValueError(f"more than {_SIDE} pixels wide or high")
    return uri


Text = Annotated[str, Field(max_length=_LETTERS)]


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True)


class Shown(_Strict):
    """A picture of the report, the PNG itself as a data URI."""

    uri: Annotated[str, AfterValidator(_small_png)]
    alt: Text


class Lowest(_Strict):
    """The cell of the lowest proxy FID of a family on a data set."""

    family: Text
    dataset: Text
    run: Text
    proxy_fid: FiniteFloat


class Summary(_Strict):
    """What ``summary.json`` holds."""

    format_version: Literal[1]
    title: Text
    facts: tuple[tuple[Text, Text], ...] = Field(max_length=20)
    """Who, when and on what data, each with its label, as the report says it."""
    headline: Text  # what it found, in a line
    cells: dict[Text, Annotated[int, Field(ge=0, le=1_000_000)]] = Field(max_length=10)
    """How many are done, failed, missing or trained."""
    best: tuple[Lowest, ...] = Field(max_length=100)
    pictures: tuple[Shown, ...] = Field(max_length=PICTURES)


def summary_of(report: Report) -> bytes:
    """The content of a report's ``summary.json``; a ReportError if a picture cannot be read."""
    states = Counter(chip.status for _group, chips in report.map for chip in chips)
    stated = Summary(
        format_version=FORMAT_VERSION,
        title=report.title[:_LETTERS],
        facts=tuple((a[:_LETTERS], b[:_LETTERS]) for a, b in report.byline if a != _("Cells")),
        headline=next((line.text for line in report.headlines), "")[:_LETTERS],
        cells={status: states[status] for status in STATUSES if states[status]},
        best=report.best,
        pictures=tuple(_shown(report)),
    )
    return (stated.model_dump_json(indent=1) + "\n").encode()


def _shown(report: Report) -> Iterator[Shown]:
    """The first pictures: of the first screen, or of the first section that has any."""
    places = [list(pictures(report.glance)), *(list(pictures([s])) for s in report.sections)]
    for picture in next(filter(None, places), [])[:PICTURES]:
        data = read(picture.source)
        if len(data) <= PICTURE_BYTES:
            uri = _DATA + base64.b64encode(data).decode()
            yield Shown(uri=uri, alt=picture.alt[:_LETTERS])


def read_summary(folder: Path) -> Summary | None:
    """Read the summary in a report's folder; None if it is missing or invalid."""
    data = read_inside(folder, NAME, MOST_BYTES)
    try:
        return None if data is None else Summary.model_validate_json(data)
    except ValidationError:
        return None
