"""Anchors as they are read: two tables, words in both languages, the command."""

from __future__ import annotations

import pytest

import chaingraph as cg
from chaingraph import words
from chaingraph.analysis.anchors import SHOWN, split_anchors
from tests.helpers_cli import cells, document, failure, rows, run


def test_two_tables(qujing):
    result = cg.find_anchors(qujing)
    totals, gaps = split_anchors(result)
    assert totals.kind == "anchor_totals"
    assert totals.frame["enterprise_id"].is_unique
    assert totals.frame["inputs"].sum() == len(result.frame)
    assert set(gaps.frame["list"]) == {"recruit"}
    assert gaps.frame.groupby("enterprise_id").size().max() == 5
    assert gaps.shown == SHOWN
    _, everything = split_anchors(result, gaps=0)
    assert len(everything.frame) == len(result.frame)
    longi = next(
        name for name in gaps.frame["followers"].dropna() if name.startswith("通威股份 (2022)")
    )
    assert longi.endswith(" +3")


def test_words_and_headers(qujing, toy):
    for result in (cg.find_anchors(qujing), cg.find_anchors(toy, anchor="cell_jia")):
        for part in (result, *split_anchors(result)):
            for lang in words.LANGUAGES:
                header, _ = part.to_rows(lang)
                assert len(set(header)) == len(header)
                assert part.title(lang) != part.kind
                assert part.sentences(lang) or not part.notes


def test_command():
    found = rows("anchors", "toy")
    assert list(found[0]) == list(cg.find_anchors(cg.load_dataset("toy")).frame)
    assert cells(found, "product_id", "gap", "followers") == [
        ("foil", "1000.0", "光箔 (2022)"), ("powder_a", "500.0", ""), ("power", "0.0", ""), ("can", "", ""),
    ]  # fmt: skip
    assert len(rows("anchors", "toy", "--anchor", "metal_jia", "--at", "2022")) == 2
    assert rows("anchors", "toy", "-r", "甲市", "--load", "0.5")[0]["demand"] == "500.0"
    building = rows("anchors", "toy", "--status", "operating,construction")
    assert cells(building[:2], "product_id", "gap") == [("powder_a", "1500.0"), ("foil", "1500.0")]
    said = document("anchors", "toy")
    assert said["kind"] == "anchors"
    assert said["rows"][3]["gap"] is None


def test_command_shows_the_anchors_then_their_gaps():
    text = run("anchors", "qujing", "--lang", "zh").stdout
    assert text.startswith("链主企业（数据集 qujing；地区 曲靖市；")
    assert "以商招商清单" in text
    assert "通威股份 (2022)" in text
    one_site = run("anchors", "qujing", "--anchor", "曲靖隆基硅材料有限公司", "--lang", "en").stdout
    assert "Local makers" in one_site
    assert "Diamond wire" in one_site


@pytest.mark.parametrize("lang", ["en_US.UTF-8", "zh_CN.UTF-8"])
def test_an_unknown_anchor_is_one_sentence(lang):
    said = failure("anchors", "toy", "--anchor", "cel_jia", status=2, lang=lang)
    assert "cel_jia" in said
    assert "cell_jia" in said
    assert "eve_qujing" in failure(
        "anchors", "qujing", "--anchor", "eve_qujing", status=2, lang=lang
    )
