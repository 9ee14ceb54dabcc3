"""The blank template: made, filled in as a person would, and read back without loss."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import chaingraph as cg
from chaingraph.intake.keys import Products
from chaingraph.schema import TABLE_NAMES, table_spec
from chaingraph.sheets.grid import Template
from chaingraph.sheets.headers import match_header
from chaingraph.sheets.synonyms import choices, folded
from chaingraph.sheets.template import EXAMPLE_NOTES, mark_rows, read_mark
from chaingraph.templates import workbook
from chaingraph.templates.columns import columns_of, word_of
from chaingraph.templates.content import DEFAULT_TABLES, texts
from chaingraph.templates.notes import commands
from chaingraph.templates.workbook import HEAD
from chaingraph.words import LANGUAGES
from tests.helpers_cli import failure, run
from tests.helpers_template import FIRST, as_typed, fill, rows_of

YICHUN = {"extends": ["battery"], "region": "宜春市"}
SHEETS = {"zh": ("企业", "产能"), "en": ("Enterprises", "Capacities")}


@pytest.fixture(scope="module", autouse=True)
def short():
    """Fewer rows to fill in, so that a workbook is quick to write and read."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(workbook, "ROWS", 12)
        yield


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """One workbook a language, made once."""
    place = tmp_path_factory.mktemp("made")
    return {
        lang: cg.init_dataset(place / f"{lang}.xlsx", **YICHUN, lang=lang) for lang in LANGUAGES
    }


@pytest.fixture(scope="module")
def few(tmp_path_factory):
    """The same with two tables."""
    place = tmp_path_factory.mktemp("few")
    options = YICHUN | {"tables": ["enterprises", "capacities"]}
    return {
        lang: cg.init_dataset(place / f"{lang}.xlsx", **options, lang=lang) for lang in LANGUAGES
    }


@pytest.fixture
def blank(few, tmp_path):
    """A copy to fill in."""

    def copy(lang="zh"):
        target = tmp_path / "my-city.xlsx"
        target.write_bytes(few[lang].read_bytes())
        return target

    return copy


def rules(done, *severities):
    frame = done.problems.frame
    return sorted(frame.loc[frame["severity"].isin(severities), "rule"])


def test_a_new_folder_loads_and_shows_gaps(tmp_path):
    folder = cg.init_dataset(tmp_path / "yichun", **YICHUN, as_of="2024-12", lang="en")
    card = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    assert [card[k] for k in ("name", "extends", "focus", "as_of", "language")] == [
        "yichun", ["battery"], "宜春市", "2024-12", "en",
    ]  # fmt: skip
    held = {path.stem for path in folder.glob("*.csv")}
    assert held == set(DEFAULT_TABLES) == {r["name"] for r in card["resources"]}
    for name in held:
        text = (folder / f"{name}.csv").read_text(encoding="utf-8")
        assert text == ",".join(table_spec(name).field_names) + "\n"
    assert {f.rule for f in cg.check_dataset(folder)[1] if not f.accepted} == {"no-rows"}
    assert len(cg.find_gaps(cg.load_dataset(folder)).frame) > 10


def test_a_folder_without_a_chain_says_what_to_fill_in(tmp_path):
    for number, name in enumerate(("宜春", "yichun (Jiangxi)")):
        card = cg.init_dataset(tmp_path / f"named{number}", region=name) / "datapackage.json"
        assert json.loads(card.read_text(encoding="utf-8"))["focus"] == "宜春市"
    folder = cg.init_dataset(tmp_path / "city", region="360900")
    assert {"products", "inputs"} <= {path.stem for path in folder.glob("*.csv")}
    assert [row["name_zh"] for row in rows_of(folder, "regions")] == ["江西省", "宜春市"]
    with pytest.raises(cg.DataError, match="Write at least one product"):
        cg.load_dataset(folder)
    row = "product_id,name_zh,unit\na,甲,t\n"
    (folder / "products.csv").write_text(row, encoding="utf-8")
    ds = cg.load_dataset(folder)
    assert cg.find_region(ds).name == "宜春市"
    assert cg.find_gaps(ds).frame.empty


