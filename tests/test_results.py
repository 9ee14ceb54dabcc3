"""Results: what they refuse, and what they look like in each format."""

from __future__ import annotations

import csv
import io
import json
import math
import pickle
from dataclasses import replace
from itertools import pairwise

import pandas as pd
import pyarrow.parquet
import pytest
from wcwidth import wcswidth

import chaingraph as cg
from chaingraph import words
from chaingraph.analysis.gaps import split_lists
from chaingraph.results import Result, shown_number


def result_of(frame, **more):
    params = {"dataset": "d", "region": "甲市"} | more.pop("params", {})
    return Result("gaps", pd.DataFrame(frame), params, **more)


def test_columns_that_a_user_adds_are_the_users_own(toy):
    gaps = cg.find_gaps(toy, draws=0)
    gaps = gaps.with_columns(mine=1.5)
    column = gaps.columns["mine"]
    assert (column.title_zh, column.unit, column.meaning) == ("mine", "", "the user's own column")
    assert {row["mine"] for row in json.loads(gaps.to_json())["rows"]} == {1.5}
    assert gaps.to_csv().splitlines()[0].endswith(",mine")
    assert gaps.to_rows(all_columns=True)[0][-1] == "mine"
    assert split_lists(gaps)[0]["mine"].tolist() == [1.5] * len(split_lists(gaps)[0])


def test_every_column_of_every_analysis_has_a_meaning(toy):
    results = [
        cg.find_gaps(toy), cg.calculate_balance(toy, draws=2), cg.trace_product(toy, "pack"),
        cg.calculate_requirements(toy, {"pack": 1}), cg.explain_product(toy, "foil"),
        cg.list_regions(toy), cg.measure_local_content(toy), cg.measure_local_content(toy, by="anchor"),
        cg.find_anchors(toy), cg.find_cross_chain(toy), cg.measure_relatedness(toy),
        cg.measure_sensitivity(toy, "foil"), cg.draw_demand(toy, draws=3),
        cg.open_study(toy).compare({"base": {}}),
    ]  # fmt: skip
    for result in results:
        assert set(result.shown) <= set(result.frame.columns)
        for column in result.columns.values():
            assert column.meaning != words.message("own-column"), column.name
            assert column.title_en
            assert column.title_zh


def reject_constant(name):
    raise AssertionError(name)


def test_json_round_trip_without_nan(toy):
    result = cg.find_gaps(toy)
    assert result.frame.isna().any().any()
    loaded = json.loads(result.to_json(), parse_constant=reject_constant)
    assert loaded == result.to_dict()
    for name in result.frame.columns:
        cells = [
            None if isinstance(cell, float) and not math.isfinite(cell) else cell
            for cell in result.frame[name].tolist()
        ]
        assert [row[name] for row in loaded["rows"]] == cells, name
    assert loaded["kind"] == "gaps"
    assert loaded["params"]["region"] == "甲市"
    assert [column["name"] for column in loaded["columns"]] == list(result.frame.columns)


def test_json_of_infinite_figures():
    result = result_of({"product_id": ["a", "b"], "demand": [float("inf"), 1.5]})
    rows = json.loads(result.to_json(), parse_constant=reject_constant)["rows"]
    assert [row["demand"] for row in rows] == [None, 1.5]


EVIL = ["=cmd|' /C calc'!A0", "+1+1", "-1+1", "@SUM(A1)", "\tx"]


def test_csv_cells_start_no_formula():
    count = len(EVIL)
    result = result_of({"name_zh": [*EVIL, "plain - text"], "balance": [-5.0] * (count + 1)})
    header, *rows = csv.reader(io.StringIO(result.to_csv(), newline=""))
    assert header == ["name_zh", "balance"]
    assert [row[0] for row in rows[:count]] == ["'" + cell for cell in EVIL]
    assert rows[count][0] == "plain - text"
    assert {row[1] for row in rows} == {"-5.0"}  # a negative number stays a number


@pytest.mark.parametrize("cell", ["\r=cmd", "a\r=cmd"])
def test_csv_carriage_return_starts_no_row(cell):
    text = result_of({"name_zh": [cell], "makers": [1]}).to_csv()
    assert len(list(csv.reader(io.StringIO(text, newline="")))) == 2


