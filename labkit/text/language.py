"""The language of a report: every fixed text goes through here on its way to the reader.

English is the source. A text is written where it is used, as ``_("{n} cells", n=3)``, and
looked up in a gettext catalogue; what is not in the catalogue stays English. Texts that stand
in a table of a module or of the catalog are translated where they are shown:
``_(entry.label)``; those of a module are marked with ``N_`` so that they are collected.

``scripts/messages.py`` collects all of them into ``labkit/text/locale/labkit.pot``. A language is a
folder beside it, ``de/LC_MESSAGES/labkit.mo``. The language is asked for and never taken from
the machine: the same store gives the same report everywhere.
"""

from __future__ import annotations

import gettext
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

#: The folder of the catalogues.
CATALOGUES = Path(__file__).resolve().parent / "locale"
#: The language of the texts in the code.
SOURCE = "en"

_translations: ContextVar[gettext.NullTranslations | None] = ContextVar("language", default=None)


def _(message: str, /, **fields: Any) -> str:
    """A text in the report's language.

    Args:
        message: the English text, a literal, so that it can be collected.
        fields: what its ``{names}`` stand for.
    """
    found = _translations.get()
    text = found.gettext(message) if found and message else message
    return text.format(**fields) if fields else text


def many(one: str, other: str, n: int, /, **fields: Any) -> str:
    """A text about `n` things, in the form of their number; ``{n}`` stands for it."""
    found = _translations.get()
    text = found.ngettext(one, other, n) if found else (one if n == 1 else other)
    return text.format(n=n, **fields)


def N_(message: str) -> str:  # noqa: N802 - gettext's own name for it
    """Marks a text for collection that is translated where it is shown: ``_(TEXT)``."""
    return message


def code() -> str:
    """The language's name as HTML's ``lang`` has it: ``de``, ``pt-BR``."""
    found = _translations.get()
    return (found.info().get("language") or SOURCE).replace("_", "-") if found else SOURCE


@contextmanager
def using(translations: gettext.NullTranslations) -> Iterator[None]:
    """Everything inside speaks the language of `translations`."""
    token = _translations.set(translations)
    try:
        yield
    finally:
        _translations.reset(token)


def languages() -> tuple[str, ...]:
    """What a report can be written in: English, and every language with a compiled catalogue."""
    found = (path.parent.parent.name for path in CATALOGUES.glob("*/LC_MESSAGES/labkit.mo"))
    return (SOURCE, *sorted(found))


def catalogue(language: str, folder: Path | None = None) -> gettext.NullTranslations:
    """The catalogue of a language, ``de``; of English an empty one.

    Args:
        language: its code.
        folder: where catalogues are, if not in the package.

    Raises:
        FileNotFoundError: there is none.
    """
    if language == SOURCE:
        return gettext.NullTranslations()
    return gettext.translation("labkit", folder or CATALOGUES, [language])
