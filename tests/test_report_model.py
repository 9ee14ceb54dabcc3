"""The model of a report: what stands in it, bad options, data without figures, hostile names."""

from __future__ import annotations

import io
import json
import math
import re
import zipfile

import openpyxl
import pytest

import chaingraph as cg
from chaingraph.views.drawing import fonts, raster
from chaingraph.views.drawing.raster import UnknownShapeError, latin, rasterise
from chaingraph.views.report import model
from chaingraph.views.report.build import FORMATS, build_report, render_report
from tests.helpers_cli import failure, run
from tests.helpers_report import Page, rendered, report
from tests.test_words import CHINESE, PACKAGE, load, placeholders, texts

EVIL = (
    '=HYPERLINK("http://evil","x")',
    "<script>alert(1)</script>",
    "</svg><img src=x onerror=alert(1)>",
    "a | b\n# c [x](javascript:alert(1)) `d`",
    "@SUM(1)\x00\x1b[31m\u202e",
)
REFUSED = re.compile(r"[\x00\x1b\u202e]")  # at loading: what is put in afterwards may still hold it
URL = "javascript:alert(1)"


@pytest.fixture(scope="module")
def evil(build):
    names = [f"p{i}" for i in range(len(EVIL))]
    sites = {f"s{i}": {"name_zh": text, "name_en": text, "group_zh": text, "stock_code": "002594",
                       "lat": 25.0 + i, "lon": 103.0, "anchor": True, "source_url": URL}
             for i, text in enumerate(REFUSED.sub("", text) for text in EVIL)}  # fmt: skip
    links = [(names[0], name, 2.0, {"source_url": URL}) for name in names[1:]]
    makers = [(f"s{i}", name, 10.0, {"source_url": URL, "as_of": "2024"})
              for i, name in enumerate(names) if i]  # fmt: skip
    ds = build([(name, "t", 5.0) for name in names], links, makers, sites=sites, as_of="2024-06")
    products = ds.products.assign(
        name_zh=list(EVIL), name_en=list(EVIL), restricted=list(EVIL), chains="chain",
        source_url=URL,
    )  # fmt: skip
    from dataclasses import replace

    return replace(ds, tables={**ds.tables, "products": products})


def test_hostile_names_do_nothing_in_any_format(evil):
    found = build_report(evil)
    page = Page(str(render_report(found, "html")))
    assert not page.elements & {"script", "img", "iframe"}
    assert not [name for name in page.attributes if name.startswith("on")]
    assert not [link for link in page.links if "javascript" in link]
    assert "<script>alert(1)</script>" in "".join(page.text)
    book = openpyxl.load_workbook(io.BytesIO(render_report(found, "xlsx")))  # type: ignore[arg-type]
    cells = [cell for sheet in book for line in sheet.iter_rows() for cell in line]
    assert not [cell for cell in cells if cell.data_type == "f" or cell.hyperlink]
    assert any(str(cell.value).startswith("=HYPERLINK") for cell in cells)
    archive = zipfile.ZipFile(io.BytesIO(render_report(found, "docx")))  # type: ignore[arg-type]
    body = archive.read("word/document.xml").decode()
    assert "&lt;script&gt;" in body
    assert "<script" not in body
    text = str(render_report(found, "md"))
    assert "<script" not in re.sub(r"\\<", "", text)
    assert not re.search(r"(?<!\\)\]\(", text)
    assert not re.search(r"^# c", text, re.MULTILINE)
    loaded = json.loads(str(render_report(found, "json")))
    assert not REFUSED.search(json.dumps(loaded, ensure_ascii=False))