def test_a_folder_beside_is_extended_by_its_relative_path(tmp_path):
    (tmp_path / "chain").mkdir()
    (tmp_path / "chain" / "products.csv").write_text("product_id,name_zh,unit\na,甲,t\n")
    (tmp_path / "chain" / "datapackage.json").write_text('{"name": "chain"}')
    folder = cg.init_dataset(tmp_path / "city", extends=[str(tmp_path / "chain"), "toy"])
    assert cg.load_dataset(folder).packages[-1].extends == ("chain", "toy")
    book = cg.init_dataset(tmp_path / "city.xlsx", extends=[str(tmp_path / "chain")])
    fill(book, {"企业": [["甲厂"]], "产能": [["甲厂", "甲 (t)", 12]]})
    done = cg.import_file(book, tmp_path / "read")
    assert done.errors == 0
    assert cg.load_dataset(tmp_path / "read").packages[-1].extends == ("chain",)


def test_what_cannot_be_made_is_said(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "a.txt").write_text("x")
    (tmp_path / "there.xlsx").write_text("x")
    assert "cannot write full: " in failure("init", "full", status=1)
    assert "cannot write there.xlsx: " in failure("init", "there", "--excel", status=1)
    assert "did you mean: battery" in failure("init", "a", "--extends", "batery", status=2)
    assert "宜春市" in failure("init", "a", "--region", "宜春城", status=2)
    assert "'enterprise' is no table" in failure("init", "a", "--tables", "enterprise", status=2)
    assert "no file or folder" in failure("init", "no/a.xlsx", status=1)
    assert "soon" in failure("init", "a", "--at", "soon", status=2)
    with pytest.raises(cg.OptionError, match="language 'fr'"):
        cg.init_dataset(tmp_path / "a", lang="fr")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["full", "there.xlsx"]


