"""Read YAML from untrusted people, with limits and a line number for every key.

The text is read as a stream of events, so that a limit stops it before anything large is built;
by PyYAML's Python parser, since libyaml's limits differ between releases and take effect while
it reads ahead. Scalars follow YAML 1.2 (the core schema) rather than PyYAML's 1.1: ``2e-4`` is a
number, ``off`` and ``no`` are words, ``2024-01-01`` is text.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import yaml

from labkit.errors import behind

MAX_BYTES = 1_000_000
MAX_DEPTH = 20
MAX_ALIASES = 100
MAX_NODES = 100_000  # Most nodes of a tree, counted with every alias expanded

NOT_YAML = "not valid YAML"

_WORDS = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True,
    "false": False, "False": False, "FALSE": False,
}  # fmt: skip
_INT = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_BREAK = re.compile(r"\r\n|[\r\n\x85\u2028\u2029]")  # What PyYAML counts as a line break
_ODD = "[\u00a0\u00ad\u1680\u2000-\u200f\u202a-\u202f\u205f-\u2064\u2066-\u2069\u3000\ufeff]"
"""Spaces and invisible characters of pasted text, which YAML takes for letters."""
_ODD_PLACE = re.compile(
    rf"^ *(?:[-?] +)*(?:[-?]|[\w.-]+ *:)?(?P<first>{_ODD})|(?P<last>{_ODD})(?= *(?:#|$))"
)
#: Letters and marks of other alphabets and of typesetting that look like those of ASCII.
_LIKE = str.maketrans(
    "АВЕЅІЈКМНОРСТУХаеорсухіјѕԁΑΒΕΖΗΙΚΜΝΟΡΤΥΧο‘’‚‛′“”„″‐‑‒–—−ː∶",
    "ABESIJKMHOPCTYXaeopcyxijsdABEZHIKMNOPTYXo'''''" + '""""' + "------::",
)
_COLON = re.compile(r"[ -]*[\w.-]+ ?([：﹕ː∶])")
_GLUED = re.compile(r"[ -]*[\w.-]+:\S")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")

Scalar = str | int | float | bool | None
Step = str | int


