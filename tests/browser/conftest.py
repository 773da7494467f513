"""A report of Lab 1 in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from labkit.reporting.render.pdf import browser as installed
from tests.builders.plans import SMALL, fake_plan
from tests.builders.reports import build_report
from tests.builders.stores import write_store


@pytest.fixture(scope="session")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """report.html of Lab 1's 18 cells, of invented numbers."""
    store = write_store(tmp_path_factory.mktemp("store"), fake_plan())
    (path,) = build_report(store.root, out=tmp_path_factory.mktemp("report"), formats=["html"])
    return path


@pytest.fixture(scope="session")
def small_report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with three cells, one of them failed, and a student's answers."""
    plan = fake_plan(SMALL, epochs=2)
    store = write_store(tmp_path_factory.mktemp("store"), plan, failed=[plan.cells[1].name])
    folder = tmp_path_factory.mktemp("report")
    answers = folder / "answers.md"
    answers.write_text("## 2. Evidence of mode collapse (if any)? What helped?\nMine: 99 %.\n")
    (path,) = build_report(store.root, out=folder, formats=["html"], answers_file=answers)
    return path


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A running browser; the tests are skipped where there is none."""
    api = pytest.importorskip("playwright.sync_api")
    with api.sync_playwright() as playwright:
        program = installed()
        if not program and not Path(playwright.chromium.executable_path).is_file():
            pytest.skip("no Chrome, Edge or Chromium is installed")
        running = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield running
        running.close()


@dataclass
class Opened:
    """A page, and whatever it should not have done."""

    page: Any
    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


@pytest.fixture
def opened(chromium: Any, report: Path) -> Iterator[Any]:
    """Open the report; keyword arguments are those of a new browser context."""
    contexts = []

    def open_page(width: int = 1440, path: Path = report, **options: Any) -> Opened:
        context = chromium.new_context(viewport={"width": width, "height": 900}, **options)
        context.set_default_timeout(20_000)
        contexts.append(context)
        found = Opened(context.new_page())
        found.page.on(
            "request",
            lambda r: None if r.url.startswith("data:") else found.requests.append(r.url),
        )
        found.page.on("pageerror", lambda error: found.errors.append(str(error)))
        found.page.on(
            "console",
            lambda said: found.errors.append(said.text) if said.type == "error" else None,
        )
        found.page.goto(path.as_uri(), wait_until="load")
        found.requests.remove(path.as_uri())
        return found

    yield open_page
    for context in contexts:
        context.close()
