"""What a reader does with the page: look, sort, filter, move, enlarge; on every screen."""

from __future__ import annotations

import csv
import gettext
import json
from pathlib import Path
from typing import Any

import pytest

from labkit.text.language import using
from tests.builders.plans import SMALL, fake_plan
from tests.builders.reports import build_report
from tests.builders.stores import write_store

pytestmark = pytest.mark.slow

WIDTHS = (360, 768, 1440)


def sources(page: Any) -> list[str]:
    return list(page.eval_on_selector_all(".moving img", "all => all.map(i => i.src)"))


def column(page: Any, label: str) -> list[str]:
    """A column of the results table as it stands, rows that are hidden left out."""
    return list(
        page.evaluate(
            """label => {
              const table = document.querySelector("#scores table.live");
              const heads = [...table.tHead.rows[0].cells].map((c) => c.textContent.trim());
              const k = heads.indexOf(label);
              return [...table.tBodies[0].rows].filter((r) => !r.hidden)
                .map((r) => r.cells[k].textContent.trim());
            }""",
            label,
        )
    )


def number(shown: str) -> float:
    """A value of the table as shown: "◆ 21.4", "< 0.1", "1,234"."""
    return float(shown.strip("◆< ").replace(",", ""))


@pytest.mark.parametrize("width", WIDTHS)
def test_it_fits_every_screen_asks_for_nothing_and_says_no_error(opened: Any, width: int) -> None:
    found = opened(width)
    page = found.page
    assert page.evaluate("document.documentElement.scrollWidth") == width
    page.evaluate("document.querySelectorAll('details').forEach((d) => (d.open = true))")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.locator("h1").is_visible()
    cut = page.evaluate(
        """() => [...document.querySelectorAll("main p, main li, main h2, main h3, main dd")]
          .filter((e) => !e.closest(".scroll") && e.getBoundingClientRect().width > 1
            && e.getBoundingClientRect().right > innerWidth + 1).map((e) => e.textContent)"""
    )
    assert cut == []
    assert found.requests == []
    assert found.errors == []


def test_the_epoch_slider_moves_all_grids_together(opened: Any) -> None:
    page = opened().page
    best = sources(page)
    assert len(best) == 12 + 3 * 6
    frames = json.loads(page.locator("#frames").text_content())
    kept = sorted({int(epoch) for of in frames.values() for epoch in of})
    assert kept[0] == 1
    assert kept[-1] == 10
    early, later = kept[1:3]
    page.locator("#epoch").fill(str(early))
    second = sources(page)
    assert all(a != b for a, b in zip(best, second, strict=True))
    captions = page.locator(".moving figcaption").all_text_contents()
    assert captions
    assert all(f"epoch {early}" in text for text in captions)
    alts = page.eval_on_selector_all(".moving img", "all => all.map(i => i.alt)")
    assert len(alts) == len(best)
    assert all(f"epoch {early}" in alt for alt in alts)
    assert page.locator(".slider output").text_content() == f"epoch {early} of 10"
    for _ in range(early, later):  # where an epoch is not kept, the one before it stays
        assert sources(page) == second
        page.locator("#epoch").press("ArrowRight")
    captions = page.locator(".moving figcaption").all_text_contents()
    assert all(f"epoch {later}" in text for text in captions)
    page.get_by_role("button", name="Best epochs").click()
    assert sources(page) == best


def test_a_slider_plays_once_to_its_end_and_can_be_paused(opened: Any) -> None:
    found = opened()
    page, range_ = found.page, found.page.locator("#epoch")
    page.clock.install()
    page.reload()
    bar, out = page.locator(".slider"), page.locator(".slider output")
    bar.get_by_role("button", name="Play").focus()
    page.keyboard.press("Enter")
    assert out.text_content() == "epoch 1 of 10"  # it stood at the last one
    assert out.get_attribute("aria-live") == "off"  # nobody hears every epoch
    page.clock.run_for(1500)
    here = int(range_.input_value())
    assert 1 < here < 10
    page.keyboard.press("Space")
    page.clock.run_for(3000)
    assert int(range_.input_value()) == here
    page.keyboard.press("Enter")
    page.clock.run_for(20_000)
    assert int(range_.input_value()) == 10
    assert bar.get_by_role("button", name="Pause").count() == 0
    assert out.get_attribute("aria-live") == "polite"
    page.keyboard.press("Enter")
    range_.press("ArrowRight")  # who moves it goes on by hand
    page.clock.run_for(5000)
    assert int(range_.input_value()) < 10
    page.locator('.moving img[data-view="interpolation"]').first.click()
    steps = page.locator("dialog input[type=range]")
    page.locator("dialog").get_by_role("button", name="Play").click()
    page.clock.run_for(300)
    assert 0 < int(steps.input_value()) < 15
    page.clock.run_for(10_000)
    assert int(steps.input_value()) == 15
    assert found.errors == []


