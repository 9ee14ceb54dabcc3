"""How a region stands with a product: a colour from evidence and balance, and what it never claims."""

from __future__ import annotations

import colorsys
import math

import pytest

import chaingraph as cg
from chaingraph.analysis.standing import LACKING, STANDINGS, TOLD, UNCLEAR, standing
from chaingraph.views.drawing.palette import LEGEND, STYLES
from chaingraph.views.facts.products import gather_facts

HERE = {"city": "here"}
THERE = {f"far{i}": {"city": f"city{i}"} for i in range(3)}


def survey(result, method="register", as_of="2024-06", products="need"):
    return {
        "region": "here",
        "products": products,
        "method": method,
        "result": result,
        "as_of": as_of,
    }


def stand(build, makers=(), *, coefficient=1.0, cities=3, **tables):
    """Return the fact of the product `need`, which the local maker of `out` takes 100 t of."""
    elsewhere = [(name, "need", 5.0) for name in list(THERE)[:cities]]
    ds = build(
        "need out", [("need", "out", coefficient)], [("user", "out", 100.0), *elsewhere, *makers],
        sites=THERE, as_of="2024-12", surveyed=False, **tables,
    )  # fmt: skip
    return gather_facts(cg.open_study(ds).state()).by_id["need"]


@pytest.mark.parametrize(
    ("makers", "tables", "expected"),
    [
        ([("one", "need", 200.0)], {}, "strong"),
        ([("one", "need", 50.0)], {}, "weak"),
        ([("one", "need", 200.0, {"status": "construction", "as_of": "2024-06"})], {}, "building"),
        ([("one", "need", 200.0, {"status": "construction", "as_of": "2021-06"})], {}, "unseen"),
        ([], {"surveys": [survey("none")]}, "missing"),
        ([], {"surveys": [survey("none", "web_search")]}, "missing_likely"),
        ([], {"surveys": [survey("none", as_of="2022-11")]}, "missing_likely"),
        ([], {"surveys": [survey("none", as_of="2022-12")]}, "missing"),
        ([], {"surveys": [survey("some")]}, "open"),
        ([], {}, "unseen"),
    ],
)  # fmt: skip
def test_a_standing_comes_from_evidence_and_balance(build, makers, tables, expected):
    fact = stand(build, makers, **tables)
    assert fact.standing == expected
    assert math.isnan(fact.coverage) == (expected not in TOLD or expected == "open")


def test_a_maker_without_a_figure_leaves_it_open(build):
    fact = stand(build, [("one", "need", None)], cities=0)  # no plants elsewhere tell its size
    assert fact.standing == "open"
    assert "不能判断" in fact.reason_zh
    assert math.isnan(fact.coverage)


@pytest.mark.parametrize(
    ("cities", "expected"), [(0, "not_assessed"), (2, "not_assessed"), (3, "unseen")]
)
def test_what_is_hardly_collected_is_not_assessed(build, cities, expected):
    fact = stand(build, cities=cities)
    assert fact.standing == expected
    assert math.isnan(fact.coverage)  # never 0%


def test_what_nobody_takes_is_absent(build):
    ds = build("a b", [("a", "b", 1.0)], [("one", "a", 5.0)], surveyed=False, as_of="2024-12")
    assert standing(cg.open_study(ds).state()).tolist() == ["strong", "absent"]


def test_ends_and_words_stand_with_the_product(build):
    ds = build(
        [("need", "t", 1e6), ("out", "t", 1.0)],
        [("need", "out", 1.0, {"low": 0.5, "high": 2.0})],
        [("user", "out", 60_000.0), *((name, "need", 5.0) for name in THERE)],
        sites=THERE, as_of="2024-12", surveyed=False,
    )  # fmt: skip
    fact = gather_facts(cg.open_study(ds).state()).by_id["need"]
    assert (fact.evidence, fact.kind, fact.verb, fact.then) == (
        "unseen",
        "unseen",
        "survey",
        "recruit",
    )
    assert tuple(fact.gap) == (30_000.0, 60_000.0, 120_000.0)
    assert fact.gap_value.high == pytest.approx(1.2e11)
    assert fact.reason_zh == (
        "未见企业（收录 3 个城市有企业；先核实）；若确无，每年缺 3万至12万t（6万）".replace(
            "t", "吨"
        )
    )
    assert fact.reason_en.startswith(
        "no maker seen (the data know makers in 3 cities; check first)"
    )


def test_no_fact_of_a_region_shows_nought_per_cent_of_what_nobody_looked_at(qujing):
    for region in (None, "宜宾市"):
        facts = gather_facts(cg.open_study(qujing).state(region))
        unclear = [fact for fact in facts.products if fact.standing in UNCLEAR]
        assert unclear
        assert all(math.isnan(fact.coverage) for fact in unclear)


def test_only_what_surely_lacks_is_red_and_what_is_unclear_is_hatched():
    assert tuple(STYLES) == STANDINGS
    assert set(LEGEND) == set(STANDINGS) - {"absent"}
    reds = set()
    for name, style in STYLES.items():
        red, green, blue = (int(style.fill[i : i + 2], 16) / 255 for i in (1, 3, 5))
        hue, _, saturation = colorsys.rgb_to_hls(red, green, blue)
        if saturation > 0.5 and (hue < 25 / 360 or hue > 340 / 360):
            reds.add(name)
        assert style.hatch == (name in UNCLEAR)
    assert reds == set(LACKING)
    assert len({style.mark for style in STYLES.values()}) == len(STYLES)