class YamlError(Exception):
    """The text cannot be read; `line` (from 1) says where."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True)
class Node:
    """A value of the file and its line."""

    value: dict[str, Node] | list[Node] | Scalar
    at: int  # The line, from 1: of its key if it is in a mapping, else of the value
    text: str = ""  # A scalar as it was written
    size: int = field(default=1, compare=False)  # Nodes from here down, with aliases expanded

    def plain(self) -> Any:
        """The value as dictionaries, lists and scalars."""
        if isinstance(self.value, dict):
            return {key: child.plain() for key, child in self.value.items()}
        if isinstance(self.value, list):
            return [child.plain() for child in self.value]
        return self.value

    def child(self, step: Step) -> Node | None:
        """The node one step down, or None."""
        if isinstance(self.value, dict):
            return self.value.get(str(step))
        if isinstance(self.value, list) and isinstance(step, int) and step < len(self.value):
            return self.value[step]
        return None

    def along(self, path: Sequence[Step]) -> list[Node]:
        """The nodes on `path` from this one down, as far as the file has them."""
        nodes = [self]
        for step in path:
            below = nodes[-1].child(step)
            if below is None:
                break
            nodes.append(below)
        return nodes

    def has(self, *path: Step) -> bool:
        """Whether the file has a value at `path`."""
        return len(self.along(path)) > len(path)

    def line(self, *path: Step) -> int:
        """The line of `path`, or of the nearest node above it that the file has."""
        return self.along(path)[-1].at

    def merged(self, other: Node) -> Node:
        """Merge `other` into this node: mappings key by key, anything else is replaced."""
        if not (isinstance(self.value, dict) and isinstance(other.value, dict)):
            return other
        both = dict(self.value)
        for key, child in other.value.items():
            both[key] = both[key].merged(child) if key in both else child
        return Node(both, other.at)


def parse(text: str) -> Node | None:
    """Parse the one document in `text`; None if there are only comments.

    YamlError for what is not YAML, a duplicate key, a tag, or beyond a limit of this module.
    """
    if len(text.encode(errors="surrogatepass")) > MAX_BYTES:
        raise YamlError(1, f"the file is larger than {MAX_BYTES:,} bytes")
    builder = _Builder(yaml.parse(text, Loader=_Loader))
    try:
        return builder.document()
    except yaml.MarkedYAMLError as error:
        raise _explained(error, _BREAK.split(text), builder.line) from error
    except yaml.reader.ReaderError as error:
        line = text[: error.position].count("\n") + 1
        raise YamlError(line, f"{NOT_YAML}: a character that text cannot have") from error
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        raise YamlError(builder.line, f"{NOT_YAML}{behind('PyYAML', error)}") from error


def _explained(error: yaml.MarkedYAMLError, rows: list[str], read: int) -> YamlError:
    """Explain an error of PyYAML by the characters where it occurred, its own message behind.

    `rows` are the lines of the text, of which those up to `read` could be read.
    """
    begun, mark = error.context_mark, error.problem_mark or error.context_mark
    at, column = (mark.line, mark.column) if mark else (read - 1, 0)
    for i, row in enumerate(rows[read - 1 : at + 1], read):
        if odd := _ODD_PLACE.search(row):
            return YamlError(i, _not_plain(odd["first"] or odd["last"]))
    for i, row in enumerate(rows[: at + 1], 1):
        if colon := _COLON.match(row):
            return YamlError(i, f"{NOT_YAML}: {look_alike(colon[1])}")
    words = behind("PyYAML", error.problem or error.context or error)
    above, start = (begun.line, begun.column) if begun else (max(at - 1, 0), 0)
    rows = [*rows, ""]  # an error at the end may be said to lie in the row after the last
    if _GLUED.match(rows[above][start:]):
        return YamlError(above + 1, f"{NOT_YAML}: a space must follow ':'{words}")
    opened = rows[above][start : start + 1] if begun else ""
    hint = _hint(rows[at][:column], rows[at][column : column + 1], opened, above + 1)
    return YamlError(at + 1, f"{NOT_YAML}{hint and ': '}{hint}{words}")


def _hint(before: str, here: str, opened: str, line: int) -> str:
    """The most likely mistake at a place, or an empty text.

    `before` is the text before the place in its row, `here` the character at it (none at an end),
    `opened` the first character of what was being read there, from `line` on.
    """
    special = here if here in ("@", "`", "%") else before[-1:]
    misplaced = here == ":" or (here and not before.strip())
    hints = {
        "indent with spaces, not tabs": here == "\t",
        "a tab within a text; type a space": before[-1:] == "\t",
        "put a text with ': ' in quotes": here == ":" and ": " in before,
        f"a comma or the end of the '{opened}' on line {line} is missing": opened in ("[", "{"),
        f"the quote that begins on line {line} has no end": opened in ("'", '"') and not here,
        f"put a text that begins with '{special}' in quotes": special in tuple("@`%*&"),
        "this line does not line up with those above it": misplaced,
    }
    return next((hint for hint, applies in hints.items() if applies), "")


def look_alike(text: str) -> str:
    """ "'е' is a cyrillic small letter ie (U+0435), not 'e'"; empty if nothing looks like ASCII."""
    for character in text:
        plain = unicodedata.normalize("NFKC", character.translate(_LIKE))
        if not character.isascii() and plain.isascii() and plain.strip():
            return f"'{character}' is {_named(character)}, not '{plain}'"
    return ""


def _named(character: str) -> str:
    name = unicodedata.name(character, "character").lower()
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name} (U+{ord(character):04X})"


def _not_plain(character: str) -> str:
    """The message for an odd space or invisible character, which counts as a letter."""
    return f"{NOT_YAML}: {_named(character)} stands where only plain spaces may"


class _Loader(yaml.SafeLoader):
    """PyYAML's Python parser, with tabs as spaces except in indentation (YAML 1.2)."""

    def scan_to_next_token(self) -> None:
        super().scan_to_next_token()
        while self.peek() == "\t" and (self.flow_level or not self.allow_simple_key):
            self.forward()
            super().scan_to_next_token()


