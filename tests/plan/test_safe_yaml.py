"""The reader of YAML: values, lines, and what it makes of any text."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from labkit.experiment.safe_yaml import YamlError, parse


def plain(text: str) -> Any:
    tree = parse(text)
    return None if tree is None else tree.plain()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2e-4", 2e-4),
        ("2.0e-4", 2e-4),
        (".5", 0.5),
        ("1.", 1.0),
        ("-3", -3),
        ("+3", 3),
        ("007", 7),
        ("'7'", "7"),
        ("true", True),
        ("off", "off"),
        ("no", "no"),
        ("~", None),
        ("''", ""),
        ("1:30", "1:30"),
        ("2024-01-01", "2024-01-01"),
        ("0x10", "0x10"),
        (".inf", ".inf"),
        ("1e999", "1e999"),
        ("9" * 20, 10**20 - 1),
        ("9" * 21, 1e21),
        ("a:\t1", {"a": 1}),
        ("a: 1\t", {"a": 1}),
        ("a: 1\t# one", {"a": 1}),
        ("a: [1,\t2,\n\t3]", {"a": [1, 2, 3]}),
        ("a:\t\n  b: 1", {"a": {"b": 1}}),
        ("[a, {b: 1}]", ["a", {"b": 1}]),
        ("1: x", {"1": "x"}),
    ],
)
def test_scalars(text: str, value: Any) -> None:
    found = plain(text)
    assert (found, type(found)) == (value, type(value))


def test_lines() -> None:
    tree = parse("a: 1\nb:\n  c:\n    - x\n    - y: 2\nd: &z [1,\n 2]\ne: *z\n")
    assert tree is not None
    wanted = {("a",): 1, ("b",): 2, ("b", "c"): 3, ("b", "c", 0): 4, ("b", "c", 1, "y"): 5,
              ("d", 1): 7, ("e",): 8}  # fmt: skip
    assert {path: tree.line(*path) for path in wanted} == wanted
    assert tree.line("b", "nowhere", "at all") == 2
    assert (tree.has("b", "c", 1), tree.has("b", "c", 2), tree.has("a", "x")) == (
        True,
        False,
        False,
    )


def test_merging_keeps_lines() -> None:
    tree = parse("a: {b: 1, c: [1, 2]}\np:\n  a:\n    c: [3]\n    d: 4\n")
    assert tree is not None
    patch = tree.child("p")
    assert patch is not None
    merged = tree.merged(patch)
    assert merged.plain()["a"] == {"b": 1, "c": [3], "d": 4}
    assert (merged.line("a", "b"), merged.line("a", "c"), merged.line("a", "d")) == (1, 4, 5)


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(
        # Odd spaces are refused at a plain text's ends, where PyYAML writes them.
        st.characters(
            exclude_categories=["Cc", "Cf", "Cs", "Zl", "Zp", "Zs"], include_characters=" "
        )
    ),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc", max_size=3), inner),
    max_leaves=12,
)


@settings(deadline=None)
@given(VALUES)
def test_what_pyyaml_writes_is_read_back(value: Any) -> None:
    text = yaml.safe_dump(value, allow_unicode=True)
    assert plain(text.removesuffix("...\n")) == value


@settings(deadline=None, max_examples=300)
@given(st.text() | st.text("ab:-[]{}&*!|>'\"#?,% \n\t\u00a0", max_size=40))
def test_any_text_is_a_value_or_one_error(text: str) -> None:
    error = None
    try:
        plain(text)
    except YamlError as caught:
        error = caught
    lines = len(re.split("[\n\r\x85\u2028\u2029]", text))
    assert error is None or (1 <= error.line <= lines and str(error).isprintable())
