"""Every fixed text of a report can be translated, and a translation changes nothing else."""

from __future__ import annotations

import gettext
import io
import json
import re
import string
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

import labkit
from labkit.catalog import DATASETS, FAMILIES, METRICS, REGISTRIES
from labkit.claims.statements import FORMS
from labkit.errors import LabkitError
from labkit.experiment.grid import make_plan, read_experiment
from labkit.experiment.starter import recipes
from labkit.reporting.blocks import Report, walk
from labkit.reporting.build import read_report
from labkit.reporting.compare.page import comparison
from labkit.reporting.plots.style import level_label
from labkit.reporting.render.files import Drawings, animations, html
from labkit.reporting.render.templates import environment, to_markdown
from labkit.reporting.view import read_view
from labkit.store.store import Store
from labkit.text import language
from labkit.text.language import catalogue, using
from scripts import messages
from tests.builders.plans import fake_plan
from tests.builders.results import ENVIRONMENT
from tests.builders.stores import write_store

OPEN, CLOSE = "⟦", "⟧"


def template(text: str = "") -> Catalog:
    return read_po(io.StringIO(text or messages.TARGET.read_text("utf-8")))


# ------------------------------------------------------------------ the list of texts


def test_the_list_of_texts_is_up_to_date() -> None:
    """Else: `make docs`. Read, since Babels differ in how they break lines."""

    def said(found: Catalog) -> list[tuple[object, ...]]:
        # Without the head, in which Babel writes the minute it was read.
        return [(m.id, m.string, *m.auto_comments, *m.locations) for m in found if m.id]

    assert said(template()) == said(template(messages.template()))
    for path, found in messages.update(messages.template()):
        assert said(template(path.read_text("utf-8"))) == said(found), path
        # Babels differ in the head they write of themselves.
        spoken = [gettext.GNUTranslations(io.BytesIO(data)) for data in (
            path.with_suffix(".mo").read_bytes(), messages.compiled(messages.written(found))
        )]  # fmt: skip
        ours, theirs = ({i: each.gettext(i) for i in known()} for each in spoken)
        assert ours == theirs


def test_every_text_is_translated_and_keeps_what_is_filled_in() -> None:
    tried = 0
    for path, found in messages.update(messages.template()):
        for message in (m for m in found if m.id):
            tried += 1
            forms = message.string if isinstance(message.id, tuple) else (message.string,)
            last = message.id[-1] if isinstance(message.id, tuple) else message.id
            assert all(forms), f"{path}: {last}"
            assert {fields(form) for form in forms} == {fields(last)}, f"{path}: {last}"
    assert tried > 500


def fields(text: str) -> frozenset[str]:
    return frozenset(name for _, name, _, _ in string.Formatter().parse(text) if name)