class _Builder:
    """Turns the parser's events into nodes, counting as it goes."""

    def __init__(self, events: Iterator[Any]) -> None:
        self.events = events
        self.line = 1  # The line up to which the text could be read
        self.anchors: dict[str, Node] = {}
        self.aliases = 0

    def document(self) -> Node | None:
        root: Node | None = None
        for event in self.events:
            line, begins = event.start_mark.line + 1, isinstance(event, yaml.DocumentStartEvent)
            if begins and root is not None:
                raise YamlError(line, "a second document (---) begins here")
            if begins:
                root = self.node(self.next(), 1)
        return root

    def next(self) -> Any:
        event = next(self.events)
        self.line = event.end_mark.line + 1
        return event

    def node(self, event: Any, depth: int) -> Node:
        line = event.start_mark.line + 1
        if depth > MAX_DEPTH:
            raise YamlError(line, f"nested deeper than {MAX_DEPTH} levels")
        if isinstance(event, yaml.AliasEvent):
            self.aliases += 1
            if self.aliases > MAX_ALIASES:
                raise YamlError(line, f"more than {MAX_ALIASES} aliases (*name)")
            if event.anchor not in self.anchors:
                raise YamlError(line, f"*{event.anchor} stands before &{event.anchor} is done")
            return replace(self.anchors[event.anchor], at=line)
        if event.tag is not None:
            raise YamlError(line, f"tags ({event.tag}) are not allowed")
        if isinstance(event, yaml.ScalarEvent):
            node = Node(_scalar(event), line, event.value)
        elif isinstance(event, yaml.SequenceStartEvent):
            items = []
            while not isinstance(item := self.next(), yaml.SequenceEndEvent):
                items.append(self.node(item, depth + 1))
            node = Node(items, line, size=1 + sum(item.size for item in items))
        else:
            node = self.mapping(line, depth)
        if node.size > MAX_NODES:
            raise YamlError(line, f"more than {MAX_NODES:,} values")
        if event.anchor:
            self.anchors[event.anchor] = node
        return node

    def mapping(self, line: int, depth: int) -> Node:
        entries: dict[str, Node] = {}
        while not isinstance(event := self.next(), yaml.MappingEndEvent):
            at = event.start_mark.line + 1
            if not isinstance(event, yaml.ScalarEvent) or event.tag or event.anchor:
                raise YamlError(at, "a key must be plain text")
            key = event.value
            _check_characters(event)
            if key == "<<" and not event.style:
                raise YamlError(at, "merge keys (<<) are not supported; write the settings out")
            if not event.style and (odd := re.search(_ODD, key)):
                raise YamlError(at, _not_plain(odd[0]))
            if key in entries:
                raise YamlError(at, f"'{key}' is here twice; first on line {entries[key].at}")
            entries[key] = replace(self.node(self.next(), depth + 1), at=at)
        return Node(entries, line, size=1 + sum(child.size for child in entries.values()))


def _check_characters(event: Any) -> None:
    if found := _CONTROL.search(event.value):
        code = f"U+{ord(found[0]):04X}"
        raise YamlError(event.start_mark.line + 1, f"control character {code} is not allowed")


def _scalar(event: Any) -> Scalar:
    """The value of a scalar; a number that is too large stays text."""
    text: str = event.value
    _check_characters(event)
    if event.style:  # quoted or a block; plain is None or ''
        return text
    if odd := _ODD_PLACE.search(text):
        mark = event.start_mark if odd["first"] else event.end_mark
        raise YamlError(mark.line + 1, _not_plain(odd["first"] or odd["last"]))
    if text in _WORDS:
        return _WORDS[text]
    if _INT.fullmatch(text) and len(text) <= 20:
        return int(text)
    if _FLOAT.fullmatch(text) and math.isfinite(float(text)):
        return float(text)
    return text