def test_every_figure_stands_with_unit_date_share_and_sources():
    found = report("qujing", "en")
    assert len(found.sections) == 22
    for table in found.tables:
        units = {column.key for column in table.columns}
        for column in table.columns:
            if column.kind in {"number", "money"} and column.key != "priority":
                assert column.unit or units & {"unit", "link-unit"}, (table.key, column.key)
        if any(column.kind in {"number", "money"} for column in table.columns):
            assert "2025-12" in table.basis, table.key
            assert table.cited or "address-1" in units, table.key
            if table.sourced is None:
                assert "can't be told" in table.basis, table.key
            else:
                assert 0 <= table.sourced <= 1, table.key
    for figure in found.figures:
        assert "2025-12" in figure.basis, figure.key
        assert figure.alt
        assert figure.notes
        assert figure.sourced is not None
        assert 0 <= figure.sourced <= 1
    assert found.sources == tuple(dict.fromkeys(found.sources))
    cited = {n for t in found.tables for row in t.rows for n in row.notes}
    assert cited <= set(range(1, len(found.sources) + 1))


def test_gaps_are_those_of_the_analysis(qujing):
    found = report("qujing", "en")
    frame = cg.find_gaps(qujing, draws=0).frame
    tables = {table.key: table for table in found.tables}
    lists = {"gaps": "recruit"} | {name: name for name in ("supply", "survey", "cooperation")}
    for key, name in lists.items():
        rows = frame[frame["list"] == name]
        table = tables[key]
        place = [column.key for column in table.columns]
        names = [row.cells[place.index("product")].text for row in table.rows]
        assert [text.removeprefix("or: ") for text in names] == rows["name_en"].tolist()
        assert [text.startswith("or: ") for text in names] == rows["under"].notna().tolist()
        values = [row.cells[place.index("gap-value")].value for row in table.rows]
        expected = [None if math.isnan(v) else v / 1e8 for v in rows["gap_value_cny"]]
        assert values == pytest.approx(expected)
        demand = [row.cells[place.index("demand")].value for row in table.rows]
        assert demand == pytest.approx([None if math.isnan(v) else v for v in rows["demand"]])


def test_structure_alone_makes_a_report(build):
    found = build_report(build("a b", [("a", "b", 1.0)], None, focus="here"), region="*", lang="zh")
    keys = [section.key for section in found.sections]
    assert keys[:2] == ["summary", "present"]
    assert not {"gaps", "supply"} & set(keys)
    assert "都不能判断" in " ".join(p.text for p in found.sections[0].paragraphs)
    for format_ in FORMATS:
        assert render_report(found, format_)


