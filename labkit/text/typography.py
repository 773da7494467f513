"""How texts that were put together are set in scripts without spaces: Chinese marks and gaps."""

import re

#: Languages that are written without spaces between words.
UNSPACED = frozenset({"zh"})
_HAN = "\u3400-\u9fff"
_LATIN = "A-Za-z0-9α-ωΑ-Ω"
_GAP = re.compile(rf"(?<=[{_HAN}])(?=[{_LATIN}`−])|(?<=[{_LATIN}`%∞])(?=[{_HAN}])")
#: A mark of English next to a Chinese character, and what stands in its place.
_MARKS = {", ": "，", "; ": "；", ": ": "："}
_MARK = re.compile(rf"(?<=[{_HAN}）%])[,;:] (?=\S)|[,;:] (?=[{_HAN}])")
#: Brackets around Chinese characters.
_BRACKETS = re.compile(rf" ?\(([^()]*[{_HAN}][^()]*)\)")
_AFTER = re.compile(rf"(?<=[。！？；：，、）]) +|(?<=[{_HAN}]) (?=[{_HAN}（])")


def has_han(text: str) -> bool:
    """Whether a text has Chinese characters."""
    return re.search(f"[{_HAN}]", text) is not None


def letters(text: str) -> int:
    """How wide a text is, in letters: a Chinese character is as wide as two."""
    return len(text) + len(re.findall(f"[{_HAN}、。，；：（）]", text))


def spaced(text: str) -> str:
    """A text with a space wherever Chinese meets Latin letters, digits or code.

    >>> spaced("全部12个GAN都稳定，覆盖率52%。")
    '全部 12 个 GAN 都稳定，覆盖率 52%。'
    """
    return _GAP.sub(" ", text)


def typeset(text: str) -> str:
    """A text with the marks that Chinese has, no gaps beside them, and none before a %.

    >>> typeset("训练: 完成 51 次; 1 次失败"), typeset("74.0 %"), typeset("Hinge, BCE")
    ('训练：完成 51 次；1 次失败', '74.0%', 'Hinge, BCE')
    """
    text = re.sub(r"(?<=\d) %(?!\w)", "%", text)
    if has_han(text):
        text = _BRACKETS.sub(r"（\1）", text.replace("; ", "；"))
        text = re.sub(rf"(?<=[{_HAN}）])\.(?=\s|$)", "。", text)
    return spaced(_AFTER.sub("", _MARK.sub(lambda mark: _MARKS[mark[0]], text)))