def test_the_command_says_what_comes_next(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = run("init", "my-city", "--excel", "--tables", "units", "--lang", "en")
    assert made.stdout == "wrote my-city.xlsx\n"
    assert "chaingraph import my-city.xlsx -o my-city" in made.stderr
    assert run("init", "f", "--tables", "units,parks", "-q").stderr == ""
    assert "products.csv" in run("init", "g").stderr


def test_equal_input_gives_equal_bytes(tmp_path, made):
    again = cg.init_dataset(tmp_path / "zh.xlsx", **YICHUN)
    assert again.read_bytes() == made["zh"].read_bytes()


def test_there_is_room_for_400_rows(tmp_path, monkeypatch):
    monkeypatch.setattr(workbook, "ROWS", 400)
    book = cg.init_dataset(tmp_path / "a.xlsx", tables=["units"], lang="en")
    sheet = openpyxl.load_workbook(book)["Units"]
    last = sheet.cell(HEAD + 1 + 400, 1)
    assert last.has_style
    assert last.number_format == "@"
    assert sheet.max_row == last.row
    assert sheet.freeze_panes == "B4"
    assert any(last.coordinate in check.sqref for check in sheet.data_validations.dataValidation)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_workbook_holds_no_formula_and_offers_what_it_should(made, lang):
    with zipfile.ZipFile(io.BytesIO(made[lang].read_bytes())) as archive:
        sheets = [archive.read(n) for n in archive.namelist() if n.startswith("xl/worksheets/s")]
    assert not any(b"<f>" in sheet or b"<f " in sheet for sheet in sheets)
    book = openpyxl.load_workbook(made[lang])
    enterprises, capacities = (book[name] for name in SHEETS[lang])
    titles = [cell.value for cell in capacities[HEAD + 1]]
    rules = {
        titles[r.min_col - 1]: check
        for check in capacities.data_validations.dataValidation
        for r in check.sqref.ranges
        if r.min_row > HEAD + 1
    }
    columns = columns_of("capacities", lang)
    assert [c.header for c in columns] == titles
    by_target = {c.target: rules[c.header] for c in columns}
    assert enterprises.title in by_target["enterprises.name_zh"].formula1
    assert by_target["enterprises.name_zh"].errorStyle == "information"
    assert by_target["status"].errorStyle in {None, "stop"}
    assert word_of("capacities", "status", "construction", lang) in by_target["status"].formula1
    assert texts()["helpers"]["catalogue"][lang] in by_target["product_id"].formula1
    lists = book[texts()["helpers"]["lists"][lang]]
    assert lists.sheet_state == book["chaingraph"].sheet_state == "hidden"
    firsts = {cell.value: lists.cell(2, cell.column).value for cell in lists[1]}
    assert (firsts["province"], firsts["city"], firsts["region"]) == ("江西省", "宜春市", "宜春市")
    notes = book.worksheets[0]
    shown = {str(cell.value) for row in notes.iter_rows() for cell in row}
    command = f"chaingraph import {lang}.xlsx -o {lang} --extends battery --region 宜春市"
    assert command in shown


def test_names_with_blanks_are_quoted(tmp_path):
    from chaingraph.templates.content import make_content

    content = make_content((), (), region="", as_of="2024", lang="en", tables=["units"])
    first = commands(content, tmp_path / "my city.xlsx")[0]
    assert first == 'chaingraph import "my city.xlsx" -o "my city" --at 2024'


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("table", TABLE_NAMES)
def test_every_header_and_word_is_understood(table, lang):
    columns = columns_of(table, lang)
    for column in columns:
        found = match_header(table, column.header)
        assert (found.target, found.refused) == (column.target, "")
        assert column.hint
        assert len(column.hint) <= 255
    assert {c.target.rpartition(".")[2] for c in columns} >= set(table_spec(table).field_names)
    for field in table_spec(table).fields:
        for value in field.enum:
            assert (
                choices(table, field.name)[folded(word_of(table, field.name, value, lang))] == value
            )


@pytest.mark.parametrize("lang", LANGUAGES)
def test_an_unfilled_template_says_so(made, tmp_path, lang):
    done = cg.import_file(made[lang], tmp_path / "out")
    assert rules(done, "error", "warning") == ["template-unfilled"]
    assert rules(done, "info") == [*["example-row"] * len(DEFAULT_TABLES), "template-read"]
    assert not (tmp_path / "out").exists()


def test_all_tables_unfilled(tmp_path):
    book = cg.init_dataset(tmp_path / "a.xlsx", tables=TABLE_NAMES)
    done = cg.import_file(book, dry_run=True)
    assert rules(done, "error", "warning") == ["template-unfilled"]
    assert rules(done, "info").count("example-row") == len(TABLE_NAMES)


def test_totals_and_surveys_are_filled_in_by_name(tmp_path):
    book = cg.init_dataset(tmp_path / "a.xlsx", **YICHUN, tables=["outputs", "surveys"])
    columns = {name: columns_of(name, "zh") for name in ("outputs", "surveys")}
    cells = {
        "outputs": {"region": "宜春市", "product_id": "磷酸铁锂", "year": "2023年", "measure": "产量",
                    "value": 1.5, "unit": "万吨"},
        "surveys": {"region": "宜春市", "products": "磷酸铁锂;*", "method": "实地走访",
                    "as_of": "2024-05", "result": "已列", "surveyor": "甲局"},
    }  # fmt: skip
    fill(book, {
        table_spec(name).title_zh: [[cells[name].get(c.target) for c in columns[name]]]
        for name in cells
    })  # fmt: skip
    done = cg.import_file(book, tmp_path / "read")
    assert done.errors == 0
    ds = cg.load_dataset(tmp_path / "read")
    assert ds.table("outputs")[
        ["product_id", "year", "measure", "value", "unit"]
    ].to_numpy().tolist()[-1] == ["lfp", "2023", "output", 15_000.0, "t"]
    row = ds.table("surveys").iloc[-1]
    assert row[["products", "method", "result"]].tolist() == ["lfp;*", "visit", "listed"]
    found = [f for f in cg.check_dataset(tmp_path / "read")[1] if f.rule == "no-source"]
    assert {f.table for f in found} == {"outputs"}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_filled_in_by_hand_and_read_without_an_option(blank, tmp_path, lang):
    first, second = SHEETS[lang]
    label = {"zh": "电池级碳酸锂 (t)", "en": "Battery-grade lithium carbonate (t)"}[lang]
    status = word_of("capacities", "status", "construction", lang)
    book = fill(blank(lang), {
        first: [["甲厂", None, "甲集团"]],
        second: [["甲厂", label, 12000], ["甲厂", "lfp", "1.5万吨", None, status, None, "2024年6月"]],
    })  # fmt: skip
    done = cg.import_file(book, tmp_path / "my-city")
    assert done.errors == 0
    table = done.tables["capacities"]
    assert table["capacity"].tolist() == [12000.0, 15000.0]
    assert table["unit"].tolist() == ["t", "t"]
    assert table["product_id"].tolist() == ["lithium_carbonate", "lfp"]
    ds = cg.load_dataset(tmp_path / "my-city")
    assert (ds.focus, ds.language, ds.packages[-1].extends) == ("宜春市", lang, ("battery",))
    assert (
        table["enterprise_id"].tolist() == done.tables["enterprises"]["enterprise_id"].tolist() * 2
    )
    assert ds.enterprises.iloc[-1]["city"] == "宜春市"


def test_a_misspelt_maker_is_reported(blank):
    rows = {"企业": [["宜春甲厂有限公司"]], "产能": [["宜春甲厂公司", "lfp", "5t"]]}
    done = cg.import_file(fill(blank(), rows), dry_run=True, lang="en")
    found = done.problems.frame.set_index("rule")
    assert "closest: 宜春甲厂有限公司" in found.loc["enterprise-unlisted", "message"]


def test_options_win(blank, tmp_path):
    book = fill(blank(), {"企业": [["甲厂"]], "产能": [["甲厂", "cell", 12, "GWh"]]})
    done = cg.import_file(book, tmp_path / "b", extends=["toy"], region="甲市", as_of="2020")
    assert done.errors == 0
    ds = cg.load_dataset(tmp_path / "b")
    assert (ds.focus, ds.as_of, ds.packages[-1].extends) == ("甲市", "2020", ("toy",))


def test_an_overwritten_example_is_data(blank):
    rows = [
        ["甲厂", "Jia", "甲集团", "", "", "江西省", "宜春市", "", "", 27.8, 114.4, "是", "", None]
    ]
    book = fill(blank(), {"企业": rows}, first=FIRST - 1)
    done = cg.import_file(book, dry_run=True)
    assert done.tables["enterprises"]["name_zh"].tolist() == ["甲厂"]
    assert "note" not in done.tables["enterprises"]
    assert rules(done, "error") == []


def test_what_is_left_of_the_example_is_never_data(blank):
    done = cg.import_file(fill(blank(), {"企业": [["甲厂"]]}, first=FIRST - 1), dry_run=True)
    assert "example-changed" in rules(done, "warning")
    assert set(rules(done, "error")) == {"example-left"}
    moved = fill(blank(), {"产能": [[None, "lfp", 5]]}, first=FIRST - 1)
    assert "example-left" in rules(cg.import_file(moved, dry_run=True), "error")


def test_deleted_columns_and_a_deleted_mark_leave_the_example_out(blank):
    book = openpyxl.load_workbook(blank())
    book["企业"].delete_cols(2, 4)
    book["企业"].cell(FIRST, 1, "甲厂")
    book.save(blank().with_name("fewer.xlsx"))
    done = cg.import_file(blank().with_name("fewer.xlsx"), dry_run=True)
    assert rules(done, "error", "warning") == ["region-filled"]
    del book["chaingraph"]
    book.save(blank().with_name("bare.xlsx"))
    done = cg.import_file(blank().with_name("bare.xlsx"), dry_run=True, **YICHUN)
    assert done.tables["enterprises"]["name_zh"].tolist() == ["甲厂"]


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", [pytest.param("qujing", marks=pytest.mark.slow), "toy"])
def test_a_dataset_goes_through_the_template_without_loss(tmp_path, name, lang):
    ds = cg.load_dataset(name)
    own = ds.packages[-1]
    tables = [table for table in TABLE_NAMES if (Path(own.path) / f"{table}.csv").exists()]
    book = cg.init_dataset(
        tmp_path / "t.xlsx", extends=own.extends, region=own.focus if name == "qujing" else "",
        tables=tables, as_of=ds.as_of, lang=lang,
    )  # fmt: skip
    products = Products()
    frame = ds.products.astype(object).where(ds.products.notna(), "")
    for row in frame.to_dict("records"):
        products.add(row["product_id"], row["unit"], (row["name_zh"], row["name_en"]))
    names = dict(zip(ds.enterprises["enterprise_id"], ds.enterprises["name_zh"], strict=True))
    fill(book, {
        table_spec(table).title(lang): as_typed(
            table, rows_of(Path(own.path), table), lang, products, names
        )
        for table in tables
    })  # fmt: skip
    done = cg.import_file(book, tmp_path / "copy")
    assert done.errors == 0
    assert set(rules(done, "warning")) <= {"unit-assumed"}
    copy = cg.load_dataset(tmp_path / "copy")
    assert set(copy.tables) == set(ds.tables)
    for table in ds.tables:
        left, right = (d.table(table).drop(columns="origin") for d in (ds, copy))
        right = right.reindex(columns=left.columns)
        pd.testing.assert_frame_equal(left, right, check_dtype=False)


def test_labels_name_one_product_each():
    products = Products()
    for product, unit, name in (
        ("a", "t", "甲"), ("b", "t", "甲"), ("c", "GWh", "甲"), ("d", "t", "甲 (GWh)"),
        ("e", "", "乙"), ("f", "", "乙"), ("g", "t", "丙(高纯)"), ("甲", "t", "丁"),
    ):  # fmt: skip
        products.add(product, unit, (name,))
    labels = {product: products.label(product) for product in products.units}
    assert all(products.find(label) == product for product, label in labels.items())
    assert labels["c"] != labels["d"]
    assert labels["g"] == "丙(高纯) (t)"
    assert products.label_unit(labels["a"]) == "t"
    assert products.label_unit("甲") == products.label_unit("丙(高纯)") == ""


TEXT = st.text("甲乙丙AZ09 -（）;，.%", min_size=1, max_size=12).map(str.strip).filter(bool)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(TEXT, max_size=2, unique=True), TEXT, st.sampled_from(LANGUAGES),
    st.dictionaries(st.sampled_from(["name_zh", "note"]), TEXT),
)  # fmt: skip
def test_the_mark_reads_back(extends, region, lang, cells):
    template = Template(
        tuple(extends), region, "2024", lang, {"甲": "units", "乙": ""}, {"units": cells}
    )
    assert read_mark(mark_rows(template)) == template