def test_options_reach_the_model(qujing):
    whole = report("qujing", "en")
    chain = build_report(
        qujing,
        chain="battery",
        at="2021",
        statuses={"operating": 1, "construction": 0.5},
        lang="en",
    )
    assert chain.as_of == "2021"
    assert "battery" in chain.title
    assert "under construction=0.5" in chain.subtitle
    balance = {t.key: len(t.rows) for t in whole.tables}
    assert 0 < {t.key: len(t.rows) for t in chain.tables}["balance"] < balance["balance"]


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["-o", "x.pdf"], "cannot tell the format of 'x.pdf'"),
        (["-o", "x"], "cannot tell the format of 'x'"),
        (["-o", "-", "--format", "xlsx"], "a report in xlsx is no text"),
        (["-o", "x.html", "--format", "pdf"], "'pdf' is not one of"),
        (["-o", "x.html", "--region", "nowhere"], "no region 'nowhere'"),
        (["-o", "x.html", "--chain", "nothing"], "no chain 'nothing'"),
        (["-o", "x.html", "--at", "soon"], "'soon' is no date"),
        (["-o", "x.html", "--status", "sleeping"], "'sleeping' is no status"),
    ],
)
def test_bad_options_are_one_sentence(args, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert said in failure("report", "toy", *args, status=2)
    assert not list(tmp_path.iterdir())


def test_the_command_writes_what_the_model_says(toy, tmp_path):
    path = tmp_path / "r.xlsx"
    run("report", "toy", "-o", path, "--lang", "en")
    assert path.read_bytes() == rendered("toy", "en", "xlsx")
    mine = cg.save_report(toy, tmp_path / "r.md", lang="en").read_text(encoding="utf-8")
    assert mine == rendered("toy", "en", "md")
    text = run("report", "toy", "-o", "-", "--format", "json", "--lang", "en").stdout
    assert text == rendered("toy", "en", "json")


def test_a_file_that_cannot_be_written_stays(toy, tmp_path):
    with pytest.raises(cg.FileProblemError, match="cannot write"):
        cg.save_report(toy, tmp_path / "no" / "r.html")
    with pytest.raises(cg.OptionError, match="format 'pdf' is unknown"):
        cg.save_report(toy, tmp_path / "r.html", format_="pdf")


def test_pictures_without_a_chinese_font_are_in_english(toy, monkeypatch):
    monkeypatch.setattr(fonts, "chinese_face", lambda: "")
    fonts.font_file.cache_clear()
    found = build_report(toy, lang="zh")
    data = render_report(found, "docx")
    body = zipfile.ZipFile(io.BytesIO(data)).read("word/document.xml").decode()  # type: ignore[arg-type]
    fonts.font_file.cache_clear()
    assert body.count("本机没有中文字体") == len(list(found.figures))
    assert latin("△ 箔 foil") == "-  foil"


@pytest.mark.parametrize(
    "svg",
    ['<svg viewBox="0 0 9 9"><ellipse/></svg>', '<svg viewBox="0 0 9 9"><path d="M0 0 A1 1 0 0 0 2 2"/></svg>',
     '<svg viewBox="0 0 9 9"><g transform="skewX(3)"/></svg>'],
)  # fmt: skip
def test_a_shape_that_is_not_known_is_refused(svg):
    with pytest.raises(UnknownShapeError):
        rasterise(svg, 10)


def test_pictures_show_what_the_drawing_says():
    from PIL import Image

    svg = (
        '<svg viewBox="0 0 100 50"><rect x="0" y="0" width="50" height="50" fill="#FF0000"/>'
        '<g transform="translate(50 0)"><path d="M0 0 H50 V50 H0 Z" fill="#0000FF"/></g></svg>'
    )
    data, ratio = rasterise(svg, 25.4)
    picture = Image.open(io.BytesIO(data)).convert("RGB")
    assert ratio == 0.5
    assert picture.size == (raster.DPI, raster.DPI // 2)
    assert picture.getpixel((50, 50)) == (255, 0, 0)
    assert picture.getpixel((170, 50)) == (0, 0, 255)


REPORT = load("report")


@pytest.mark.parametrize("key", REPORT)
def test_every_phrase_is_there_twice_and_used(key):
    entry = REPORT[key]
    assert set(entry) == {"zh", "en"}
    assert placeholders(entry["zh"]) == placeholders(entry["en"])
    bare = re.sub(r"\{\w+\}", "", entry["en"])
    assert CHINESE.search(entry["zh"]) or not bare.strip(" :;().") or key == "per-year"
    assert not CHINESE.search(entry["en"])
    if not re.match(
        r"col-|unit-|section-|part-|basis|lead-|none-|figure-|table-content|mark-|measure-|plan-budget-|step-",
        key,
    ):
        template = (PACKAGE / "views/templates/report.html").read_text(encoding="utf-8")
        assert key in texts() or f"'{key}'" in template


def test_cells_clean_what_they_are_given():
    assert model.text(" a\tb\n\x07c ") == model.Cell("a b c", "a b c")
    assert model.text(math.nan) == model.text("") == model.Cell(None, "-")
    assert model.money(math.nan).text == "-"
    assert len(model.text("x" * 5000).text) == 2000


def test_a_rate_without_a_figure_is_told_by_its_ends():
    unknown = float("nan")
    assert model.percent_between(0.2, 0.3, 0.5).text == "30%"
    assert model.percent_between(0.2, unknown, 0.5).text == "20%–50%"
    assert model.percent_between(unknown, unknown, unknown).text == "-"
