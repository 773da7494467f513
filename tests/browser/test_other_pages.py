"""The list of reports and the comparison of two results, in a real browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from labkit.reporting.compare.page import build_comparison
from labkit.reporting.index import write_index
from tests.builders.plans import fake_plan
from tests.builders.reports import build_report
from tests.builders.stores import write_store

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", params=["index", "comparison"])
def report(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is opened instead of a report."""
    root = tmp_path_factory.mktemp(request.param)
    seeds = (42, 43, 44)
    first = write_store(root / "first", fake_plan(seeds=seeds, epochs=2))
    if request.param == "index":
        for name in ("one", "two"):
            build_report(first.root, out=root / "reports" / name, formats=["html"])
        return write_index(root / "reports")
    second = write_store(root / "second", fake_plan(seeds=seeds, epochs=3))
    return build_comparison(first.root, second.root, root / "page.html")


@pytest.mark.parametrize("width", [360, 768, 1440])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_fetched_said_or_cut_and_everybody_can_use_it(
    opened: Any, scheme: str, width: int
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    # The page's own policy forbids the script that a test brings along.
    found = opened(width, color_scheme=scheme, bypass_csp=True, reduced_motion="reduce")
    page = found.page
    page.evaluate("document.querySelectorAll('details').forEach((d) => (d.open = true))")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    seen = axe.run(page, options={"resultTypes": ["violations"]}).response["violations"]
    grave = [f"{v['id']}: {v['nodes'][0]['html'][:160]}" for v in seen
             if v["impact"] in ("serious", "critical")]  # fmt: skip
    assert grave == []
    assert found.requests == []
    assert found.errors == []


def test_readable_without_javascript(opened: Any) -> None:
    page = opened(java_script_enabled=False).page
    assert "Proxy FID" in page.inner_text("main")
    assert page.locator("img").count() >= 4
    page.locator("#theme-dark").check()
    colour = page.locator("body").evaluate("(e) => getComputedStyle(e).backgroundColor")
    assert colour == "rgb(20, 23, 27)"
