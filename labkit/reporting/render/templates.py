"""Load the templates, with their escaping and translations."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labkit.reporting.files import ReportError
from labkit.reporting.render.prose import code_in_html, escape_markdown, start_of_block
from labkit.text.language import _, code, many
from labkit.text.numbers import slug

if TYPE_CHECKING:
    from jinja2 import Environment


@cache
def templates_folder() -> Path:
    """The folder of templates: inside an installed package, beside it in a source tree.

    Raises:
        ReportError: there is none.
    """
    package = Path(__file__).resolve().parents[2]
    for folder in (package / "templates", package.parent / "templates"):
        if (folder / "report.html.j2").is_file():
            return folder
    raise ReportError(f"{package / 'templates'}: the report's templates are missing")


@cache
def environment() -> Environment:
    """Return the Jinja2 environment: HTML is escaped, texts are translated."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(templates_folder()),
        undefined=StrictUndefined,
        autoescape=lambda name: bool(name) and ".html" in str(name),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.policies["json.dumps_kwargs"] = {"ensure_ascii": False, "separators": (",", ":")}
    environment.globals |= {"_": _, "many": many, "language": code}
    environment.filters |= {"md": escape_markdown, "start": start_of_block}
    environment.filters |= {"ticks": code_in_html, "slug": slug}
    return environment


def inline(text: str) -> Any:
    """Mark text as safe: labkit made or checked it."""
    from markupsafe import Markup

    return Markup(text)