def test_csv_missing_cells_are_empty_and_flags_plain():
    frame = {"name_en": ["a", None], "demand": [1.5, None], "is_break": [True, False]}
    assert result_of(frame).to_csv() == "name_en,demand,is_break\na,1.5,True\n,,False\n"


def test_markdown_escapes_pipes():
    text = result_of({"name_en": ["a|b\nc"], "makers": [3]}, lang="en").to_markdown()
    row = text.splitlines()[-1]
    assert row.replace(" ", "") == "|a\\|bc|3|"
    heads = [line for line in text.splitlines() if line.startswith("|")]
    assert len(heads) == 3


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_text_columns_align_with_wide_characters(toy, lang):
    lines = cg.find_gaps(toy).to_text(lang).splitlines()
    rule = next(i for i, line in enumerate(lines) if line.startswith("--"))
    edges = [
        (match_start, match_start + len(dashes)) for match_start, dashes in dashes_of(lines[rule])
    ]
    table = [lines[rule - 1], *lines[rule + 1 : lines.index("", rule)]]
    assert len(table) > 3
    for line in table:
        blank = blanks_of(line)
        for (_, end), (start, _) in pairwise(edges):
            assert all(place in blank or place >= wcswidth(line) for place in range(end, start)), (
                line
            )


def dashes_of(line):
    place, found = 0, []
    for part in line.split("  "):
        found.append((place, part))
        place += len(part) + 2
    return found


def blanks_of(line):
    """Return the display columns of a line that hold a blank."""
    place, blank = 0, set()
    for character in line:
        if character == " ":
            blank.add(place)
        place += wcswidth(character)
    return blank


def test_text_with_mixed_widths_ends_in_one_column():
    result = result_of(
        {"name_zh": ["铜箔", "LFP", "磷酸铁锂(液相法)"], "makers": [1, 20, 300]}, lang="zh"
    )
    table = result.to_text().splitlines()[2:]
    assert {wcswidth(line) for line in table} == {wcswidth(table[1])}


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.0, "0"), (74520.4, "74,520"), (1234567.0, "1,234,567"), (-1500.0, "-1,500"),
        (6.254, "6.25"), (65.13, "65.1"), (0.0123456, "0.0123"), (2.0, "2"), (-0.5, "-0.5"),
    ],
)  # fmt: skip
def test_shown_number(value, shown):
    assert shown_number(value) == shown


@pytest.mark.parametrize("value", [1.2345, 12.345, 123.45, 1234.5, 99.96, 0.099961])
def test_shown_number_is_within_half_a_percent(value):
    assert float(shown_number(value).replace(",", "")) == pytest.approx(value, rel=5e-3)


def test_unknown_is_a_dash_and_shares_are_percentages():
    result = result_of({"coverage": [0.754, None], "makers": [1234, 5]}, lang="en")
    _, rows = result.to_rows()
    assert rows == [["75%", "1,234"], ["-", "5"]]


def test_money_is_shown_in_100_million_and_stored_in_yuan():
    result = result_of({"gap_value_cny": [6.513048e9]}, lang="en")
    header, rows = result.to_rows()
    assert "100m CNY" in header[0]
    assert rows == [["65.1"]]
    assert result.to_csv().splitlines()[1] == "6513048000.0"


def test_each_language_has_its_names_and_words(toy):
    gaps = cg.find_gaps(toy)
    chinese, english = gaps.to_text("zh"), gaps.to_text("en")
    assert "箔材" in chinese
    assert "引进" in chinese
    assert "Foil" not in chinese
    assert "Foil" in english
    assert "recruit" in english
    assert "箔材" not in english


def test_limit_says_what_it_leaves_out(toy):
    gaps = cg.find_gaps(toy)
    assert "Foil" in gaps.to_text("en", limit=1)
    assert f"and {len(gaps) - 1} more" in gaps.to_text("en", limit=1)
    assert len(gaps.to_csv(limit=1).splitlines()) == 2
    assert len(gaps.to_dict(limit=1)["rows"]) == 1


def test_empty_result_in_every_format(build):
    result = cg.find_gaps(build("a", [], []), region="*")
    assert len(result) == 0
    assert "nothing found" in result.to_text("en")
    assert result.to_dict()["rows"] == []
    assert result.to_csv().startswith("region,rank,")
    assert result.to_markdown("en").startswith("## ")


