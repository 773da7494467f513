"""The page of a class: at a glance, then question by question every answer beside its evidence.

A blind page has no name in it: hand-ins are called by their ids and in that order, paths are left
out, and where a name of the class stands in a text it is blotted out.
"""

import base64
import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from labkit.execution.image_grid import png
from labkit.grade import likeness
from labkit.grade.record import THUMB, GradedAnswer, HandIn
from labkit.handin.ladder import TITLES
from labkit.reporting.render.templates import environment, inline, templates_folder
from labkit.text.typography import has_han

if TYPE_CHECKING:
    from labkit.grade.class_view import Class

#: Marks a page that labkit wrote: only such a file is overwritten.
MADE_HERE = '<meta name="generator" content="labkit grade">'
BLOT = "▮▮▮"
_TEXTS = {
    "filter": "Filter rows",
    "rows": "{shown} of {all} shown",
    "copied": "Copied",
    "copy": "Copy as CSV",
    "copyAll": "Copy all",
    "marked": "{n} of {all} answers have points",
}
#: Changes a text so that no name is in it, or leaves it as it is.
Wiped = Callable[[str], str]


def page_html(class_: "Class", blind: bool = False) -> str:
    """The whole page as text."""
    folder = templates_folder()
    names = ("js/tables.js", "grade/grade.js"), ("css/report.css", "grade/grade.css")
    script, css = ("".join((folder / n).read_text("utf-8") for n in each) for each in names)
    template = environment().get_template("grade/page.html.j2")
    wiped = _wiping(class_.handins) if blind else str
    labels = _labels(class_.handins, blind)
    order = sorted(class_.handins, key=lambda each: each.id) if blind else class_.handins
    return template.render(
        rows=[_shown(class_, each, labels, wiped, blind) for each in order],
        blind=blind,
        titles={number: TITLES[number] for number in class_.rungs},
        facts=_facts(class_),
        limits=class_.sheet.max_points if class_.sheet else {},
        pairs=_pairs(class_, labels, wiped),
        about=likeness.ABOUT,
        class_=class_,
        css=inline(css),
        texts=_TEXTS,
        script=inline(script),
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    )


def _labels(handins: Sequence[HandIn], blind: bool) -> dict[str, str]:
    """What each hand-in is called on the page, by file; no two alike.

    Whoever hands in late changes no other's, but where two begin alike.
    """
    # Whom the platform names: what a hand-in says of its author may be copied with it.
    names = {e.file: e.student if re.search(r"[^\W\d]", e.student) else e.name for e in handins}
    if blind:
        names = {each.file: f"Hand-in {each.id[1:5]}" for each in handins}
    often = Counter(names.values())
    return {
        e.file: n if often[n] == 1 else f"{n} ({e.id})" for e in handins for n in [names[e.file]]
    }


def _facts(class_: "Class") -> list[tuple[str, str]]:
    every = class_.handins
    whole = sum(each.cells != () and each.count("done") == len(each.cells) for each in every)
    facts = [
        ("Hand-ins", str(len(every))),
        ("Cannot be read", str(sum(bool(each.problem) for each in every))),
        *(
            (f"Rung {n} failed", str(sum(each.verdicts.get(n) == "failed" for each in every)))
            for n in class_.rungs
        ),
        ("All cells done", str(whole)),
        ("Pairs that are alike", str(sum(pair.telling for pair in class_.pairs))),
    ]
    if class_.sheet is not None and class_.sheet.content.deadline:
        late = sum(bool(class_.sheet.late(each.newest)) for each in every)
        facts.append((f"Results after {class_.sheet.content.deadline}", str(late)))
    return facts


