"""Targets in the views: the report's lists, the map's panel, the region map's links, hostile names."""

from __future__ import annotations

import html
import io
import json
import re
import zipfile
from dataclasses import replace

import openpyxl
import pytest

import chaingraph as cg
from chaingraph.analysis.study import open_study, region_state
from chaingraph.views.facts.products import gather_facts
from chaingraph.views.facts.targets import choose_targets, read_rows
from chaingraph.views.figures import build_figure
from chaingraph.views.report.build import FORMATS, build_report, render_report
from chaingraph.views.sitemap.build import build_region_map
from tests.browser import ARGUMENTS, Watched, find_chromium
from tests.helpers_report import Page, from_document, rendered, report

EVIL = ("<script>window.hit=1</script>", "=1+1", '"><img src=x onerror=window.hit=1>')


@pytest.fixture(scope="module")
def targets(qujing):
    return cg.rank_targets(qujing, cg.find_gaps(qujing, draws=0))


@pytest.fixture(scope="module")
def toy_targets(toy):
    return cg.rank_targets(toy, limit=5)


@pytest.fixture(scope="module")
def evil(toy_targets):
    """Return targets of the toy dataset whose every text is hostile."""
    frame = toy_targets.frame.copy()
    for number, name in enumerate(("group_zh", "reasons_zh", "reasons_en", "nearest_site")):
        frame[name] = [EVIL[(number + i) % len(EVIL)] for i in range(len(frame))]
    frame["restricted"] = frame["restricted_zh"] = EVIL[0]
    frame["sources"] = "javascript:window.hit=1 http://ok.example/?a=<b>&c"
    return replace(toy_targets, frame=frame)


def section(found, key="targets"):
    return next(part for part in found.sections if part.key == key)


# --- report


def test_the_page_shows_the_first_gaps_with_reasons(targets):
    shown = section(report("qujing", "zh"))
    page, every = shown.tables
    frame = targets.frame
    gaps = sorted(set(frame["gap_rank"]))[:10]
    first = frame.groupby(["gap_rank", "target_list"]).cumcount() < 3
    expected = frame[frame["gap_rank"].isin(gaps) & first]
    assert len(page.rows) == len(expected)
    assert len(every.rows) == len(frame)
    place = [column.key for column in page.columns]
    who, where = place.index("group"), place.index("list")
    words = {"外引": "outside", "本地已有、可增建": "local", "供应商（签长协）": "supplier"}
    assert [words[row.cells[where].text] for row in page.rows] == expected["target_list"].tolist()
    assert set(expected["target_list"]) == set(words.values())
    text = rendered("qujing", "zh", "html")
    for row, target in zip(page.rows, expected.itertuples(), strict=True):
        if not target.group_zh.isascii():  # a site without a group stands by its name
            assert row.cells[who].text == target.group_zh
        first, *last = row.cells[place.index("target-rank")].text.split("\u2013")
        assert int(first) <= target.rank <= int((last or [first])[0])
        assert html.escape(row.cells[-1].text, quote=False) in text.replace("&#39;", "'")
        if isinstance(target.nearest_site, str):  # a group may have projects only
            assert target.nearest_site.strip() in row.cells[-2].text
    assert "chaingraph backtest" in shown.paragraphs[1].text
    assert [s.key for s in report("qujing", "zh").sections][3:6] == ["gaps", "targets", "anchors"]


def test_what_a_target_needs_first_comes_first(qujing):
    asked = cg.rank_targets(qujing, "alumina", limit=5)  # contracts, so on no list of recruiting
    restricted = asked.frame.dropna(subset=["restricted"])
    assert len(restricted)
    for lang, said in (("zh", "先决条件"), ("en", "needs first: ")):
        page, every = section(build_report(qujing, targets=asked, lang=lang)).tables
        first = [row.cells[-1].text for row in page.rows]
        assert first
        assert all(text.startswith(said) for text in first)
        place = [column.key for column in every.columns]
        needs = [row.cells[place.index("needs-first")].value for row in every.rows]
        assert sum(value is not None for value in needs) == len(restricted)
        assert not any(
            row.cells[place.index("reasons")].text.startswith(said) for row in every.rows
        )


def test_sources_are_one_click_away(targets):
    text = rendered("qujing", "zh", "html")
    table = text[text.index('id="table-targets"') :]
    links = set(re.findall(r'href="(http[^"]+)"', table[: table.index("</table>")]))
    frame = targets.frame[targets.frame["gap_rank"] <= 2]
    first = frame[frame.groupby(["gap_rank", "target_list"]).cumcount() < 3]
    wanted = {url for urls in first["sources"].dropna() for url in urls.split()}
    assert wanted
    assert {html.escape(url) for url in wanted if "|" not in url} <= links


