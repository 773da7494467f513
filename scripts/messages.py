"""Write ``labkit.pot``, every fixed text of a report: ``python scripts/messages.py``.

They come from three places: calls of ``_``, ``many`` and ``N_`` in the code and the templates,
the catalog's labels, and the strengths of claims. Answers are sentences of their own language
(``labkit/claims/sentences``). Names, formulas and sources are the same in every language and left
out. The file has neither date nor line numbers, so that it changes only with the texts.

Each language's ``labkit.po`` gets the texts that are new and loses those that are gone, and is
compiled to the ``labkit.mo`` beside it, which is what labkit reads.
"""

from __future__ import annotations

import ast
import io
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from jinja2.ext import babel_extract

from labkit import catalog
from labkit.catalog import entries
from labkit.claims.verdict import Strength

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "labkit" / "text" / "locale" / "labkit.pot"
HEAD = """\
# Every fixed text of labkit's reports; written by `make docs`, not by hand.
# {names} in braces are filled in; what they stand for is data or another of these texts.
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""
#: What is called the same in every language, in labels, formulas and diagrams.
NAMES = {
    "Adam", "AdvVAE", "BCE", "Bernoulli", "DCGAN", "Euler", "FLOPs", "Flow", "GAN", "Heun", "Hinge",
    "InfoGAN", "KID", "KL", "Lab", "LatentGAN", "MB", "MSE", "Normal", "ProGAN", "RMSprop", "ReLU",
    "SiLU", "StyleGAN", "TF", "VAE", "Wasserstein", "cFlow", "cGAN", "cVAE", "dt", "dx", "log",
    "max", "tanh",
}  # fmt: skip
#: How many texts a call of each has: `many` has one and several.
CALLS = {"_": 1, "N_": 1, "many": 2}
#: What a report shows of the catalog's entries.
SHOWN: dict[type, tuple[str, ...]] = {
    entries.Choice: ("label", "formula", "about"),
    entries.Dataset: ("noun",),
    entries.Family: ("label", "about", "objective"),
    entries.GanNetworks: ("label",),
    entries.Loss: ("label", "discriminator", "generator"),
    entries.Metric: ("label", "about", "unit"),
    entries.Param: ("label", "tag"),
    entries.Plot: ("label", "about"),
    entries.Question: ("text", "topic"),
    entries.Reconstruction: ("label", "formula"),
    entries.VaeNetworks: ("label",),
}

Text = tuple[str | tuple[str, str], str, str]
"""A text, or one and several; the file it comes from; what it is there, where that helps."""


def template() -> str:
    """The whole file."""
    found = Catalog()
    shown = (each for each in _catalog() if has_words(str(each[0])))
    for text, where, about in (*_code(), *_templates(), *shown, *_claims()):
        if text:
            found.add(text, locations=[(where, 0)], auto_comments=[about] if about else [])
    for message in found:
        message.flags.discard("python-format")  # "{share} % of" is no format of that kind
    file = io.BytesIO()
    write_po(file, found, width=100, sort_output=True, omit_header=True, include_lineno=False)
    return HEAD + file.getvalue().decode()


def has_words(text: str) -> bool:
    """Whether a text of the catalog has words that another language says in its own way."""
    return any(word not in NAMES for word in re.findall(r"[A-Za-z]{2,}", text))


def update(text: str) -> Iterator[tuple[Path, Catalog]]:
    """Yield each language's file with its texts brought up to date with a template's."""
    wanted = read_po(io.StringIO(text))
    for path in sorted(TARGET.parent.glob("*/LC_MESSAGES/labkit.po")):
        found = read_po(io.StringIO(path.read_text("utf-8")), locale=path.parts[-3])
        found.update(wanted, no_fuzzy_matching=True, update_header_comment=False)
        found.obsolete.clear()
        for message in found:
            message.flags.discard("python-format")
        yield path, found


def written(found: Catalog) -> str:
    """A language's file."""
    file = io.BytesIO()
    write_po(file, found, width=100, sort_output=True, omit_header=True, include_lineno=False)
    plural = f"nplurals={found.num_plurals}; plural={found.plural_expr};"
    head = HEAD.replace(
        '"\n\n', f'"\n"Language: {found.locale}\\n"\n"Plural-Forms: {plural}\\n"\n\n'
    )
    return head.replace(
        "written by `make docs`, not by hand", "only `msgstr` is written by hand"
    ) + (file.getvalue().decode())


def compiled(text: str) -> bytes:
    """A language's file as labkit reads it."""
    file, found = io.BytesIO(), read_po(io.StringIO(text))
    # Else the minute it was compiled in.
    found.creation_date = found.revision_date = datetime(2000, 1, 1, tzinfo=UTC)
    write_mo(file, found)
    return file.getvalue()


def _code() -> Iterator[Text]:
    """Calls in Python; their texts must be literals.

    Raises:
        ValueError: an f-string, which no catalogue can have.
    """
    for path in sorted((ROOT / "labkit").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            args = node.args[: CALLS.get(node.func.id, 0)]
            if any(isinstance(arg, ast.JoinedStr) for arg in args):
                raise ValueError(f"{path}, line {node.lineno}: a text must be a literal")
            yield from _called([getattr(arg, "value", None) for arg in args], path)


def _templates() -> Iterator[Text]:
    """The same in Jinja's templates."""
    for path in sorted((ROOT / "templates").rglob("*.j2")):
        with path.open("rb") as file:
            for _line, name, args, _comments in babel_extract(file, tuple(CALLS), (), {}):
                given = list(args) if isinstance(args, tuple) else [args]
                yield from _called(given[: CALLS[name]], path)


def _called(args: Sequence[object], path: Path) -> Iterator[Text]:
    where = path.relative_to(ROOT).as_posix()
    literals = [arg for arg in args if isinstance(arg, str)]
    if args and len(literals) == len(args):
        yield (literals[0] if len(args) == 1 else (literals[0], literals[1])), where, ""


def _catalog() -> Iterator[Text]:
    registries = {
        **catalog.REGISTRIES,
        "metrics": catalog.METRICS,
        "plots": catalog.PLOTS,
        "questions": catalog.QUESTIONS,
    }
    for name, registry in registries.items():
        for key, entry in registry.items():
            for part in SHOWN[type(entry)]:
                yield getattr(entry, part), "labkit/catalog", f"{name}: {key}, {part}"
    for key, family in catalog.FAMILIES.items():
        for step in (*family.flow, *family.sampling):
            for text in (step.text, step.under):
                yield text, "labkit/catalog", f"diagram: {key}"
        for label in family.sweeps.values():
            yield label, "labkit/catalog", f"sampling: {key}"
        for name, shown in family.pictures.items():
            for text in (name, shown.heading, shown.alt):
                yield text, "labkit/catalog", f"pictures: {key}"
    for family in catalog.FAMILIES.values():
        for key, param in family.params.items():
            for part in SHOWN[type(param)]:
                yield getattr(param, part), "labkit/catalog", f"setting: {key}"


def _claims() -> Iterator[Text]:
    """The strengths of a report's evidence; answers are whole sentences of their language."""
    for strength in get_args(Strength):
        yield strength, "labkit/claims/verdict.py", "a strength"


if __name__ == "__main__":
    TARGET.parent.mkdir(exist_ok=True)
    text = template()
    TARGET.write_text(text, "utf-8", newline="\n")
    for path, found in update(text):
        path.write_text(said := written(found), "utf-8", newline="\n")
        path.with_suffix(".mo").write_bytes(compiled(said))
