"""The replay: the pages are what the script writes; nothing later counts."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

import chaingraph as cg
from chaingraph.recruit.entries import freeze

FOLDER = Path(__file__).parents[1] / "examples" / "replay"


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("replay", FOLDER / "replay.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def found(script):
    return script.replay()


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_page_is_what_the_script_writes(script, found, lang):
    """`python examples/replay/replay.py` writes them."""
    page = (FOLDER / script.PAGES[lang]).read_text(encoding="utf-8")
    assert page == script.write(found, lang)


def test_every_newcomer_is_counted_as_known_or_not(script, found):
    counts = script.summary(found)
    assert counts["known"] + counts["unknown"] == counts["n"] == len(found["came"])
    assert counts["hits"] <= counts["known"]
    assert counts["nexts"] + counts["rest"] == counts["n"]
    assert (found["came"]["date"] >= "2022").all()
    unknown = found["came"][~found["came"]["known"]]
    assert unknown["call"].isna().all()
    assert not set(unknown["group"]) & set(found["targets"]["group_zh"])


def test_the_frozen_data_hold_nothing_dated_later(script, qujing):
    frozen = freeze(qujing, script.DATE, published=True)
    late = qujing.table("sources").dropna(subset=["date"])
    late = set(late[late["date"].str[:7] > script.DATE]["source_url"])
    for table, column in (
        ("projects", "date"),
        ("surveys", "as_of"),
        ("supplies", "year"),
        ("outputs", "year"),
    ):
        frame = frozen.table(table)
        assert (frame[column].str[:7] <= script.DATE).all()
        assert not set(frame["source_url"].dropna()) & late
    since = frozen.capacities["since"].dropna()
    assert (since.str[:7] <= script.DATE).all()
    assert "plan_targets" not in frozen.tables


def test_a_hit_is_within_ten_from_outside_and_three_of_those_here(script):
    for target, expected in ((("outside", 10), True), (("outside", 11), False), (("local", 3), True),
                             (("local", 4), False), (None, False)):  # fmt: skip
        assert script.hit(target) is expected


def test_another_city_and_date_print_a_page(script, capsys):
    script.main(["toy", "甲市", "2019-12", "2024-12"])
    assert "# 回放：2019-12的甲市" in capsys.readouterr().out
    assert cg.load_dataset("toy").as_of == "2024-12"
