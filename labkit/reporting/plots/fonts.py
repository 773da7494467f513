"""Which installed font has the letters of a figure's labels."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from labkit.text.language import SOURCE, catalogue, code, using
from labkit.text.typography import UNSPACED, has_han

#: Characters that a font for simplified Chinese has.
_ASKED = "器维训练样"
#: What brings such a font.
BRINGS = "fonts-noto-cjk (Debian, Ubuntu) brings one, elsewhere “Noto Sans CJK”"


@cache
def han() -> str | None:
    """The file of an installed font with Chinese characters; None without one."""
    from labkit.reporting.plots.library import mpl  # matplotlib, only where it is asked

    from matplotlib import font_manager, ft2font  # isort: skip

    def rank(path: str) -> tuple[bool, bool, str]:
        name = Path(path).name
        return not ("Sans" in name or "Hei" in name), "Regular" not in name, name

    assert mpl
    for path in sorted(font_manager.findSystemFonts(), key=rank):
        try:
            known = ft2font.FT2Font(path)
        except (RuntimeError, OSError):  # no font that it can read
            continue
        if all(known.get_char_index(ord(each)) for each in _ASKED):
            return path
    return None


def family(text: str) -> list[str]:
    """The names of the fonts that a text needs, for matplotlib: the usual one first."""
    path = han() if has_han(text) else None
    if path is None:
        return ["sans-serif"]
    from matplotlib import font_manager

    font_manager.fontManager.addfont(path)
    return ["DejaVu Sans", font_manager.FontProperties(fname=path).get_name()]


def lacking(language: str) -> bool:
    """Whether a language has characters that no installed font has."""
    return language.partition("-")[0] in UNSPACED and han() is None


@contextmanager
def labels() -> Iterator[None]:
    """Say a figure's labels in the language in use, in English where no font has its letters."""
    if lacking(code()):
        with using(catalogue(SOURCE)):
            yield
    else:
        yield
