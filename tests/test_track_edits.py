"""A list that people edited as they like: no typed cell is lost, neither in the ledger nor in the next list."""

from __future__ import annotations

import datetime as dt
import random

import openpyxl
import pytest

import chaingraph as cg
from chaingraph.planning.track_raw import plain_text
from tests.helpers_lists import EDITS, cells, edit

LISTS = 10
EDITS_A_LIST = 10


@pytest.fixture(scope="module")
def issued(tmp_path_factory):
    path = tmp_path_factory.mktemp("issued") / "list.xlsx"
    plan = {"name": "p", "project": [{"product": "foil", "size": 1000, "from": "2027-06"}]}
    listed = cg.build_responsibility(cg.load_dataset("toy"), plan=plan, lang="zh")
    return cg.save_responsibility(listed, path)


def said(value):
    """Return what a person would look for of a value."""
    if isinstance(value, dt.datetime):
        return plain_text(value)
    return plain_text(getattr(value, "text", None) or value)


def is_ours(text):
    """Tell whether a text is a formula that a list is issued with."""
    return text.startswith("=") and any(
        f"{name}(" in text for name in ("ISNUMBER", "COUNTIF", "COUNTIFS", "IF")
    )


def is_noted(text, notes):
    """Tell whether a text stands behind a colon in a comment, or is long enough to be found in one."""
    return f"：{text}" in notes or (len(text) > 4 and text in notes)


@pytest.fixture(scope="module")
def edited(issued, tmp_path_factory):
    """Return the lists that were edited, each with its next list: 100 edits in all."""
    folder = tmp_path_factory.mktemp("edited")
    done = []
    for seed in range(LISTS):
        rng = random.Random(seed)  # noqa: S311
        book = openpyxl.load_workbook(issued)
        names = [edit(book, rng) for _ in range(EDITS_A_LIST)]
        path = folder / f"back{seed}.xlsx"
        book.save(path)
        before = path.read_bytes()
        try:
            back = cg.read_tracking(path)
        except cg.DataError as error:  # pasted over so that no headers are left
            assert error.key == "track-no-list", names  # noqa: PT017
            continue
        following = cg.save_responsibility(back.book, folder / f"next{seed}.xlsx")
        assert path.read_bytes() == before
        done.append((names, path, back, following, cells(path)))
    return done


def test_the_edits_are_of_all_kinds(edited):
    assert len(edited) >= LISTS - 2
    assert {name for names, *_ in edited for name in names} == set(EDITS)


def test_the_ledger_holds_every_typed_cell(edited):
    for names, _, back, _, typed in edited:
        ledger = back.raw.ledger()
        held = {
            (row.sheet, row.cell + (" comment" if row.kind == "comment" else "")): row.content
            for row in ledger.itertuples()
        }
        lost = {place: value for place, value in typed.items() if held.get(place) != said(value)}
        assert lost == {}, names


def test_the_next_list_holds_every_typed_cell(edited):
    for names, _, _, following, typed in edited:
        texts = {
            said(value).strip()
            for (sheet, _), value in cells(following).items()
            if sheet != "_meta"
        }
        notes = "\n".join(texts)
        lost = [
            (place, value)
            for place, value in typed.items()
            if place[0] != "_meta"
            and not is_ours(said(value))
            and said(value).strip() not in texts | {""}
            and not is_noted(said(value).strip(), notes)
        ]
        assert lost == [], names


def test_a_next_list_reads_back_to_the_same(edited):
    for names, _, back, following, _ in edited:
        again = cg.read_tracking(following)
        for sheet, rows in back.book.rows.items():
            assert [row.cells for row in again.book.rows[sheet]] == [row.cells for row in rows], (
                names,
                sheet,
            )


def test_an_untouched_list_comes_back_to_the_byte(issued, tmp_path):
    back = cg.read_tracking(issued)
    assert (back.findings, back.changes, back.restored, back.not_carried) == ([], [], [], [])
    again = cg.save_responsibility(back.book, tmp_path / "again.xlsx")
    assert again.read_bytes() == issued.read_bytes()