VALUES = {
    "text": st.text("甲乙AZaz09 ()-/&'\"", min_size=2, max_size=12)
    .map(lambda t: "x" + " ".join(t.split())),
    "number": (st.just(0.0) | st.floats(1e-17, 1e12))  # what lies between is refused
    .map(lambda x: float(f"{x:.14g}")),  # as openpyxl writes them
    "date": st.dates().filter(lambda d: 1950 < d.year < 2090).map(str)
    | st.integers(1950, 2090).map(str),
}  # fmt: skip


@settings(max_examples=4, deadline=None, phases=[Phase.generate])  # each example is a workbook
@given(st.lists(st.tuples(VALUES["text"], VALUES["text"], VALUES["number"], VALUES["date"]),
                min_size=1, max_size=30))  # fmt: skip
def test_values_of_each_type_come_back(tmp_path_factory, rows):
    place = tmp_path_factory.mktemp("values")
    book = cg.init_dataset(place / "a.xlsx", tables=["plan_targets"], extends=["toy"])
    fill(
        book, {"规划目标": [[plan, task, number, None, date] for plan, task, number, date in rows]}
    )
    done = cg.import_file(book, dry_run=True)
    assert done.errors == 0
    table = done.tables["plan_targets"]
    found = [table[c].tolist() for c in ("plan", "task", "target", "target_year")]
    assert list(zip(*found, strict=True)) == rows


