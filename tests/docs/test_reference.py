"""docs/reference.md says what the code says; `make docs` writes it."""

from __future__ import annotations

import inspect
import re

import pytest

from labkit.cli import app
from scripts.make_docs import TARGET, reference

PYTHON = "## From Python"


def test_functions_and_catalog_are_as_the_code_has_them() -> None:
    written, made = TARGET.read_text("utf-8"), reference()
    assert written.split(PYTHON)[1] == made.split(PYTHON)[1], "run `make docs`"


@pytest.mark.parametrize("command", app.registered_commands, ids=lambda c: c.callback.__name__)
def test_verbs_are_as_the_code_has_them(command) -> None:  # type: ignore[no-untyped-def]
    """Their words only: how ``--help`` is laid out is Typer's affair, and changes with it."""
    verb = command.name or command.callback.__name__
    sections = re.split(r"^### labkit (\w+)$", TARGET.read_text("utf-8"), flags=re.M)
    section = dict(zip(sections[1::2], sections[2::2], strict=True))[verb]
    plain = " ".join(section.split())
    assert " ".join(command.callback.__doc__.split("\n\n")[0].split()) in plain, "run `make docs`"
    for parameter in inspect.signature(command.callback, eval_str=True).parameters.values():
        for about in getattr(parameter.annotation, "__metadata__", ()):
            for words in (*(about.param_decls or ()), about.help or ""):
                assert words in plain, "run `make docs`"
