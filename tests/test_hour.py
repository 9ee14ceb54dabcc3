"""The pages "Your city in an hour", run from start to end in both languages."""

from __future__ import annotations

import re
import subprocess
import sys
import time

import pytest

import chaingraph as cg
from tests.helpers_hour import HOUR, PAGES, matches, play, workplace

WRITTEN = {
    "zh": ("宜春图谱.html", "宜春报告.html", "变化.html", "宜春数据.xlsx", "宜春CSV"),
    "en": ("map.html", "report.html", "changes.html", "yichun.xlsx", "yichun-csv"),
}
CITY = {"zh": "宜春", "en": "yichun"}


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_command_answers_what_the_page_says(lang):
    """`python -m tests.helpers_hour` writes the answers into the pages."""
    page = PAGES[lang].read_text(encoding="utf-8")
    started = time.perf_counter()
    with workplace() as place:
        for answer in play(page, lang):
            told = answer.told
            assert told is None or matches(told, answer.text), answer.commands + answer.text
        took = time.perf_counter() - started
        print(f"{lang}: {took:.1f} s for the whole page")  # noqa: T201  seen with pytest -s
        for name in WRITTEN[lang]:
            assert (place / name).exists()
        _check_the_city(cg.load_dataset(place / CITY[lang]))


def _check_the_city(ds):
    """What the pages promise: the past is kept, the new state counts, nothing is counted twice."""
    made = {
        at: cg.calculate_balance(ds, at=at).frame.set_index("product_id")["capacity"]
        for at in ("2024-12", "2025-01")
    }
    assert made["2024-12"][["lfp", "artificial_graphite"]].tolist() == [12_000, 11_000]
    assert made["2025-01"][["lfp", "artificial_graphite"]].tolist() == [24_000, 12_000]
    assert (
        made["2025-01"]["lithium_carbonate"] == 100_000
    )  # 30,000 + 60,000 here, 10,000 of the nation's data
    assert made["2025-01"]["cell_lfp"] == 3
    sites = ds.enterprises
    assert set(sites.loc[sites["name_zh"].str.contains("宜春示例", na=False), "city"]) == {"宜春市"}


@pytest.mark.parametrize("lang", PAGES)
def test_pages_show_pictures_that_are_there(lang):
    page = PAGES[lang].read_text(encoding="utf-8")
    pictures = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", page)
    assert len(pictures) >= 6
    for name in pictures:
        assert (HOUR / name).read_bytes().startswith(b"\x89PNG")


def test_the_lists_are_those_that_the_script_makes(tmp_path):
    """Two runs of the script give the same bytes."""
    copy = tmp_path / "files.py"
    copy.write_bytes((HOUR / "files.py").read_bytes())
    subprocess.run([sys.executable, str(copy)], check=True)
    for name in ("企业产能表.xlsx", "企业产能表2025年1月.xlsx", "规上企业名单.csv"):
        assert (tmp_path / name).read_bytes() == (HOUR / name).read_bytes()


@pytest.mark.parametrize(
    ("told", "text", "same"),
    [("a\nb\n", "a\nb\n", True), ("a\n...\nc\n", "a\nb\nb\nc\n", True), ("a\n...\n", "a\nb\n", True),
     ("a\n", "a\nb\n", False), ("a\n...\nd\n", "a\nb\nc\n", False), ("...\nc\n", "a\nc\n", True)],
)  # fmt: skip
def test_lines_may_be_left_out_only_where_the_page_says_so(told, text, same):
    assert matches(told, text) == same