def test_gaps_that_nobody_makes_are_named(targets):
    said = " ".join(p.text for p in section(report("qujing", "en")).paragraphs)
    names = [params["product"] for key, params in targets.notes]
    assert all(name in said for name in names)
    assert names
    assert said.count("in the data") >= len(names)
    assert "recycled_aluminium_qujing" not in said


@pytest.mark.slow
def test_the_sheet_holds_all_targets(targets):
    book = openpyxl.load_workbook(io.BytesIO(rendered("qujing", "zh", "xlsx")))
    sheet = book["招商目标清单"]
    assert sheet.auto_filter.ref
    assert sheet.freeze_panes
    assert sheet.print_title_rows
    top = int(re.findall(r"\d+", sheet.auto_filter.ref)[0])
    head = [cell.value for cell in sheet[top]]
    assert head[:2] == ["缺口序号", "产品"]
    rows = list(sheet.iter_rows(min_row=top + 1, max_row=top + len(targets.frame)))
    for row, target in zip(rows, targets.frame.itertuples(), strict=True):
        assert row[0].value == target.gap_rank
        assert row[head.index("名次")].value == target.rank
        assert row[head.index("得分")].value == pytest.approx(target.score, abs=0.005)
        urls = target.sources.split() if isinstance(target.sources, str) else []
        if urls and "[" not in urls[0]:
            assert row[head.index("来源链接 1")].hyperlink.target == urls[0]
    anchors = book["以商招商"]
    assert anchors.auto_filter.ref


@pytest.mark.slow
def test_the_document_has_the_short_list():
    tables = from_document(rendered("qujing", "zh", "docx"))
    page = section(report("qujing", "zh")).tables[0]
    number = [t.key for s in report("qujing", "zh").sections for t in s.page_tables].index(
        "targets"
    )
    who = [column.key for column in page.columns].index("group")
    assert [row[who] for row in tables[number]] == [row.cells[who].text for row in page.rows]


def test_followers_of_anchors(qujing):
    table = section(report("qujing", "en"), "anchors").tables[0]
    frame = cg.find_anchors(qujing).frame
    place = [column.key for column in table.columns]
    for row in table.rows:
        own = frame[frame["enterprise_en"] == row.cells[0].value]
        assert row.cells[place.index("product")].value in set(own["name_en"])
    followed = [row.cells[place.index("followers")].text for row in table.rows]
    assert any("特变电工" in text for text in followed)
    assert not any("(polysilicon" in text for text in followed)


@pytest.mark.slow
def test_a_given_result_is_shown_and_false_shows_none(qujing, targets):
    one = cg.rank_targets(qujing, "silver_paste", limit=2)
    found = build_report(qujing, targets=one, lang="en")
    rows = section(found).tables[1].rows
    assert [row.cells[1].value for row in rows] == ["PV silver paste"] * 2
    without = build_report(qujing, targets=False)
    assert "targets" not in [part.key for part in without.sections]
    again = build_report(qujing, targets=targets, lang="zh")
    assert render_report(again, "html") == rendered("qujing", "zh", "html")


def test_what_is_no_result_of_this_region_is_refused(toy, targets):
    for wrong in (cg.find_gaps(toy, draws=0), targets):
        with pytest.raises(cg.OptionError, match="targets must be a result of rank_targets"):
            build_report(toy, targets=wrong)


def test_hostile_targets_do_nothing_in_a_report(toy, evil):
    found = build_report(toy, targets=evil, lang="en")
    data = {format_: render_report(found, format_) for format_ in FORMATS}
    page = Page(str(data["html"]))
    assert not page.elements & {"script", "img"}
    assert not [link for link in page.links if "javascript" in link]
    assert "<script>" in "".join(page.text)
    book = openpyxl.load_workbook(io.BytesIO(data["xlsx"]))  # type: ignore[arg-type]
    cells = [cell for sheet in book for line in sheet.iter_rows() for cell in line]
    assert not [cell for cell in cells if cell.data_type == "f"]
    assert any(cell.value == "=1+1" for cell in cells)
    assert not [c for c in cells if c.hyperlink and "javascript" in str(c.hyperlink.target)]
    archive = zipfile.ZipFile(io.BytesIO(data["docx"]))  # type: ignore[arg-type]
    assert "<script" not in archive.read("word/document.xml").decode()
    assert "<script" not in re.sub(r"\\<", "", str(data["md"]))


# --- chain map


def page_data(page):
    return json.loads(re.search(r'id="data">(.*?)</script>', page, re.DOTALL)[1])