def test_notebook_page_escapes_names():
    page = result_of({"name_en": ["<script>alert(1)</script>"]}, lang="en")._repr_html_()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_same_input_same_bytes(toy):
    assert cg.find_gaps(toy).to_json() == cg.find_gaps(cg.load_dataset("toy")).to_json()


def test_one_column_and_several(toy):
    gaps = cg.find_gaps(toy, draws=0)
    assert gaps["gap"].equals(gaps.frame["gap"])
    assert list(gaps[["gap", "unit"]].columns) == ["gap", "unit"]


def test_short_form(toy):
    gaps = cg.find_gaps(toy, draws=0)
    size = f"{len(gaps)} rows x {gaps.frame.shape[1]} columns"
    assert repr(gaps) == f"<Result gaps: {size}; dataset toy; region 甲市; at 2024-12>"
    assert str(gaps) == gaps.to_text(limit=30)


def test_csv_goes_to_a_file_by_position(toy, tmp_path):
    gaps = cg.find_gaps(toy, draws=0)
    text = gaps.to_csv(tmp_path / "x.csv")
    assert (tmp_path / "x.csv").read_text(encoding="utf-8") == text == gaps.to_csv()
    with pytest.raises(cg.FileProblemError):
        gaps.to_csv(tmp_path / "none" / "x.csv")


def test_workbook_holds_columns_meanings_and_what_was_asked(tmp_path):
    frame = {
        "name_zh": ["=1+1", "https://example.org"],
        "demand": [float("inf"), 2.5],
        "is_break": [True, False],
    }
    result = result_of(frame, notes=(("note-unpriced", {"count": 2}),))
    result.to_excel(tmp_path / "x.xlsx")
    sheets = pd.read_excel(tmp_path / "x.xlsx", sheet_name=None, header=None)
    assert list(sheets) == ["data", "columns", "about"]
    data = sheets["data"].to_numpy().tolist()
    assert data[0] == ["name_zh", "demand", "is_break"]
    assert data[1][0] == "=1+1"
    assert math.isnan(data[1][1])
    assert data[2][1:] == [2.5, False]
    assert sheets["columns"][0].tolist() == ["name", "name_zh", "demand", "is_break"]
    about = dict(sheets["about"].to_numpy().tolist())
    assert about["region"] == "甲市"
    assert about["chaingraph"] == cg.__version__
    assert any("price" in str(name) for name in about)
    first = (tmp_path / "x.xlsx").read_bytes()
    result.to_excel(tmp_path / "x.xlsx")
    assert (tmp_path / "x.xlsx").read_bytes() == first


def test_parquet_keeps_types_and_what_was_asked(toy, tmp_path):
    gaps = cg.find_gaps(toy, draws=0)
    gaps.to_parquet(tmp_path / "x.parquet")
    back = pd.read_parquet(tmp_path / "x.parquet")
    assert list(back) == list(gaps.frame)
    for name in back:
        texts = back[name].dtype.kind not in "ifb"
        mine, theirs = (
            frame[name].fillna("") if texts else frame[name] for frame in (gaps.frame, back)
        )
        assert mine.astype(back[name].dtype).equals(theirs), name
    held = pyarrow.parquet.read_schema(tmp_path / "x.parquet").metadata[b"chaingraph"]
    about = json.loads(held)
    assert about["params"]["region"] == "甲市"
    assert about["rows"] == []


def test_stamp_says_what_made_it(toy):
    gaps = cg.find_gaps(toy, draws=0)
    assert gaps.to_dict()["made_with"] == {
        "chaingraph": cg.__version__,
        "dataset_sha256": toy.sha256,
    }
    assert toy.sha256 not in gaps.to_text()
    assert gaps.rerun(at="2021-12").stamp == gaps.stamp
    assert result_of({"makers": [1]}).stamp == {
        "chaingraph": cg.__version__,
        "dataset_sha256": None,
    }


def test_hash_is_of_what_tables_hold(toy, tmp_path):
    for path in (tmp_path / "folder", tmp_path / "toy.xlsx"):
        cg.export_dataset(toy, path)
        assert cg.load_dataset(path).sha256 == toy.sha256
    tables = dict(toy.tables)
    shuffled = {**tables, "capacities": tables["capacities"].iloc[::-1, ::-1]}
    assert replace(toy, tables=shuffled).sha256 == toy.sha256
    changed = tables["capacities"].assign(capacity=lambda frame: frame["capacity"] + 1)
    assert replace(toy, tables={**tables, "capacities": changed}).sha256 != toy.sha256