def test_who_wants_no_motion_has_the_slider_alone(opened: Any) -> None:
    page = opened(reduced_motion="reduce").page
    assert page.locator("#epoch").is_visible()
    assert page.locator(".slider .play").count() == 1
    assert not page.locator(".slider .play").is_visible()


def test_the_script_speaks_the_language_of_the_page(opened: Any, tmp_path: Path) -> None:
    class Bracketed(gettext.NullTranslations):
        """Every text that went through the catalogue, and from where to where."""

        def gettext(self, message: str) -> str:
            return f"[{message}]"

        def info(self) -> dict[str, str]:
            return {"language": "de_AT"}

    store = write_store(tmp_path / "store", fake_plan(SMALL, epochs=3))
    with using(Bracketed()):
        (path,) = build_report(store.root, out=tmp_path / "report", formats=["html"])
    found = opened(path=path)
    page = found.page
    assert page.locator("html").get_attribute("lang") == "de-AT"
    page.locator("#epoch").fill("2")
    assert page.locator(".slider output").text_content() == "[epoch 2 of 3]"
    alts = page.eval_on_selector_all(".moving img", "all => all.map(i => i.alt)")
    assert alts
    # What was known of the best epoch is gone, what is known of this one is there once.
    assert all(alt.count("[epoch ") == 1 and "[epoch 2]" in alt for alt in alts)
    said = page.eval_on_selector_all(
        ".tools button, .slider button, .slider label, .slider output, .pair-section h3",
        "all => all.map(e => e.textContent)",
    )
    assert len(said) > 5
    assert all(text.startswith("[") and text.endswith("]") for text in said)
    assert found.errors == []


def test_the_table_sorts_filters_and_is_copied(opened: Any) -> None:
    page = opened(permissions=["clipboard-read", "clipboard-write"]).page
    head = page.locator("#scores table.live").first.get_by_role("button", name="Proxy FID")
    head.click()
    up = [number(v) for v in column(page, "Proxy FID")]
    assert up == sorted(up)
    assert head.locator("xpath=..").get_attribute("aria-sort") == "ascending"
    head.click()
    down = [number(v) for v in column(page, "Proxy FID")]
    assert down == sorted(up, reverse=True)

    box = page.get_by_role("searchbox", name="Filter rows").first
    box.fill("gan hinge mnist z64")
    assert column(page, "Run") == ["MNIST_GAN_hinge_z64"]
    assert page.locator("#scores .tools [role=status]").first.text_content() == "1 of 20 rows"
    page.get_by_role("button", name="Copy as CSV").first.click()
    page.get_by_role("button", name="Copied").wait_for()
    copied = list(csv.reader(page.evaluate("navigator.clipboard.readText()").splitlines()))
    assert len(copied) == 2
    assert copied[1][:2] == ["MNIST_GAN_hinge_z64", "MNIST"]
    assert float(copied[1][copied[0].index("Proxy FID")]) == pytest.approx(23.1, abs=0.05)
    box.fill("")
    assert len(column(page, "Run")) == 18 + 2  # the cells, and real images of both data sets


def test_the_theme_follows_the_system_until_it_is_chosen(opened: Any) -> None:
    def paper(page: Any) -> str:
        return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))

    light, dark = opened(color_scheme="light").page, opened(color_scheme="dark").page
    assert (paper(light), paper(dark)) == ("rgb(254, 254, 254)", "rgb(20, 23, 27)")
    light.get_by_label("Dark").check()
    dark.get_by_label("Light").check()
    assert (paper(light), paper(dark)) == ("rgb(20, 23, 27)", "rgb(254, 254, 254)")
    ink = light.locator("figure.plot svg text", has_text="discriminator").first  # a title
    assert ink.evaluate("e => getComputedStyle(e).fill") == "rgb(228, 231, 235)"


def test_pictures_enlarge_by_keyboard_and_arrows_move_on(opened: Any) -> None:
    page = opened().page
    first = page.locator(".moving .zoom").first
    first.focus()
    page.keyboard.press("Enter")
    box = page.locator("dialog.box")
    assert box.is_visible()
    words = box.locator("p").text_content()
    assert words.startswith("MNIST_GAN_hinge_z32")
    page.keyboard.press("ArrowRight")
    assert box.locator("p").text_content().startswith("MNIST_GAN_hinge_z64")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    assert box.locator("p").text_content().startswith("MNIST_GAN_bce_z128")
    page.keyboard.press("Escape")
    assert not box.is_visible()
    # Where one was before, one is again.
    assert first.evaluate("e => e === document.activeElement")


def test_everything_that_acts_is_reached_by_the_tab_key(opened: Any) -> None:
    page = opened().page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the report"
    unreachable = page.evaluate(
        """() => [...document.querySelectorAll("button, input, select, summary, a[href]")]
          .filter((e) => e.tabIndex < 0).map((e) => e.outerHTML.slice(0, 80))"""
    )
    assert unreachable == []


