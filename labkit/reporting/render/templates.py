"""Templates with their escaping and translations, and a student's own words for them.

The words are Markdown in, safe HTML or safe Markdown out: raw HTML is taken as text, and what
Markdown makes of the rest goes through an allowlist (nh3) all the same, for an answer can come
from anybody.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labkit.reporting.files import ReportError
from labkit.text.language import _, code, many, speak
from labkit.text.numbers import joined, slug
from labkit.text.said import Said, versions

if TYPE_CHECKING:
    from jinja2 import Environment

    from labkit.reporting.student.marks import Segment

_TAGS = {
    "p", "br", "hr", "em", "strong", "del", "code", "pre", "blockquote", "ul", "ol", "li",
    "h4", "h5", "h6", "a", "table", "thead", "tbody", "tr", "th", "td", "sup", "sub",
}  # fmt: skip
_SPECIAL = re.compile(r"([\\`*\[\]|<>~$])|(?<!\w)_|_(?!\w)")
_LINK = re.compile(r"\]\(\s*((?:[^()]|\([^()]*\))*)\)")
_HEADING = re.compile(r"^#{1,6}(?= )", re.MULTILINE)
_SAFE = re.compile(r"https?:|mailto:|#")
#: Private characters that stand for a checked piece while Markdown is read.
_OPEN, _CLOSE = "\ue000", "\ue001"


@cache
def templates_folder() -> Path:
    """The folder of templates, in an installed package or beside it; a ReportError without one."""
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
    environment.globals |= {"_": _, "many": many, "language": code, "speak": speak}
    environment.filters |= {"md": escape_markdown, "start": start_of_block}
    environment.filters |= {"ticks": code_in_html, "slug": slug, "versions": versions}
    environment.filters |= {"said": said, "flow": joined, "gap": gap}
    return environment


def inline(text: str) -> Any:
    """Mark text as safe: labkit made or checked it."""
    from markupsafe import Markup

    return Markup(text)


def to_html(pieces: Sequence[Segment]) -> str:
    """Convert a student's words to HTML without scripts or loaded resources.

    Headings start below the report's own; images are dropped, since the page loads nothing;
    links may be http, https or mailto. Checked pieces are put in after the cleaning.
    """
    import markdown
    import nh3

    text = "".join(
        p.text.replace(_OPEN, "").replace(_CLOSE, "") if p.kind == "text" else f"{_OPEN}{i}{_CLOSE}"
        for i, p in enumerate(pieces)
    )
    reader = markdown.Markdown(extensions=["tables", "fenced_code", "sane_lists"])
    reader.preprocessors.deregister("html_block")
    reader.inlinePatterns.deregister("html")
    made = reader.convert(text)
    made = re.sub(r"<(/?)h([1-6])", lambda m: f"<{m[1]}h{min(6, int(m[2]) + 3)}", made)
    clean: str = nh3.clean(
        made,
        tags=_TAGS,
        attributes={"a": {"href", "title"}, "th": {"align"}, "td": {"align"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer",
    )
    return re.sub(f"{_OPEN}(\\d+){_CLOSE}", lambda m: _checked(pieces[int(m[1])]), clean)


def _checked(piece: Segment) -> str:
    text, note = html.escape(piece.text), html.escape(piece.note)
    if piece.kind == "value":
        return f'<b class="value">{text}</b>'
    if piece.kind == "claim" and piece.verdict:
        kind = piece.verdict.replace(" ", "-")
        return f'{text} <span class="verdict {kind}">{html.escape(piece.said)}</span>'
    return f'<mark>{text}</mark><small class="aside">{text}: {note}</small>'


def to_markdown(pieces: Sequence[Segment]) -> str:
    """Convert a student's words for a Markdown report: HTML escaped, headings moved down.

    Code is left as it is; checked pieces carry their note in brackets.
    """
    said = ""
    for piece in pieces:
        said += _disarmed(piece.text) if piece.kind == "text" else escape_markdown(piece.text)
        if piece.kind not in ("text", "value"):
            said += f" ({piece.said if piece.verdict else piece.note})"
    return said.strip()


def _disarmed(text: str) -> str:
    parts = re.split(r"(```.*?```|~~~.*?~~~|`[^`\n]*`)", text, flags=re.DOTALL)
    for i in range(0, len(parts), 2):
        part = re.sub(r"<(?=[A-Za-z/!?])", "&lt;", parts[i])
        part = _HEADING.sub(lambda m: "#" * min(6, len(m[0]) + 3), part)
        part = part.replace("![", "[")  # the report brings its own pictures
        parts[i] = _LINK.sub(lambda m: m[0] if _SAFE.match(m[1]) else "]", part)
    return "".join(parts)


def said(text: str, plain: bool = True) -> str:
    """Escape a text for HTML; in several languages, each in an element of its language.

    Not `plain`, its backticks become code.
    """
    from markupsafe import Markup, escape

    write = escape if plain else code_in_html
    if not isinstance(text, Said):
        return write(text)
    element = Markup('<span lang="{}">{}</span>').format
    return Markup(' <span class="or">|</span> ').join(
        element(code, write(part)) for code, part in text.versions if part
    )


def gap(sentence: str) -> str:
    """What stands between a sentence and the next one."""
    return " " if joined([sentence, "-"]).endswith(" -") else ""


def code_in_html(text: str) -> str:
    """Escape plain text for HTML; backticks become code, and no line breaks before a %."""
    from markupsafe import Markup, escape

    if isinstance(text, Said):
        return said(text, plain=False)
    parts = _by_turns(str(text), "`")
    return Markup("").join(
        Markup("<code>{}</code>").format(part)
        if i % 2
        else escape(re.sub(r"(?<=\d) %", "\N{NO-BREAK SPACE}%", part))
        for i, part in enumerate(parts)
    )


def escape_markdown(text: str) -> str:
    """Escape plain text for Markdown, tables included; backticks still mark code."""
    parts = _by_turns(text.replace("\n", " "), " ")
    for i in range(0, len(parts), 2):
        parts[i] = _SPECIAL.sub(r"\\\g<0>", re.sub(r"&(?=#?\w+;)", "&amp;", parts[i]))
    return "`".join(parts)


def _by_turns(text: str, odd: str) -> list[str]:
    """Split into text and code by turns; of an odd number, all backticks become `odd`."""
    parts = text.split("`")
    return parts if len(parts) % 2 else [odd.join(parts)]


def start_of_block(escaped: str) -> str:
    """Escape what would turn the start of a paragraph into a heading or a list."""
    escaped = re.sub(r"^(\d+)([.)])(?=\s|$)", r"\1\\\2", escaped)
    return re.sub(r"^([#+=-])", r"\\\1", escaped)