def test_the_script_refuses_what_no_catalogue_can_have(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "labkit" / "reporting"
    folder.mkdir(parents=True)
    monkeypatch.setattr(messages, "ROOT", tmp_path)
    (folder / "a.py").write_text('_("{n} cells", n=f"{3}") or other(f"{3}") or _(name)\n', "utf-8")
    assert [text for text, *_ in messages._code()] == ["{n} cells"]
    (folder / "b.py").write_text('_(f"{n} cells")\n', "utf-8")
    with pytest.raises(ValueError, match=r"b\.py, line 1"):
        list(messages._code())


def test_what_is_filled_in_has_a_name() -> None:
    """And one and several are filled in with the same."""
    for message in template():
        forms = message.id if isinstance(message.id, tuple) else (message.id,)
        filled = []
        for form in forms:
            names = {name for _, name, _, _ in string.Formatter().parse(form) if name is not None}
            # The place of a level in its name is the one thing that is filled in: "latent{}".
            assert names == {""} or all(name.isidentifier() for name in names), form
            filled.append(names - {"n"})
        assert filled[0] == filled[-1], forms


# ------------------------------------------------------------------ a language of brackets


class Brackets(gettext.NullTranslations):
    """Says every text of the list in brackets, what is filled in outside of them."""

    def __init__(self, known: set[str]) -> None:
        super().__init__()
        self.known = known

    def gettext(self, message: str) -> str:
        return bracketed(message) if message in self.known else message

    def ngettext(self, one: str, other: str, n: int) -> str:
        return self.gettext(one if n == 1 else other)


def bracketed(message: str) -> str:
    parts = list(string.Formatter().parse(message))
    if all(name is None for _, name, _, _ in parts):
        return f"{OPEN}{message}{CLOSE}"
    said = ""
    for literal, name, spec, _ in parts:
        literal = literal.replace("{", "{{").replace("}", "}}")
        said += f"{OPEN}{literal}{CLOSE}" if literal.strip() else literal
        if name is not None:
            said += "{" + name + (f":{spec}" if spec else "") + "}"
    return said


def known() -> set[str]:
    found = set()
    for message in template():
        found |= set(message.id) if isinstance(message.id, tuple) else {message.id}
    return found - {""}


class Visible(HTMLParser):
    """What a reader sees or hears of a page, code apart, line by line; and its anchors."""

    SPOKEN = ("alt", "aria-label", "placeholder", "title")

    def __init__(self, page: str) -> None:
        super().__init__()
        self.spoken: list[str] = []
        self.seen: list[str] = []
        self.anchors: list[str] = []
        self.within: list[str] = []
        self.feed(page)
        # A text with code within it is several pieces of the page.
        self.texts = [*self.spoken, *"".join(self.seen).split("\n")]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.spoken += [given[name] for name in self.SPOKEN if given.get(name)]
        if tag not in ("code", "b", "em", "strong"):
            self.seen.append("\n")
        self.anchors += [given[name] for name in ("id", "href") if name in given]
        if tag in ("script", "style", "code", "pre"):
            self.within.append(given.get("id", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style", "code", "pre"):
            self.within.pop()

    def handle_data(self, data: str) -> None:
        if not self.within:
            self.seen.append(data)
        elif self.within[-1] == "texts":  # the script's
            self.spoken += [re.sub(r"\{\w+\}", "", text) for text in json.loads(data).values()]


def visible_in_markdown(text: str) -> str:
    """Without code and the files that are linked."""
    text = re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.DOTALL)
    return re.sub(r"\]\([^)\s]*\)|</?\w[^>]*>", "]", text)


def unsaid(lines: Iterable[str], data: Iterable[str]) -> dict[str, list[str]]:
    """The lines with words that are neither in brackets nor data, and those words."""
    longest = sorted(data, key=len, reverse=True)
    allowed = re.compile(
        rf"{OPEN}[^{OPEN}{CLOSE}]*{CLOSE}|\b[0-9a-f]{{12,}}\b|"
        rf"(?<!\w)(?:{'|'.join(map(re.escape, longest))})(?!\w)"
    )
    found = {}
    for line in lines:
        plain = re.sub(r"\\([\\`*\[\]|<>~$_])", r"\1", line)  # Markdown's escapes
        plain = allowed.sub(" ", allowed.sub(" ", plain))  # brackets may stand in brackets
        if words := re.findall(r"[a-zA-Z]{2,}", plain):
            found[line] = words
    return found


def strings(value: Any) -> Iterator[str]:
    """Every name and text in a record."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from (str(key), *strings(inner))
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from strings(inner)
    elif isinstance(value, str):
        yield value


#: What stores hold as text: names, verdicts, errors; and what is called alike in any language.
STORED = {
    "none detected at N=10,000", "classes missing: Shirt",
    "DivergedError: diverged at step 7 of epoch 2: a loss is not finite",
    "UTC", "labkit", "report.md", "report.html", "metrics.csv", "answers.md",
}  # fmt: skip
#: Sources and formulas of the catalog, the same in every language.
SAME = {
    text
    for registry in REGISTRIES.values()
    for entry in registry.values()
    for part in ("source", "formula", "discriminator", "generator")
    if (text := getattr(entry, part, "")) and (part == "source" or not messages.has_words(text))
}
STUDENTS = """## Stability
My remark, 4711.5. {{ value("nobody", "proxy_fid") }} [claim: nonsense]

[claim: best loss by proxy_fid on MNIST is hinge]
"""


def data_of(root: Path) -> set[str]:
    plan = Store(root).plan()
    found = {
        *STORED,
        *METRICS,
        *FAMILIES,
        *messages.NAMES,
        *SAME,
        plan.title,
        plan.name,
        plan.data_reason,
    }
    found |= set(
        strings(
            [
                ENVIRONMENT,
                plan.author,
                plan.settings,
                plan.profile,
                [spec.to_json() for spec in plan.cells],
            ]
        )
    )
    for spec in plan.cells:
        found |= {level_label(spec.family, *each) for each in spec.params.items()}
    for key, dataset in DATASETS.items():
        found |= {key, dataset.label, dataset.licence, dataset.source, *dataset.classes}
    return {each for each in found if re.search(r"[a-zA-Z]{2}", each)} - {"none"}


def markdown(report: Report) -> str:
    page = environment().get_template("report.md.j2")
    return page.render(report=report, student=to_markdown, moving=list(animations(report)))


@pytest.fixture(scope="module")
def trouble(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Lab 1 of three seeds, with cells that failed, are missing or not measured."""
    root = tmp_path_factory.mktemp("trouble")
    plan = fake_plan(seeds=(42, 43, 44), epochs=3)
    names = [spec.name for spec in plan.cells]
    write_store(root / "results", plan, names[1:2], names[5:6], names[-1:])
    (root / "answers.md").write_text(STUDENTS, "utf-8")
    return root


def said_by_claims(report: Report) -> set[str]:
    """The answers' words: a language writes its own sentences, they are not in the catalogue."""
    found = [line.text for line in report.headlines]
    for block in walk(report.sections):
        if block.kind == "reflection":
            found += [piece.text for piece in block.student if piece.kind == "claim"]
        if block.kind == "reflection" and block.answer is not None:
            answer = block.answer
            found += [sentence.text for sentence in answer.sentences]
            found += [answer.sure, run := answer.sure.rpartition(". ")[2]]
            found.append(run[:1].lower() + run[1:])
            found += [text for c in answer.claims for text in (c.text, c.rule, c.difference)]
    found += [text.replace(" %", "\N{NO-BREAK SPACE}%") for text in found]  # as on the page
    return {part for text in found for part in text.split("`")[::2] if part.strip()}


def pages(root: Path) -> tuple[str, str, set[str]]:
    report = read_report(Store(root / "results"), root / "answers.md", "full", {})
    page = html(report, Drawings(report, ("svg",)))
    return page, markdown(report), said_by_claims(report)


def test_every_word_of_a_report_is_in_the_catalogue(trouble: Path) -> None:
    data = data_of(trouble / "results") | {FORMS[0], "My remark", "[claim: nonsense]"}
    data |= {'{{ value("nobody", "proxy_fid") }}', "nobody"}
    with using(Brackets(known())):
        page, text, claims = pages(trouble)
    data |= claims
    plain, *_ = pages(trouble)
    assert OPEN in page
    assert OPEN not in plain
    assert unsaid(Visible(page).texts, data) == {}
    assert unsaid(visible_in_markdown(text).splitlines(), data) == {}
    assert anchors(page) == anchors(plain)


def anchors(page: str) -> list[str]:
    """The page's own; the ids of a figure's markers are hashes of its words too."""
    return [a for a in Visible(page).anchors if not re.fullmatch(r"#?m[0-9a-f]{10}", a)]


def test_every_word_of_a_comparison_is_in_the_catalogue(trouble: Path, lab1: Store) -> None:
    data = data_of(trouble / "results") | data_of(lab1.root) | {"first", "second"}
    with using(Brackets(known())):
        views = read_view(Store(trouble / "results")), read_view(lab1)
        report = comparison(*views, ("first", "second"))
        page = html(report, Drawings(report, ("svg",)))
    assert unsaid(Visible(page).texts, data) == {}


@pytest.mark.slow
@pytest.mark.parametrize("name", recipes())
def test_every_word_of_a_recipes_report_is_in_the_catalogue(name: str, tmp_path: Path) -> None:
    plan = make_plan(read_experiment(recipes()[name].path, "quick"), source="bundled")
    store = write_store(tmp_path, plan)
    with using(Brackets(known())):
        report = read_report(store, None, "full", {})
        page = html(report, Drawings(report, ("svg",)))
    assert unsaid(Visible(page).texts, data_of(tmp_path) | said_by_claims(report)) == {}


def test_a_text_outside_the_catalogue_is_found(small: Store) -> None:
    data = data_of(small.root)
    missing = {"Method and limitations", "epoch"}
    assert missing < known()
    with using(Brackets(known() - missing)):
        report = read_report(small, None, "full", {})
        page, text = html(report, Drawings(report, ("svg",))), markdown(report)
    data |= said_by_claims(report)
    found = unsaid(Visible(page).texts, data).values()
    assert set(chain(*found)) == {"Method", "and", "limitations", "epoch"}
    found = unsaid(visible_in_markdown(text).splitlines(), data).values()
    assert set(chain(*found)) == {"Method", "and", "limitations"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"{OPEN}Loss {CLOSE}12.3{OPEN} of {CLOSE}MNIST", []),
        (f"{OPEN}Loss {CLOSE}12.3 of MNIST", ["of"]),
        (f"{OPEN}Loss {CLOSE}MNISTs", ["MNISTs"]),
    ],
)
def test_what_counts_as_said(text: str, words: list[str]) -> None:
    assert unsaid([text], {"MNIST"}).get(text, []) == words