ANALYSES = [
    (cg.find_gaps, {}), (cg.calculate_balance, {}), (cg.trace_product, {"product_id": "pack"}),
    (cg.calculate_requirements, {"goal": {"pack": 1}}), (cg.explain_product, {"product_id": "foil"}),
    (cg.list_regions, {}), (cg.measure_local_content, {}), (cg.find_anchors, {}),
    (cg.find_cross_chain, {}), (cg.measure_relatedness, {}), (cg.draw_demand, {"draws": 9}),
    (cg.measure_sensitivity, {"product": "foil"}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("function", "options"), ANALYSES, ids=lambda part: getattr(part, "__name__", "")
)
def test_every_analysis_can_be_run_again(toy, function, options):
    first = function(toy, **options)
    again = first.rerun()
    pd.testing.assert_frame_equal(again.frame, first.frame)
    assert again.to_dict() == first.to_dict()
    assert first.rerun(lang="en").lang == "en"


def test_run_again_under_other_assumptions(toy):
    study = cg.open_study(toy, goal={"pack": 1})
    for source in (study, study.state()):
        halved = cg.find_gaps(source, draws=0).rerun(load=0.5)
        expected = cg.find_gaps(toy, load=0.5, goal={"pack": 1}, draws=0)
        pd.testing.assert_frame_equal(halved.frame, expected.frame)
    state = study.state().with_capacity([{"product_id": "foil", "capacity": 100}])
    more = cg.calculate_balance(study).frame.set_index("product_id")["gap"]["foil"]
    less = (
        cg.find_gaps(state, draws=0)
        .rerun(stale="keep")
        .frame.set_index("product_id")["gap"]["foil"]
    )
    assert more - less == 100


def test_run_again_after_pickling_needs_the_data(toy):
    gaps = cg.find_gaps(toy, load=0.5, draws=0)
    back = pickle.loads(pickle.dumps(gaps))  # noqa: S301
    assert len(pickle.dumps(gaps)) < len(pickle.dumps(toy))
    with pytest.raises(cg.OptionError, match="holds no data any more"):
        back.rerun()
    pd.testing.assert_frame_equal(back.rerun(toy).frame, gaps.frame)


def test_options_that_cannot_be_rerun(toy):
    with pytest.raises(cg.OptionError, match="'lod' is no option"):
        cg.find_gaps(toy, draws=0).rerun(lod=0.5)
    with pytest.raises(cg.OptionError, match="can't be run again"):
        result_of({"makers": [1]}).rerun()


def test_a_result_cannot_be_edited_in_place(toy):
    gaps = cg.find_gaps(toy, draws=0)
    before = gaps.frame.copy(deep=True)
    for frame in (gaps.frame, gaps[list(before.columns)]):
        frame["gap"] = 0.0
        frame.loc[0, "product_id"] = "x"
    with pytest.raises(ValueError, match="read-only"):
        gaps.frame["gap"].to_numpy()[:] = 1.0
    with pytest.raises(AttributeError, match="frame"):
        gaps.frame = before.head(1)
    pd.testing.assert_frame_equal(gaps.frame, before)
    again = pickle.loads(pickle.dumps(gaps))  # noqa: S301  our own
    pd.testing.assert_frame_equal(again.frame, before)
    assert len(repr(gaps)) < 120


@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".parquet", ".json", ".md", ".txt", ".CSV"])
def test_a_result_is_saved_by_the_suffix(toy, tmp_path, suffix):
    gaps = cg.find_gaps(toy, draws=0)
    path = gaps.save(tmp_path / f"gaps{suffix}")
    read = {".csv": pd.read_csv, ".xlsx": pd.read_excel, ".parquet": pd.read_parquet}.get(
        suffix.lower()
    )
    if read is not None:
        assert read(path)["product_id"].tolist() == gaps["product_id"].tolist()
    else:
        assert path.read_text("utf-8") == {
            ".json": gaps.to_json, ".md": gaps.to_markdown, ".txt": gaps.to_text,
        }[suffix]().rstrip("\n") + "\n"  # fmt: skip
    with pytest.raises(cg.OptionError, match=r"\.xlsx \.parquet"):
        gaps.save(tmp_path / "gaps.doc")
