"""The language of a report's fixed texts, by gettext.

English is the source. A text is written where it is used, as ``_("{n} cells", n=3)``, and
looked up in a catalogue; a text that is not in the catalogue stays English. Texts in a
constant or in the catalog's entries are translated where they are shown, ``_(entry.label)``;
those in a constant are marked with ``N_`` so that they are collected.

``scripts/messages.py`` collects all texts into ``labkit/text/locale/labkit.pot``. A language is
a folder beside it, ``de/LC_MESSAGES/labkit.mo``. The machine's language is never used, so that
the same store gives the same report everywhere.
"""

import gettext
from collections.abc import Iterator, Sequence
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
    """Translate an English text, a literal so that it is collected; `fields` fill its {names}."""
    found = _translations.get()
    text = found.gettext(message) if found and message else message
    return text.format(**fields) if fields else text


def many(one: str, other: str, n: int, /, **fields: Any) -> str:
    """Translate a text about `n` things, in singular or plural; ``{n}`` is the number."""
    found = _translations.get()
    text = found.ngettext(one, other, n) if found else (one if n == 1 else other)
    return text.format(n=n, **fields)


def N_(message: str) -> str:  # noqa: N802 - gettext's own name for it
    """Mark a text for collection that is translated where it is shown: ``_(TEXT)``."""
    return message


def code() -> str:
    """The language's code for HTML's ``lang``: ``de``, ``pt-BR``."""
    found = _translations.get()
    return (found.info().get("language") or SOURCE).replace("_", "-") if found else SOURCE


@contextmanager
def using(translations: gettext.NullTranslations) -> Iterator[None]:
    """Use the language of `translations` inside a ``with`` block."""
    token = _translations.set(translations)
    try:
        yield
    finally:
        _translations.reset(token)


def speak(language: str) -> str:
    """Change to a language by its code, for the rest of a ``with using`` block.

    Returns an empty text, so that a template can ask for it.
    """
    _translations.set(catalogue(language))
    return ""


def languages() -> tuple[str, ...]:
    """The codes of English and of every language with a compiled catalogue."""
    found = (path.parent.parent.name for path in CATALOGUES.glob("*/LC_MESSAGES/labkit.mo"))
    return (SOURCE, *sorted(found))


def several(text: str | Sequence[str]) -> tuple[str, ...]:
    """The codes of a list such as "en,zh", each once, the main language first."""
    parts = text.split(",") if isinstance(text, str) else text
    return tuple(dict.fromkeys(code for part in parts if (code := part.strip())))


def catalogue(language: str, folder: Path | None = None) -> gettext.NullTranslations:
    """The catalogue of a language by its code, e.g. ``de``; for English an empty one.

    A FileNotFoundError where the folder, the package's if None, has no such catalogue.
    """
    if language == SOURCE:
        return gettext.NullTranslations()
    return gettext.translation("labkit", folder or CATALOGUES, [language])