def test_an_interpolation_is_walked_step_by_step(opened: Any) -> None:
    page = opened().page
    page.locator("img[data-view=interpolation]").last.click()
    one = page.locator("dialog .one img")
    assert one.evaluate("e => e.style.left") == "0px"
    page.get_by_label("Step of the interpolation").fill("6")
    assert one.evaluate("e => [e.style.left, e.style.top]") == ["-600px", "-300px"]


def test_two_cells_stand_side_by_side(opened: Any) -> None:
    page = opened().page
    left, right = page.locator(".pair select").all()
    left.select_option("MNIST_GAN_bce_z64 samples")
    right.select_option("MNIST_VAE_latent16 samples")
    alts = page.eval_on_selector_all(".pair img", "all => all.map(i => i.alt)")
    assert ["MNIST_GAN_bce_z64" in alts[0], "MNIST_VAE_latent16" in alts[1]] == [True, True]
    before = page.eval_on_selector_all(".pair img", "all => all.map(i => i.src)")
    page.locator("#epoch").fill("1")
    after = page.eval_on_selector_all(".pair img", "all => all.map(i => i.src)")
    assert len(before) == 2
    assert all(a != b for a, b in zip(before, after, strict=True))


def test_a_claim_lights_up_its_cells(opened: Any) -> None:
    page = opened().page
    runs = "e => e.dataset.runs.split(' ').filter(Boolean)"
    sentence = page.locator(".sentence[data-runs*=MNIST_]").first
    sentence.hover()
    named = set(sentence.evaluate(runs))
    lit = page.eval_on_selector_all(".lit", "all => all.map(e => e.dataset.run)")
    assert named
    assert set(lit) == named
    page.mouse.move(0, 0)
    assert page.locator(".lit").count() == 0


def test_the_evidence_of_a_sentence_is_one_click_away(opened: Any) -> None:
    page = opened().page
    answer = page.locator(".computed").first
    runs = "e => e.dataset.runs.split(' ').filter(Boolean)"
    named = set(answer.locator(".prose .sentence[data-runs*=MNIST_]").first.evaluate(runs))
    rows = answer.locator(".findings tbody tr")
    assert rows.count() > 3
    assert not rows.first.is_visible()
    answer.locator(".evidence > summary").click()
    assert rows.first.is_visible()
    assert named <= set().union(*(row.evaluate(runs) for row in rows.all()))


def test_a_link_to_a_finding_opens_what_it_is_folded_in(opened: Any) -> None:
    page = opened().page
    row = page.locator(".findings tbody tr").last
    assert not row.is_visible()
    page.evaluate("id => { location.hash = id; }", row.get_attribute("id"))
    row.wait_for(state="visible")


def test_what_answers_a_question_is_bold_and_largest(opened: Any) -> None:
    page = opened().page
    style = (
        "e => { const s = getComputedStyle(e); return [+s.fontWeight, parseFloat(s.fontSize)]; }"
    )
    for answer in page.locator(".computed").all():
        point, prose = (answer.locator(name).first.evaluate(style) for name in (".point", ".prose"))
        assert point[0] >= 600 > prose[0]
        assert point[1] > prose[1]


@pytest.mark.parametrize("width", WIDTHS)
def test_without_script_everything_can_be_read(opened: Any, width: int) -> None:
    found = opened(width, java_script_enabled=False)
    page = found.page
    text = page.locator("main").inner_text()
    for phrase in (
        "Experiment Summary",
        "Proxy FID Scores Summary",
        "MNIST_GAN_hinge_z64",
        "Computed from your table by labkit",
        "How these numbers were made",
    ):
        assert phrase in text
    shown = page.locator("main img")
    assert shown.count() > 80
    assert all(shown.nth(k).is_visible() for k in range(0, shown.count(), 17))
    assert page.locator(".slider").count() == 0
    fold = page.locator("details.evidence").first
    fold.locator("summary").first.click()
    assert fold.locator("tbody tr").first.is_visible()
    assert found.requests == []


def test_reduced_motion_is_respected(opened: Any) -> None:
    behaviour = "getComputedStyle(document.documentElement).scrollBehavior"
    assert opened(reduced_motion="reduce").page.evaluate(behaviour) == "auto"
    assert opened(reduced_motion="no-preference").page.evaluate(behaviour) == "smooth"


@pytest.mark.parametrize("width", [360, 1440])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(
    opened: Any, small_report: Path, scheme: str, width: int
) -> None:
    """axe-core's rules for WCAG 2.2 AA and its own, everything unfolded."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    # The page's own policy forbids the script that a test brings along.
    options = {"color_scheme": scheme, "bypass_csp": True, "reduced_motion": "reduce"}
    page = opened(width, small_report, **options).page
    page.evaluate("document.querySelectorAll('details').forEach((d) => (d.open = true))")
    found = axe.run(page, options={"resultTypes": ["violations"]}).response["violations"]
    grave = [
        f"{v['id']}: {v['help']}: {v['nodes'][0]['html'][:160]}"
        for v in found
        if v["impact"] in ("serious", "critical")
    ]
    assert grave == []