def test_the_map_holds_three_targets_a_gap(qujing, targets):
    made = cg.build_chain_map(qujing, chain="battery")
    boxes = [box for box in page_data(made.page)["boxes"] if "t" in box]
    gaps = cg.find_gaps(qujing, chain="battery", draws=0).frame
    assert 0 < len(boxes) <= 30
    assert {box["id"] for box in boxes} & set(gaps["product_id"].head(5))
    for box in boxes:
        own = targets.frame[targets.frame["product_id"] == box["id"]]
        own = own[own.groupby("target_list").cumcount() < 3]
        if len(own):
            assert [row["l"] for row in box["t"]] == own["target_list"].tolist()
            assert [row["zh"] for row in box["t"]] == own["group_zh"].tolist()
    assert cg.build_chain_map(qujing, chain="battery").page == made.page
    without = cg.build_chain_map(qujing, chain="battery", targets=False).page
    assert '"t":' not in without
    assert len(made.page) - len(without) < 70_000  # two lists of three a gap


@pytest.mark.browser
def test_the_panel_names_targets_and_runs_nothing(qujing, toy, evil, tmp_path):
    playwright = pytest.importorskip("playwright.sync_api")
    alumina = cg.rank_targets(qujing, "alumina", limit=3)
    cg.save_chain_map(qujing, tmp_path / "map.html", targets=alumina)
    cg.save_chain_map(toy, tmp_path / "evil.html", targets=evil)
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=find_chromium(), args=ARGUMENTS)
        watched = Watched(chromium.new_page())
        page = watched.open(tmp_path / "map.html")
        page.evaluate("chainmap.show('all')")
        page.evaluate("chainmap.open('alumina', true)")
        own = alumina.frame
        items = page.locator("#panel li.target").all_inner_texts()
        assert [item.split()[0] for item in items] == own["group_zh"].tolist()
        assert "生产本产品" in items[0]
        assert "先决条件" not in items[0]
        assert "限制条件" in page.inner_text("#panel")
        links = page.eval_on_selector_all("#panel li.target a", "all => all.map(a => a.href)")
        assert own["sources"].iloc[0].split()[0] in links
        page.click("#language")
        assert "Recruitment targets" in page.inner_text("#panel")
        page = watched.open(tmp_path / "evil.html")
        for key in evil.frame["product_id"].unique().tolist():
            page.evaluate("key => chainmap.open(key, true)", key)
            assert page.locator("#panel li.target").count() > 0
        assert page.evaluate("window.hit") is None
        hrefs = page.eval_on_selector_all("a", "all => all.map(a => a.href)")
        chromium.close()
    outside = [href for href in hrefs if "#topic-" not in href and "#lines-title" not in href]
    assert not [href for href in outside if not href.startswith("http")]
    assert watched.errors == []
    assert watched.requests == []


# --- region map


def links(drawing):
    return re.findall(r'data-target="([^"]*)"', drawing)


@pytest.fixture(scope="module")
def ranked(qujing):
    """Return the targets of the first gaps and the map of the region with them."""
    state = region_state(open_study(qujing), None)
    chosen = choose_targets(state, asked=None, first=10)
    return chosen, build_region_map(gather_facts(state), targets=chosen)


def test_a_region_map_without_targets_has_no_links(qujing):
    without = build_figure(qujing, figure="region", targets=False)
    assert links(without.drawings[0]) == []
    assert "招商目标最近" not in without.page


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_link_for_each_target_elsewhere(qujing, ranked, lang):
    made = build_figure(qujing, figure="region", lang=lang)
    chosen, drawn = ranked
    ties = [tie for tie in drawn.ties if tie.target]
    elsewhere = [target for target in read_rows(chosen) if target.listed != "local"]
    assert len(ties) == len(elsewhere) < len(chosen.frame)
    far = {(tie.name(lang), tie.lat, tie.lon) for tie in ties if tie.far}
    assert len(links(made.drawings[0])) == len(far) > 5
    assert {"zh": "招商目标最近的工厂", "en": "Nearest site of a target"}[lang] in made.drawings[0]
    table = made.page[made.page.index({"zh": "距离（公里）", "en": "Distance (km)"}[lang]) :]
    assert table[: table.index("</table>")].count("<tr>") == len(ties)
    for tie, target in zip(ties, elsewhere, strict=True):
        assert tie.distance_km == pytest.approx(target.distance_km, nan_ok=True)
        assert not tie.far or tie.distance_km > 20


def test_hostile_targets_do_nothing_on_a_region_map(toy, evil):
    made = build_figure(toy, figure="region", targets=evil, lang="en")
    assert "<script" not in made.page
    assert "<img" not in made.page
    assert build_figure(toy, figure="region", targets=evil, lang="en").page == made.page
