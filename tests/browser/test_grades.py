"""The page of a class in a real browser: sorted, filtered, marked, exported, and read blind."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from labkit.grade.class_view import Class
from labkit.grade.marks import Mark, Marks, read_marks
from labkit.grade.page import page_html
from labkit.grade.record import THUMB, GradedAnswer, GradedCell, HandIn
from labkit.handin.ladder import Rung

pytestmark = pytest.mark.slow

GRID = base64.b64encode(bytes(i % 256 for i in range(THUMB**2))).decode()


def handin(number: int, name: str, words: str) -> HandIn:
    cell = GradedCell("MNIST_GAN_hinge_z64", f"{number}" * 64, "gan", "MNIST", number, "done",
                      {"proxy_fid": 10.0 + number}, thumb=GRID)  # fmt: skip
    said = "In 3 of 4 pairs hinge was ahead."
    answers = tuple(
        GradedAnswer(key, heading, words, f"<p>{words} {name}.</p>", len(words.split()),
                     ("12 %: matches no value",) if number == 2 else (), (said,))
        for key, heading in (("stability", "What was stable?"), ("mode_collapse", "Collapse?"))
    )  # fmt: skip
    second = Rung(2)
    if number == 3:
        second.fail("report/metrics.csv: not what these results give")
    return HandIn(f"{name}_{number}_assignsubmission_file_/lab.zip", name, f"Participant {number}",
                  author={"name": name, "id": f"99{number}"}, rungs=(Rung(1), second),
                  cells=(cell,) * number, answers=answers)  # fmt: skip


@pytest.fixture(scope="module")
def class_() -> Class:
    words = ("short words", "a longer answer that mentions hinge", "hinge and bce alike", "none")
    names = ("Ada Lovelace", "Grace Hopper", "Kurt Goedel", "Emmy Noether")
    made = [handin(i, *each) for i, each in enumerate(zip(names, words, strict=True), 1)]
    broken = HandIn("Alan Turing_5_assignsubmission_file_/lab.zip", "Alan Turing", "Participant 5",
                    problem="not a ZIP file")  # fmt: skip
    marks = Marks({(made[0].id, "stability"): Mark(1.5, "good")})
    return Class((*made, broken), None, marks)


@pytest.fixture(scope="module")
def report(class_: Class, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is opened instead of a report."""
    path = tmp_path_factory.mktemp("grades") / "index.html"
    path.write_text(page_html(class_), "utf-8")
    return path


def column(page: Any, number: int) -> list[str]:
    cells = page.locator(f"#glance tbody tr:visible > :nth-child({number})")
    return [text.strip() for text in cells.all_inner_texts()]


