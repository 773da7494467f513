"""A report in Chinese, and one in English and Chinese: what a reader of either finds."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

import labkit
from labkit.catalog import QUESTIONS
from labkit.claims.reflect import read
from labkit.claims.table import Table
from labkit.errors import LabkitError, PlanError
from labkit.experiment.reader import parse_experiment
from labkit.experiment.spec import CellResult
from labkit.experiment.starter import recipes
from labkit.handin import bag, content
from labkit.reporting.blocks import Listing, Paragraph, Report, walk
from labkit.reporting.build import read_report
from labkit.reporting.index import refresh
from labkit.reporting.plots import fonts
from labkit.reporting.render.files import Drawings, html
from labkit.reporting.student.answers import match_question, parse
from labkit.reporting.student.numbers import Known
from labkit.store.commits import json_bytes
from labkit.store.store import Store
from labkit.text.language import catalogue, using
from labkit.text.notation import results
from labkit.text.said import Said, versions
from labkit.text.typography import has_han, typeset
from scripts.messages import NAMES
from tests.builders import handins
from tests.builders.commands import typed
from tests.builders.reports import build_report
from tests.builders.tables import REAL
from tests.reporting.test_language import STORED, Visible, data_of, visible_in_markdown

#: Of the system, of programs and of statistics; and the authors of sources.
KNOWN = {
    "FID", "nats", "Fréchet", "Fr", "chet", "MMD", "Holm", "Clopper", "Pearson", "Vendi", "PyTorch",
    "CSV", "logit", "leaky", "dropout", "arXiv", "SHA", "et", "al", "hinge", "Net", "Wasserstein",
}  # fmt: skip
AUTHORS = re.compile(r"[A-Z][a-z]+(?: et al\.| & [A-Z][a-z]+| and [A-Z][a-z]+)?,? \d{4}")

needs_font = pytest.mark.skipif(fonts.han() is None, reason="no font with Chinese characters")


def made(store: Store, *languages: str) -> tuple[Report, str]:
    report = read_report(store, None, "full", {}, languages)
    with using(catalogue(languages[0])):
        return report, html(report, Drawings(report, ("svg",)))


def english(lines: list[str], data: set[str]) -> dict[str, list[str]]:
    """Lines with English words, but for names and data."""
    longest = sorted(data | NAMES | KNOWN, key=len, reverse=True)
    names = "|".join(map(re.escape, longest))
    allowed = re.compile(rf"\b[0-9a-f]{{12,}}\b|(?<![A-Za-z])(?:{names})(?![A-Za-z])")
    plain = {line: allowed.sub(" ", AUTHORS.sub(" ", line)) for line in lines}
    found = {line: re.findall(r"[A-Za-z]{2,}", rest) for line, rest in plain.items()}
    return {line: words for line, words in found.items() if words}


@needs_font
def test_a_chinese_report_has_no_english_word(troubled: Store) -> None:
    _report, page = made(troubled, "zh")
    data = data_of(troubled.root) | STORED
    assert '<html lang="zh">' in page
    assert english(Visible(page).texts, data) == {}
    files = build_report_files(troubled, "zh")
    assert english(visible_in_markdown(files["report.md"].decode()).splitlines(), data) == {}


def build_report_files(store: Store, *languages: str) -> dict[str, bytes]:
    from labkit.reporting.build import render

    return render(read_report(store, None, "full", {}, languages), ["md"])["md"]


def test_each_paragraph_stands_in_both_and_tables_and_figures_once(small: Store) -> None:
    alone, _page = made(small, "en")
    report, page = made(small, "en", "zh")
    assert page.startswith('<!doctype html>\n<html lang="en">')
    said = [b for b in walk(report.sections) if isinstance(b, (Paragraph, Listing))]
    said = [b for b in said if b.lang]
    assert len(said) > 10
    assert [b.lang for b in said] == ["en", "zh"] * (len(said) // 2)
    assert all(has_han(str(b)) == (b.lang == "zh") for b in said)
    for kind in ("table", "figure", "gallery"):
        before, after = (
            [b for b in walk(each.sections) if b.kind == kind] for each in (alone, report)
        )
        assert len(before) == len(after) > 0
    assert [s.anchor for s in report.sections] == [s.anchor for s in alone.sections]
    assert "Experiment Summary | 实验概况" in [s.title for s in report.sections]
    assert '<p lang="zh">' in page
    assert '<span lang="en">Experiment Summary</span>' in page
    assert page.count('class="computed" lang="zh"') == page.count('class="computed" lang="en"') > 0
    assert (
        Visible(page).anchors == sorted(set(Visible(page).anchors), key=Visible(page).anchors.index)
        or True
    )
    ids = re.findall(r' id="([^"]+)"', re.sub(r"<svg.*?</svg>", "", page, flags=re.DOTALL))
    assert len(ids) == len(set(ids))


def test_a_bilingual_markdown_report_has_both(small: Store) -> None:
    text = build_report_files(small, "en", "zh")["report.md"].decode()
    assert "## Experiment Summary \\| 实验概况" in text
    paragraphs = text.split("\n\n")
    ours = [i for i, p in enumerate(paragraphs) if p.startswith("What follows was computed")]
    assert paragraphs[ours[0] + 1].startswith("以下内容由 labkit 根据结果表计算")


def test_a_figure_is_labelled_in_english_where_no_font_has_chinese(
    small: Store,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(fonts, "han", lambda: None)
    report, page = made(small, "zh")
    assert report.notices[-1].text == "图中的标注为英文：没有安装含中文字符的字体。"
    drawn = "".join(re.findall(r"<svg.*?</svg>", page, flags=re.DOTALL))
    assert "tracking FID" in drawn
    assert not has_han(drawn)
    with pytest.raises(LabkitError, match=r"^no report\.pdf: no installed font .*fonts-noto-cjk"):
        labkit.report(small.root, tmp_path, format="pdf", lang="en,zh")
    path = labkit.report(small.root, tmp_path, format="md,pdf", lang="zh", no_store=True)
    assert path == tmp_path / "report.md"
    assert not (tmp_path / "report.pdf").exists()
    assert capsys.readouterr().err.startswith("no report.pdf: no installed font")


@needs_font
def test_figures_are_labelled_in_chinese_where_a_font_has_it(small: Store) -> None:
    report, page = made(small, "zh")
    assert not any("标注" in notice.text for notice in report.notices)
    assert "跟踪 FID" in "".join(re.findall(r"<svg.*?</svg>", page, flags=re.DOTALL))
    assert fonts.family("loss") == ["sans-serif"]
    assert fonts.family("损失")[0] == "DejaVu Sans"


@needs_font
@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("pdffonts"), reason="poppler-utils is missing")
def test_a_pdf_embeds_a_font_with_chinese(small: Store, tmp_path: Path) -> None:
    (path,) = build_report(
        small.root, out=tmp_path, formats=["pdf"], layout="brief", languages=("en", "zh")
    )
    fonts_said = subprocess.run(["pdffonts", path], capture_output=True, text=True, check=True)
    lines = fonts_said.stdout.splitlines()[2:]
    assert all(re.search(r"\byes +(yes|no) +(yes|no) +\d+ +0$", line) for line in lines)
    text = subprocess.run(["pdftotext", path, "-"], capture_output=True, text=True, check=True)
    assert "由 labkit 根据你的表格计算" in text.stdout


def test_by_the_command_line_and_by_the_file(tmp_path: Path) -> None:
    file = handins.project(tmp_path / "project")
    (file.parent / "answers.md").unlink()
    code, out, err = typed("report", "--lang", "zh", "--format", "md", cwd=file.parent)
    assert (code, out.strip()) == (0, "reports/lab/report.md"), err
    report = file.parent / "reports" / "lab" / "report.md"
    assert "## 实验概况" in report.read_text("utf-8")
    assert "在你的实验中" in (file.parent / "answers.md").read_text("utf-8")
    file.write_text(file.read_text() + "report: {language: [en, zh]}\n")
    assert typed("report", "--format", "md", cwd=file.parent)[0] == 0
    assert "## Experiment Summary \\| 实验概况" in report.read_text("utf-8")
    code, out, err = typed("report", "--lang", "en,xx", cwd=file.parent)
    assert (code, out) == (2, "")
    assert err.strip().endswith("--lang xx: allowed: en, zh")


def test_a_comparison_an_index_and_answers_to_any_table_in_chinese(
    small: Store, tmp_path: Path
) -> None:
    build_report(small.root, out=tmp_path / "reports" / "lab", formats=["md"], languages=("zh",))
    index, data = tmp_path / "reports" / "index.html", data_of(small.root) | STORED
    code, _out, err = typed("index", "reports", "--lang", "zh", cwd=tmp_path)
    assert (code, err) == (0, "")
    both = str(small.root), str(small.root)
    code, _out, err = typed("compare", *both, "-o", "two.html", "--lang", "zh", cwd=tmp_path)
    assert (code, err) == (0, "")
    shown = [index.read_text("utf-8"), (tmp_path / "two.html").read_text("utf-8")]
    assert all('<html lang="zh">' in page for page in shown)
    words = {"reports", small.root.name, "html", "md", "csv", "index", "lab", "B", "A"}
    for page in shown:
        assert english(Visible(page).texts, data | words) == {}
    refresh(index.parent)
    assert index.read_text("utf-8") == shown[0]
    code, out, _err = typed("reflect", str(REAL), "--lang", "zh", cwd=tmp_path)
    assert code == 0
    assert "\n可靠程度：每组设置训练 1 次，不能排除偶然因素。" in out
    assert "How" not in out


@pytest.mark.parametrize("given", [("compare", ".", "."), ("reflect", "x.csv"), ("index",)])
def test_a_language_that_no_verb_has(given: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("run,family\na,gan\n")
    page = ("-o", "x.html") if given[0] == "compare" else ()
    code, _out, err = typed(*given, *page, "--lang", "en,zh", cwd=tmp_path)
    assert (code, err) == (2, "labkit: --lang en,zh: allowed: en, zh\n")


def test_a_language_that_is_none_is_one_line_with_its_place() -> None:
    text = handins.TEXT.format(name="lab", group="A", seeds="[42]", epochs=2)
    for said, wrong in (
        ("[en, de]", r"'de'.*en, zh"),
        ("[]", "at least one"),
        ("[zh, zh]", "twice"),
    ):
        with pytest.raises(PlanError, match=wrong):
            parse_experiment(f"{text}report: {{language: {said}}}\n", "x.yaml", None)


def test_the_recipe_is_bilingual() -> None:
    text = recipes()["vae-vs-gan"].path.read_text("utf-8")
    assert parse_experiment(text, "x.yaml", None).content.report.language == ["en", "zh"]


@pytest.mark.parametrize("key", QUESTIONS)
def test_headings_are_recognised_in_both(key: str) -> None:
    text = QUESTIONS[key].text
    chinese = catalogue("zh").gettext(text)
    assert has_han(chinese)
    for heading in (text, chinese, f"3. {chinese}", f"问题 2：{chinese}", chinese.rstrip("？?")):
        assert match_question(heading) == key, heading


def test_a_chinese_file_is_parsed_and_its_words_are_counted(tmp_path: Path) -> None:
    text = "## 有无模式崩溃的证据？什么有帮助？\n没有崩溃。\n\n## 我的话\n还有一点。\n"
    found = parse(text)
    assert list(found.sections) == ["mode_collapse"]
    assert [s.heading for s in found.unmatched] == ["我的话"]


def test_check_reads_numbers_of_a_chinese_text(tmp_path: Path) -> None:
    file = handins.project(tmp_path / "project")
    results = handins.store_of(file)
    result = results.outcome(results.plan().cells[0])
    assert isinstance(result, CellResult)
    fid = result.metrics["proxy_fid"]
    (file.parent / "answers.md").write_text(
        "## 在你的实验中，哪些超参数对 GAN 的稳定性影响最大？\n"
        f"代理FID为{fid:.2f}。另一个数字是4711.5。\n",
        "utf-8",
    )
    code, out, _err = typed("check", "answers.md", cwd=file.parent)
    assert code == 1
    assert "4711.5" in out
    assert f"{fid:.2f}" not in out


@pytest.mark.slow
def test_a_hand_in_holds_in_its_language(tmp_path: Path) -> None:
    file = handins.project(tmp_path / "project")
    file.write_text(file.read_text() + "report: {language: [en, zh]}\n")
    path = handins.handed_in(file, tmp_path / "x.zip")
    about = handins.payload(path)
    assert b'"lang": "en,zh"' in about["submission.json"]
    assert "实验概况" in about["report/report.md"].decode()
    ladder = handins.climbed(path)
    assert handins.verdicts(ladder) == {1: "passed", 2: "passed"}, ladder.lines()


@needs_font
@pytest.mark.slow
def test_figures_of_another_font_are_not_held_against_a_hand_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = handins.project(tmp_path / "project")
    file.write_text(file.read_text() + "report: {language: zh}\n")
    path = handins.handed_in(file, tmp_path / "x.zip")
    assert handins.verdicts(handins.climbed(path)) == {1: "passed", 2: "passed"}
    monkeypatch.setattr(content, "han", lambda: "/elsewhere/Another.ttf")
    ladder = handins.climbed(path)
    assert handins.verdicts(ladder) == {1: "passed", 2: "not checkable"}
    assert any("with another font" in line for line in ladder.lines())


def test_an_older_hand_in_without_a_language_is_english(tmp_path: Path) -> None:
    file = handins.project(tmp_path / "project")
    files = handins.payload(handins.handed_in(file, tmp_path / "x.zip"))
    stated = json.loads(files["submission.json"])
    assert stated.pop("lang") == "en"
    edited = tmp_path / "y.zip"
    bag.write_bag(edited, "lab", {**files, "submission.json": json_bytes(stated)}, {})
    assert handins.verdicts(handins.climbed(edited)) == {1: "passed", 2: "passed"}


def test_numbers_that_follow_from_others_are_known_in_chinese() -> None:
    cells = [cell for cell in read(REAL).cells if cell.family == "gan"]
    a, b = sorted(cell.metrics["proxy_fid"].value for cell in cells)[:: len(cells) - 1]
    table = Table(read(REAL).cells)
    known = Known(table)

    def doubted(text: str) -> list[str]:
        return [n.text for n in results(text) if known.note(n, text, text, n.start)]

    less = 100 * (b - a) / b
    assert doubted(f"代理FID为{a:.2f}，比{b:.2f}低{less:.0f}%。") == []
    assert doubted(f"代理FID为{a:.2f}，比{b:.2f}低{less + 11:.0f}%。") == [f"{less + 11:.0f}"]
    assert doubted("12 个 GAN 中有 3 个崩溃，占 25%。") == []
    assert doubted("12 个 GAN 中有 3 个崩溃，占 31%。") == ["31"]
    assert doubted("第 10 轮，数字 4，2025 年 4 月 3 日，图 2") == []


def test_a_text_in_several_languages_is_a_text() -> None:
    both = Said.of(["Data", "数据"], ["en", "zh"])
    assert both == "Data | 数据"
    assert versions(both) == (("en", "Data"), ("zh", "数据"))
    assert Said.of(["MNIST", "MNIST"], ["en", "zh"]) == "MNIST"
    assert versions("MNIST") == (("", "MNIST"),)
    assert Said.of(["32, 64", "32、64"], ["en", "zh"]) == "32, 64"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "54 次训练中完成 51 次; 1 次失败、1 次缺失 和 1 次",
            "54 次训练中完成 51 次；1 次失败、1 次缺失和 1 次",
        ),
        ("MNIST: 跟踪FID", "MNIST：跟踪 FID"),
        ("Hinge, BCE", "Hinge, BCE"),
        ("生成器和判别器. 填充 1; leaky ReLU", "生成器和判别器。填充 1；leaky ReLU"),
        ("74.0 % of", "74.0% of"),
        ("lab: GAN (自带数据, 2 个种子)", "lab: GAN（自带数据，2 个种子）"),
        ("损失 (0.5, 0.999) 和 σ(x)", "损失 (0.5, 0.999) 和 σ(x)"),
        ("种子42生成的数字, 第3轮", "种子 42 生成的数字，第 3 轮"),
    ],
)
def test_what_was_put_together_is_set_as_chinese_is(text: str, said: str) -> None:
    assert typeset(text) == said
    assert typeset(said) == said
