"""docs/reference.md says what the code says; `make docs` writes it."""

from __future__ import annotations

import inspect
import re

import pytest

from labkit.cli import VERBS, function
from scripts.make_docs import TARGET, reference

PYTHON = "## From Python"


def test_functions_and_catalog_are_as_the_code_has_them() -> None:
    written, made = TARGET.read_text("utf-8"), reference()
    assert written.split(PYTHON)[1] == made.split(PYTHON)[1], "run `make docs`"


@pytest.mark.parametrize("verb", VERBS)
def test_verbs_are_as_the_code_has_them(verb: str) -> None:
    """Their words only: how ``--help`` is laid out is Typer's affair, and changes with it."""
    called = function(verb)
    sections = re.split(r"^### labkit (\w+)$", TARGET.read_text("utf-8"), flags=re.M)
    section = dict(zip(sections[1::2], sections[2::2], strict=True))[verb]
    plain = " ".join(section.split())
    line = " ".join((called.__doc__ or "").split("\n\n")[0].split())
    assert line == VERBS[verb][1], "the line of help that `labkit --help` shows"
    assert line in plain, "run `make docs`"
    for parameter in inspect.signature(called, eval_str=True).parameters.values():
        for about in getattr(parameter.annotation, "__metadata__", ()):
            for words in (*(about.param_decls or ()), about.help or ""):
                assert words in plain, "run `make docs`"
