"""The call sheet: what it says, and that what people fill in comes back without loss."""

from __future__ import annotations

import io
import zipfile
from datetime import datetime
from typing import TYPE_CHECKING, Any

import openpyxl
import pandas as pd
import pytest
from click.testing import CliRunner

import chaingraph as cg
from chaingraph import words
from chaingraph.cli.main import program
from chaingraph.intake.calls import FILLED, SEEN, header_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ANSWERS = {
    "contact": "王经理", "phone": "0874-3123456", "owner": "甲市工信局", "next_step": "寄送资料",
    "due": "2026年4月15日", "state": "洽谈中", "note": "周五回电; 二期",
}  # fmt: skip

FREE = 16
"""A row below the names."""


@pytest.fixture(scope="module")
def sheet() -> cg.Result:
    return cg.call_sheet(cg.load_dataset("toy"), lang="zh")


@pytest.fixture(scope="module")
def blank(sheet: cg.Result, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return cg.save_call_sheet(sheet, tmp_path_factory.mktemp("calls") / "calls.xlsx")


def column(name: str) -> int:
    return SEEN.index(name) + 1


def filled(blank: Path, target: Path, change: Callable[[Any, Any], None]) -> Path:
    book = openpyxl.load_workbook(blank)
    change(book.worksheets[0], book)
    book.save(target)
    return target


def answer(page: Any, row: int = 2, **values: object) -> None:
    for name, value in (values or ANSWERS).items():
        page.cell(row, column(name)).value = value


def problems(path: Path) -> list[tuple[str, str]]:
    done = cg.import_file(path, dry_run=True)
    frame = done.problems.frame
    frame = frame[frame["severity"] == "error"]
    return list(zip(frame["rule"], frame["cell"], strict=True))


# --- what it says


def test_a_row_says_size_buyers_inputs_and_cost(sheet: cg.Result) -> None:
    row = sheet.frame.set_index("group_zh").loc["恒金"]
    assert row["size_zh"] == "缺口1,000吨/年，其典型工厂3,000吨，占其33%"
    assert row["plant_share"] == pytest.approx(1 / 3)
    assert row["buyers_zh"] == "甲市电芯：1,000吨/年（生产电芯）"
    assert row["at_hand_zh"] == "1 种投入中 1 种本地有：金属（甲市金属）"
    assert row["power_here_zh"].startswith("电价：数据中没有")
    assert "3 项中的 3 项" in row["cost_here_zh"]
    assert "比乙市（恒金）省 162 至 174 元/吨（售价的 5.4% 至 5.8%）" in row["cost_here_zh"]
    assert "[1" in row["why_them_zh"]
    assert row["sources"].split()[0].startswith("https://")


def test_a_gap_larger_than_the_plant_is_told_in_plants() -> None:
    ds = cg.load_dataset("toy")
    frame = cg.call_sheet(ds, "foil", statuses={"operating": 1, "construction": 1}).frame
    row = frame.set_index("group_zh").loc["光箔"]
    assert row["size_en"] == "the gap is 1,500 t a year, 1.5 times its usual plant of 1,000 t"
    assert row["plant_share"] == 1


def test_every_number_of_a_reason_leads_to_an_address(sheet: cg.Result) -> None:
    import re

    for why, pages in zip(sheet.frame["why_them_zh"], sheet.frame["sources"], strict=True):
        numbers = [int(n) for part in re.findall(r"\[([\d, ]+)\]", why) for n in part.split(",")]
        assert max(numbers, default=0) == len(pages.split() if isinstance(pages, str) else [])


def test_what_takes_a_quota_is_cleared_first_and_said_once() -> None:
    ds = cg.load_dataset("toy")
    table = ds.products.assign(restricted=ds.products["restricted"].where(
        ds.products["product_id"] != "foil", "needs a quota"))  # fmt: skip
    row = cg.call_sheet(ds.with_tables(products=table), "foil").frame.iloc[0]
    assert row["clear_first_en"] == "needs a quota"
    assert "needs a quota" not in row["why_them_en"]


def test_suppliers_hear_who_takes_it_and_nothing_of_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    from chaingraph.recruit import calls

    original = calls.list_targets

    def with_lists(*args: Any, **more: Any) -> Any:
        found = original(*args, **more)
        lists = ["supplier", "local"] + ["outside"] * (len(found.frame) - 2)
        return found._replace(frame=found.frame.assign(target_list=lists))

    monkeypatch.setattr(calls, "list_targets", with_lists)
    frame = cg.call_sheet(cg.load_dataset("toy"), "foil").frame
    assert frame["target_list"].tolist()[:2] == ["supplier", "local"]
    assert isinstance(frame["buyers_zh"].iloc[0], str)
    assert frame[["cost_here_zh", "at_hand_zh", "park_here_zh"]].iloc[0].isna().all()
    assert isinstance(frame["cost_here_zh"].iloc[1], str)


def test_a_region_without_makers_has_an_empty_sheet(tmp_path: Path) -> None:
    empty = cg.call_sheet(cg.load_dataset("qujing"), region="承德市")
    assert not len(empty)
    for name in ("e.xlsx", "e.docx", "e.html"):
        assert cg.save_call_sheet(empty, tmp_path / name).stat().st_size > 0


@pytest.mark.parametrize("suffix", [".xlsx", ".docx", ".html"])
def test_two_runs_write_the_same_bytes(sheet: cg.Result, tmp_path: Path, suffix: str) -> None:
    one, two = (cg.save_call_sheet(sheet, tmp_path / f"{n}{suffix}").read_bytes() for n in "ab")
    assert one == two


def test_a_document_breaks_the_page_before_every_firm_but_the_first(
    sheet: cg.Result, tmp_path: Path
) -> None:
    path = cg.save_call_sheet(sheet, tmp_path / "c.docx")
    with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as archive:
        text = archive.read("word/document.xml").decode()
    firms = sheet.frame["group_zh"].nunique()
    assert text.count('w:val="Heading1"') == firms
    assert text.count("<w:pageBreakBefore/>") == firms - 1


def test_a_firm_with_many_products_keeps_to_its_page(sheet: cg.Result) -> None:
    from dataclasses import replace

    from chaingraph.views.papers.call_sheet import _LINES, _lines, build_call_pages

    frame = pd.concat([sheet.frame.head(1)] * 12, ignore_index=True)
    pages = build_call_pages(replace(sheet, frame=frame))
    (section,) = pages.sections
    said = [row.cells[1].text for row in section.tables[0].rows]
    assert sum(map(_lines, said)) <= _LINES + 12
    assert len(section.tables[1].rows) == 12


def test_pages_escape_what_names_hold(sheet: cg.Result, tmp_path: Path) -> None:
    from dataclasses import replace

    evil = sheet.frame.assign(group_zh='"><script>alert(1)</script>')
    path = cg.save_call_sheet(replace(sheet, frame=evil), tmp_path / "c.html")
    assert "<script" not in path.read_text(encoding="utf-8")


# --- what comes back


def test_what_is_filled_in_comes_back_and_is_shown_again(blank: Path, tmp_path: Path) -> None:
    path = filled(blank, tmp_path / "f.xlsx", lambda page, _: answer(page))
    done = cg.import_file(path, tmp_path / "city")
    assert not done.errors
    assert len(done.tables["contacts"]) == 1
    again = cg.call_sheet(cg.load_dataset(tmp_path / "city")).frame.iloc[0]
    expected = ANSWERS | {"due": "2026-04-15"}
    assert {name: again[name] for name in FILLED} == expected
    # ... and through a second sheet the same rows
    second = cg.save_call_sheet(
        cg.call_sheet(cg.load_dataset(tmp_path / "city")), tmp_path / "g.xlsx"
    )
    merged = cg.merge_dataset(tmp_path / "city", second)
    assert not merged.errors
    assert not merged.open
    assert (
        cg.call_sheet(cg.load_dataset(tmp_path / "city")).frame.iloc[0][list(FILLED)].to_dict()
    ) == expected


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_merge_changes_adds_and_keeps(blank: Path, tmp_path: Path, lang: Any) -> None:
    city = tmp_path / "city"
    cg.import_file(filled(blank, tmp_path / "f.xlsx", lambda page, _: answer(page)), city)
    book = cg.save_call_sheet(cg.call_sheet(cg.load_dataset(city)), tmp_path / "g.xlsx", lang=lang)

    def change(page: Any, _: Any) -> None:
        answer(page, 2, state="已签约", contact=None)  # an emptied cell says nothing
        answer(page, 3, owner="甲市工信局", due=datetime(2026, 5, 1))  # noqa: DTZ001
        answer(
            page,
            FREE,
            product="粉体甲" if lang == "zh" else "Powder A",
            group_zh="某粉",
            note="来电",
        )

    merged = cg.merge_dataset(city, filled(book, tmp_path / "h.xlsx", change))
    assert (merged.errors, merged.open) == (0, 0)
    ds = cg.load_dataset(city)
    assert len(ds.table("units")) == 1  # the office is the known one
    frame = cg.call_sheet(ds).frame.set_index("group_zh")
    assert frame.loc["光箔", ["contact", "state"]].tolist() == ["王经理", "已签约"]
    assert frame.loc["恒金", ["owner", "due"]].tolist() == ["甲市工信局", "2026-05-01"]
    # who is talked to but is no target stands at the end
    assert frame.loc["某粉", ["product_id", "note"]].tolist() == ["powder_a", "来电"]
    assert pd.isna(frame.loc["某粉", "rank"])
    only = cg.call_sheet(ds, "foil").frame
    assert "某粉" not in only["group_zh"].tolist()


def test_hidden_keys_that_are_gone_are_told_by_the_names(blank: Path, tmp_path: Path) -> None:
    def change(page: Any, _: Any) -> None:
        answer(page)
        page.delete_cols(len(SEEN) + 1, 3)

    path = filled(blank, tmp_path / "f.xlsx", change)
    row = cg.import_file(path, dry_run=True).tables["contacts"].iloc[0]
    assert row[["product_id", "group_zh", "region"]].tolist() == ["foil", "光箔", "甲市"]


def rename(name: str, text: str) -> Callable[[Any, Any], None]:
    def change(page: Any, _: Any) -> None:
        answer(page)
        page.cell(1, column(name)).value = text

    return change


def delete(name: str) -> Callable[[Any, Any], None]:
    def change(page: Any, _: Any) -> None:
        answer(page)
        page.delete_cols(column(name))

    return change


def say(row: int = 2, **values: object) -> Callable[[Any, Any], None]:
    def change(page: Any, _: Any) -> None:
        answer(page)
        answer(page, row, **values)

    return change


def copy_row(page: Any, _: Any) -> None:
    answer(page)
    for at in range(1, page.max_column + 1):
        page.cell(FREE, at).value = page.cell(2, at).value
    answer(page, FREE, contact="李")


WRONG = {
    "a column of answers is gone": (delete("phone"), [("call-column-gone", "1")]),
    "a header is retyped": (
        rename("contact", "联络员"), [("call-column-gone", "1"), ("call-column-other", "J1")],
    ),
    "a date is a sentence": (say(due="下月底前"), [("date-unclear", "N2")]),
    "a row changes its product": (say(product="粉体甲"), [("call-product-changed", "C2")]),
    "a row changes its group": (say(group_zh="恒金"), [("call-group-changed", "F2")]),
    "a product is unknown": (say(FREE, product="月球石", group_zh="某", note="x"), [("product-unknown", f"C{FREE}")]),
    "nobody is named": (say(FREE, note="x"), [("call-nobody", f"C{FREE}")]),
    "a row stands twice": (copy_row, [("call-twice", f"F{FREE}")]),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_said_at_its_cell(blank: Path, tmp_path: Path, name: str) -> None:
    change, expected = WRONG[name]
    assert problems(filled(blank, tmp_path / "f.xlsx", change)) == expected


def test_the_same_row_twice_is_one(blank: Path, tmp_path: Path) -> None:
    def change(page: Any, book: Any) -> None:
        copy_row(page, book)
        answer(page, FREE, contact=ANSWERS["contact"])

    done = cg.import_file(filled(blank, tmp_path / "f.xlsx", change), dry_run=True)
    assert (done.errors, len(done.tables["contacts"])) == (0, 1)


def test_a_sheet_that_nobody_filled_says_so(blank: Path) -> None:
    assert problems(blank) == [("template-unfilled", "")]


def test_headers_are_told_apart() -> None:
    for lang in words.LANGUAGES:
        titles = [header_of(name, lang) for name in SEEN]
        assert len(set(titles)) == len(titles)


# --- the command


@pytest.mark.parametrize("name", ["c.xlsx", "c.docx", "c.html", "c.csv", "c.json", "c.md"])
def test_the_command_writes_every_format(tmp_path: Path, name: str) -> None:
    result = CliRunner().invoke(program, ["calls", "toy", "-o", str(tmp_path / name)])
    assert result.exit_code == 0, result.output
    assert (tmp_path / name).stat().st_size > 0


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (["--gap", "nope"], "nope"),
        (["-o", "x.pdf"], ".xlsx .docx .html"),
        (["--chain", "nope"], "nope"),
        (["--limit", "-1"], "-1"),
    ],
)
def test_wrong_usage_is_one_sentence(asked: list[str], said: str) -> None:
    result = CliRunner().invoke(program, ["calls", "toy", *asked])
    assert result.exit_code == 2
    assert said in result.output
    assert "Traceback" not in result.output


def test_other_results_and_suffixes_are_refused(sheet: cg.Result, tmp_path: Path) -> None:
    gaps = cg.find_gaps(cg.load_dataset("toy"), draws=0)
    with pytest.raises(cg.OptionError, match="no call sheet"):
        cg.save_call_sheet(gaps, tmp_path / "c.xlsx")
    with pytest.raises(cg.OptionError, match="no call sheet"):
        cg.build_call_pages(gaps)
    with pytest.raises(cg.FileProblemError, match="suffix"):
        cg.save_call_sheet(sheet, tmp_path / "c.pdf")