def _shown(
    class_: "Class", handin: HandIn, labels: Mapping[str, str], wiped: Wiped, blind: bool
) -> dict[str, Any]:
    """A hand-in as the template shows it; where the page is blind, without names."""

    def lines(found: Iterable[str]) -> list[str]:
        return [wiped(line) for line in found]

    answers = {each.question: _said(each, wiped, blind) for each in handin.answers}
    others = [
        (wiped(each.heading), answers[each.question])
        for each in handin.answers
        if each.question not in class_.questions and each.html
    ]
    checks = class_.automatic(handin)
    return {
        "id": handin.id,
        "label": labels[handin.file],
        "file": "" if blind else handin.file,
        "author": "" if blind else ", ".join(filter(None, handin.author.values())),
        "problem": wiped(handin.problem),
        "done": handin.count("done"),
        "cells": len(handin.cells),
        "rungs": handin.verdicts,
        "found": lines(f"{rung.number}. {line}" for rung in handin.rungs for line in rung.found),
        "notes": lines([n for rung in handin.rungs for n in rung.notes] + [*handin.notes]),
        "settings": lines(class_.settings(handin)),
        "stands_out": lines(class_.standing_out(handin)),
        "not_done": lines(f"{c.name}: {c.state}" for c in handin.cells if c.state != "done"),
        "like": [
            f"{labels[other]}: {wiped(each.text)}"
            for other, evidence in class_.like.get(handin.file, ())
            for each in evidence
        ],
        "words": sum(handin.words.values()),
        "doubts": len(handin.doubts),
        "late": class_.sheet.late(handin.newest) if class_.sheet else "",
        "checks": sum(got for got, _most in checks.values()),
        "automatic": [f"{name}: {got:g} of {most:g}" for name, (got, most) in checks.items()],
        "total": class_.total(handin),
        "answers": answers,
        "others": others,
        "thumbs": [(cell.name, _uri(cell.thumb)) for cell in handin.cells if cell.thumb],
    }


def _said(answer: GradedAnswer, wiped: Wiped, blind: bool) -> dict[str, Any]:
    """An answer for the template; its HTML was made safe when the hand-in was opened."""
    html = _wiped_html(answer.html, wiped) if blind else answer.html
    return {
        "html": inline(html),
        "words": answer.words,
        "doubts": [wiped(line) for line in answer.doubts],
        "computed": [wiped(line) for line in answer.computed],
        "picture": answer.picture,
        "alt": answer.alt,
    }


def _uri(thumb: str) -> str:
    """A cell's small grid as a PNG, which holds nothing but its pixels."""
    pixels = np.frombuffer(base64.b64decode(thumb), np.uint8).reshape(THUMB, THUMB)
    return f"data:image/png;base64,{base64.b64encode(png(pixels)).decode()}"


def _pairs(
    class_: "Class", labels: Mapping[str, str], wiped: Wiped
) -> list[tuple[str, list[Mapping[str, Any]]]]:
    """What tells first, then what honest hand-ins have in common too."""
    found: dict[bool, list[Mapping[str, Any]]] = {True: [], False: []}
    for pair in class_.pairs:
        evidence = [
            wiped(f"{each.text} (as with {each.expected})" if each.expected else each.text)
            for each in pair.evidence
        ]
        value = pair.value or max((each.value for each in pair.evidence), default=0.0)
        a, b = sorted((labels[pair.a], labels[pair.b]))
        found[pair.telling].append({"a": a, "b": b, "value": value, "evidence": evidence})
    return [
        ("Pairs with something that honest hand-ins would not have in common", found[True]),
        ("Pairs that are alike for a reason that is known", found[False]),
    ]


# --------------------------------------------------------------------- names


def _wiping(handins: Sequence[HandIn]) -> Wiped:
    """What blots out every name of a class: whole names, and their parts of three letters on."""
    names: set[str] = set()
    for each in handins:
        whole = {each.student, *(each.author.get(key, "") for key in ("name", "id", "group"))}
        number = each.identifier.rpartition(" ")[2]
        names |= {*whole, each.file, *each.file.split("/"), number}
        names |= {part for name in whole for part in re.split(r"[\W_]+", name) if len(part) > 2}
    words = sorted((name for name in names if len(name) > 1), key=lambda n: (-len(n), n))
    if not words:
        return str
    known = re.compile("|".join(map(_as_word, words)), re.IGNORECASE)
    return lambda text: known.sub(BLOT, text)


def _as_word(name: str) -> str:
    """A pattern of a name that stands by itself; without spaces between words, anywhere."""
    escaped = re.escape(name)
    return escaped if has_han(name) else rf"(?<!\w){escaped}(?!\w)"


def _wiped_html(html: str, wiped: Wiped) -> str:
    """The same of safe HTML: its text, not its tags; links lose where they lead."""
    parts = re.split(r"(<[^>]*>)", html)
    for i, part in enumerate(parts):
        if i % 2 == 0:
            parts[i] = wiped(part)
        elif part.startswith("<a "):
            parts[i] = "<a>"
    return "".join(parts)