# ------------------------------------------------------------------ a real catalogue

GERMAN = r"""
msgid ""
msgstr ""
"Language: de\n"
"Content-Type: text/plain; charset=utf-8\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\n"

msgid "Method and limitations"
msgstr "Methode und Grenzen"

msgid "What to try next: {what}"
msgstr "Als Nächstes: {what}"

msgid "Evidence: {n} finding"
msgid_plural "Evidence: {n} findings"
msgstr[0] "Beleg: {n} Befund"
msgstr[1] "Belege: {n} Befunde"

msgid "seen once"
msgstr "einmal gesehen"
"""


@pytest.fixture
def german(tmp_path: Path) -> gettext.NullTranslations:
    target = tmp_path / "de" / "LC_MESSAGES" / "labkit.mo"
    target.parent.mkdir(parents=True)
    with target.open("wb") as file:
        write_mo(file, read_po(io.StringIO(GERMAN), locale="de"))
    return catalogue("de", tmp_path)


def test_a_translation_changes_its_texts_and_nothing_else(
    lab1: Store, german: gettext.NullTranslations
) -> None:
    def page() -> str:
        report = read_report(lab1, None, "full", {})
        return html(report, Drawings(report, ("svg",)))

    english = page()
    with using(german):
        translated = page()
    assert '<html lang="de">' in translated
    assert "Methode und Grenzen" in translated
    assert "Als Nächstes: three seeds" in translated
    assert "<td>einmal gesehen</td>" in translated
    assert re.search(r"Belege: \d+ Befunde", translated)
    assert page() == english
    a, b = Visible(english), Visible(translated)
    assert a.anchors == b.anchors
    assert len(a.texts) == len(b.texts)
    changed = [(x, y) for x, y in zip(a.texts, b.texts, strict=True) if x != y]
    assert 10 < len(changed) < len(a.texts) / 4
    for x, y in changed:
        assert re.findall(r"\d[\d.,]*", x) == re.findall(r"\d[\d.,]*", y)


def test_the_command_line_knows_the_languages_there_are(
    small: Store,
    german: gettext.NullTranslations,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(language, "CATALOGUES", tmp_path)
    for lang, expected in (("de", "Methode und Grenzen"), ("en", "Method and limitations")):
        path = labkit.report(small.root, tmp_path / lang, format="md", lang=lang)
        assert expected in path.read_text("utf-8")
    with pytest.raises(LabkitError, match=r"--lang dd: allowed: en, de"):
        labkit.report(small.root, tmp_path / "dd", format="md", lang="dd")


def test_there_is_no_catalogue_of_an_unknown_language(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        catalogue("xx", tmp_path)