def test_notes_of_examples_are_what_the_sheets_show(made):
    for lang, path in made.items():
        sheet = openpyxl.load_workbook(path)[SHEETS[lang][0]]
        row = [cell for cell in sheet[HEAD + 2] if cell.value]
        assert EXAMPLE_NOTES[lang] in [cell.value for cell in row]
        assert all(cell.font.i and cell.font.color.rgb == "FF808080" for cell in row)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_template_without_a_chain_asks_for_products_first(tmp_path, lang):
    titles = [table_spec(table).title(lang) for table in ("products", "inputs", "capacities")]
    path = cg.init_dataset(tmp_path / "a.xlsx", lang=lang)
    book = openpyxl.load_workbook(path)
    assert book.sheetnames[1:3] == titles[:2]
    notes = [str(cell.value) for row in book.worksheets[0].iter_rows() for cell in row]
    assert not any(texts()["helpers"]["catalogue"][lang] in text for text in notes)
    columns = {c.target: place for place, c in enumerate(columns_of("products", lang), 1)}
    for target, value in (("name_zh", "甲"), ("unit", "t")):
        book[titles[0]].cell(FIRST, columns[target], value)
    book[titles[2]].cell(FIRST, 1, "甲厂")
    book[titles[2]].cell(FIRST, 2, "甲")
    book[titles[2]].cell(FIRST, 3, "2万吨")
    book.save(path)
    done = cg.import_file(path, tmp_path / "read")
    assert done.tables["capacities"]["capacity"].tolist() == [20000.0]
    assert cg.load_dataset(tmp_path / "read").products["name_zh"].tolist() == ["甲"]


@pytest.mark.parametrize("name", ["a.xls", "a.csv"])
def test_a_file_of_another_kind_is_not_made_a_folder(tmp_path, name):
    with pytest.raises(cg.FileProblemError, match=r"a\.xlsx"):
        cg.init_dataset(tmp_path / name, extends=["toy"])
    assert not list(tmp_path.iterdir())