@pytest.mark.parametrize("width", [360, 1440])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_fetched_said_or_cut_and_everybody_can_use_it(
    opened: Any, scheme: str, width: int
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    found = opened(width, color_scheme=scheme, bypass_csp=True, reduced_motion="reduce")
    page = found.page
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    seen = axe.run(page, options={"resultTypes": ["violations"]}).response["violations"]
    grave = [f"{v['id']}: {v['nodes'][0]['html'][:160]}" for v in seen
             if v["impact"] in ("serious", "critical")]  # fmt: skip
    assert grave == []
    assert found.requests == []
    assert found.errors == []


def test_the_table_sorts_and_filters(opened: Any) -> None:
    page = opened().page
    assert column(page, 3) == ["1 of 1", "2 of 2", "3 of 3", "4 of 4", "0 of 0"]
    page.locator("#glance thead button", has_text="Cells done").click()
    assert column(page, 3)[0] == "0 of 0"
    page.locator("#glance thead button", has_text="Cells done").click()
    assert column(page, 3)[0] == "4 of 4"
    page.locator("#glance").get_by_role("searchbox").fill("failed")
    assert column(page, 1) == ["Kurt Goedel"]


def test_answers_are_found_and_ordered(opened: Any) -> None:
    page = opened().page
    page.locator("#find").fill("hinge longer")
    first = page.locator("#question-1 article.answer:visible h3")
    assert [text.split("\n")[0] for text in first.all_inner_texts()] == ["Grace Hopper6 words"]
    page.locator("#find").fill("")
    page.locator("#order").select_option("words")
    assert first.first.inner_text().startswith("Grace Hopper")


def test_points_are_summed_remembered_and_exported(
    opened: Any, class_: Class, tmp_path: Path
) -> None:
    found = opened(accept_downloads=True)
    page, grace = found.page, class_.handins[1].id
    total = page.locator(f"[data-total={grace}]")
    assert page.locator(f"[data-total={class_.handins[0].id}]").inner_text() == "1.5"
    assert total.inner_text() == "–"
    page.get_by_label("Points, Grace Hopper: What was stable?").fill("2")
    page.get_by_label("Points, Grace Hopper: Overall").fill("0.25")
    page.get_by_label("Comment, Grace Hopper: Overall").fill('=so "good",\nreally')
    assert total.inner_text() == "2.25"
    assert "2 of 8 answers have points" in page.locator("#marked").inner_text()
    page.reload()
    assert total.inner_text() == "2.25"
    with page.expect_download() as download:
        page.locator("#export").click()
    download.value.save_as(tmp_path / "points.csv")
    marks = read_marks(tmp_path / "points.csv")
    assert marks.of(grace, "stability") == Mark(2.0)
    assert marks.of(grace, "overall") == Mark(0.25, '=so "good",\nreally')
    assert marks.of(class_.handins[0].id, "stability") == Mark(1.5, "good")
    assert marks.points(grace) == 2.25
    assert found.errors == []
    # What is no number of points is not exported.
    page.get_by_label("Points, Grace Hopper: Overall").fill("-1")
    page.locator("#export").click()
    assert page.evaluate("document.activeElement.value") == "-1"


def test_blind_it_is_marked_all_the_same(opened: Any, class_: Class, tmp_path: Path) -> None:
    path = tmp_path / "blind.html"
    path.write_text(page_html(class_, blind=True), "utf-8")
    page = opened(path=path).page
    assert column(page, 1) == sorted(f"Hand-in {each.id[1:5]}" for each in class_.handins)
    said = page.content()
    for name in ("Lovelace", "Grace", "Kurt", "Emmy", "Turing", "991", "lab.zip", "Participant"):
        assert name not in said
    assert "short words ▮▮▮." in page.inner_text("main")
    kurt = class_.handins[2].id
    page.get_by_label(f"Points, Hand-in {kurt[1:5]}: What was stable?").fill("1")
    assert page.locator(f"[data-total={kurt}]").inner_text() == "1"


def test_what_cannot_be_read_is_marked_as_a_whole(opened: Any) -> None:
    page = opened().page
    assert page.locator("#question-1 article.answer").count() == 4
    assert page.locator("#question-3 article.answer").count() == 5
    assert column(page, 4) == ["passed", "passed", "passed", "passed", "no hand-in"]


def test_what_matches_nothing_is_said_once(opened: Any, tmp_path: Path) -> None:
    html = '<p><mark>12 %</mark><small class="aside">12 %: matches no value</small></p>'
    answer = GradedAnswer("stability", "What was stable?", "12 %", html, 2, ("12 %: matches none",))
    path = tmp_path / "one.html"
    path.write_text(page_html(Class((HandIn("a.zip", answers=(answer,)),))), "utf-8")
    page = opened(path=path).page
    assert page.locator("mark").is_visible()
    assert page.inner_text("#question-1").replace("\N{NO-BREAK SPACE}", " ").count("12 %:") == 1


def test_readable_without_javascript(opened: Any) -> None:
    page = opened(java_script_enabled=False).page
    assert "a longer answer that mentions hinge" in page.inner_text("main")
    assert "In 3 of 4 pairs hinge was ahead." in page.inner_text("main")
