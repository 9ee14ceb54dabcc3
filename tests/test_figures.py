"""Figures: the numbers are the balance's, nothing overlaps or injects, boundary files are read safely."""

from __future__ import annotations

import json
import math
import re
import string
from collections import defaultdict
from dataclasses import replace
from functools import cache
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

import chaingraph as cg
from chaingraph.analysis.study import open_study, region_state
from chaingraph.errors import OptionError, UnknownNameError
from chaingraph.views.charts.bars import anchor_content_bars, capacity_over_time, coverage_bars
from chaingraph.views.charts.capacity import capacity_steps
from chaingraph.views.drawing import svg
from chaingraph.views.facts.products import gather_facts
from chaingraph.views.figures import FIGURES, build_figure, save_figure
from chaingraph.views.flow.build import build_flow
from chaingraph.views.flow.drawing import flow_svg
from chaingraph.views.flow.model import COLLECTED
from chaingraph.views.sitemap.build import build_region_map
from chaingraph.views.sitemap.drawing import region_map_svg
from chaingraph.views.wording import FigureError, clean

PHRASES = json.loads(
    (Path(svg.__file__).parents[2] / "words" / "figures.json").read_text(encoding="utf-8")
)["figure"]
EVIL = "</text></svg><script>alert(1)</script>\"'&<b>"
LANGS = ("zh", "en")
UNTOLD = (
    "building", "absent_likely", "announced", "utility", "flow", "not_collected", "thin", "unseen",
)  # fmt: skip
"""Evidence that leaves open whether it is made here: no share of it is shown, not 0% either."""


@cache
def sources():
    return "".join(
        p.read_text(encoding="utf-8") for p in Path(svg.__file__).parents[1].rglob("*.py")
    )


def facts_of(ds, region=None, **options):
    return gather_facts(region_state(open_study(ds, **options), region))


@pytest.fixture(scope="module")
def facts(qujing):
    return facts_of(qujing)


@pytest.fixture(scope="module")
def pages(qujing):
    return {
        (name, lang): build_figure(qujing, figure=name, lang=lang)
        for name in FIGURES for lang in LANGS
    }  # fmt: skip


def elements(drawing, name=None):
    root = ET.fromstring(drawing)  # noqa: S314  our own drawing
    found = [e for e in root.iter() if isinstance(e.tag, str)]
    return [e for e in found if name is None or e.tag.rpartition("}")[2] == name]


def boxes(drawing):
    """Return text and estimated rectangle of every label."""
    found = []
    for e in elements(drawing, "text"):
        box = svg.text_box(
            float(e.get("x")), float(e.get("y")), e.text or "", float(e.get("font-size")),
            e.get("text-anchor", "start"), bold=e.get("font-weight") == "bold",
        )  # fmt: skip
        found.append((e.text, box))
    return found


def view_box(drawing):
    return [float(x) for x in elements(drawing)[0].get("viewBox").split()]


def loop(build):
    return build(
        [("a", "t", 10.0), ("b", "t", 100.0), ("c", "t", 1.0), ("d", "t", None)],
        [("a", "b", 2.0), ("b", "a", 0.1), ("c", "b", 3.0), ("d", "b", 1.0)],
        [("one", "a", 50.0), ("two", "b", 100.0)],
    )


# --- words and elements


@pytest.mark.parametrize("key", PHRASES)
def test_every_phrase_is_there_twice_and_used(key):
    entry = PHRASES[key]
    assert set(entry) == {"zh", "en"}
    fields = [{f for _, f, _, _ in string.Formatter().parse(entry[lang]) if f} for lang in LANGS]
    assert fields[0] == fields[1]
    assert not re.search(r"[\u4e00-\u9fff]", entry["en"])
    source = sources()
    stem = key.split("-")[0]
    made = f'f"{stem}-{{' in source or key in {"local", "brought", "unknown", "taken"}
    assert re.search(rf"""["']{re.escape(key)}["']""", source) or made


def test_elements_escape_texts_and_attributes():
    text = svg.tag("text", f"{EVIL}\x07", data_id=f"{EVIL}\x07", x=1.0)
    element = ET.fromstring(text)  # noqa: S314
    assert element.text == clean(EVIL) == element.get("data-id")
    assert len(element) == 0


@pytest.mark.parametrize("highest", [0.0004, 0.9, 1, 7.3, 99, 1e9, 0, float("nan")])
def test_ticks_are_round_and_reach_the_highest_value(highest):
    ticks = svg.nice_ticks(highest)
    assert ticks[0] == 0
    assert len(ticks) <= 6
    if highest > 0:
        assert ticks[-1] >= highest * 0.999
        assert ticks[-2] < highest


def test_shortened_and_wrapped_texts_fit():
    text = "曲靖市德方纳米科技有限公司 Qujing Dynanonic Company Limited WWWW"
    assert svg.text_width(svg.shorten(text, 12, 90), 12) <= 90
    lines = svg.wrap(text * 4, 12, 200)
    assert all(svg.text_width(line, 12) <= 200 for line in lines)
    assert "".join(lines).replace(" ", "") == (text * 4).replace(" ", "")


# --- every figure


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("name", FIGURES)
def test_labels_do_not_overlap_and_stay_inside(pages, name, lang):
    for drawing in pages[name, lang].drawings:
        _, _, wide, high = view_box(drawing)
        labels = boxes(drawing)
        for i, (text, box) in enumerate(labels):
            assert box.left >= 0, text
            assert box.right <= wide, text
            assert box.bottom <= high, text
            assert [t for t, other in labels[:i] if box.meets(other, -0.5)] == [], text


@pytest.mark.parametrize("name", FIGURES)
def test_letters_are_at_least_eleven_pixels_on_a_small_screen(pages, name):
    for drawing in pages[name, "zh"].drawings:
        scale = 1300 / view_box(drawing)[2]
        assert min(float(e.get("font-size")) for e in elements(drawing, "text")) * scale >= 11


@pytest.mark.parametrize("name", FIGURES)
def test_pages_ask_for_nothing_run_nothing_and_say_their_date(qujing, pages, name):
    page = pages[name, "zh"].page
    assert "<script" not in page
    assert not re.search(r"""(src|href)=|url\(|@import""", page)
    assert "default-src 'none'" in page
    assert qujing.as_of in page
    assert page.count("<table>") >= 2


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_the_same_twice(qujing, pages, name):
    assert build_figure(qujing, figure=name, lang="zh").page == pages[name, "zh"].page


@pytest.mark.parametrize("name", FIGURES)
def test_names_cannot_inject_markup(name, build):
    ds = build(
        [("a", "t", 10.0, {"name_zh": EVIL, "name_en": EVIL, "chains": EVIL.replace(";", "")}),
         ("b", EVIL, 100.0, {"name_zh": EVIL})],
        [("a", "b", 2.0)],
        [("one", "b", 5.0, {"since": "2020"})],
        sites={"one": {"name_zh": EVIL, "group_zh": EVIL, "lat": 25.0, "lon": 103.0, "anchor": True}},
        supplies=[{"supplier_group": EVIL, "customer_group": EVIL, "product_id": "a"}],
        parks=[{"park_id": "p", "name_zh": EVIL, "city": "here", "lat": 25.0, "lon": 103.0}],
    )  # fmt: skip
    for lang in LANGS:
        made = build_figure(ds, figure=name, lang=lang)
        assert "<script" not in made.page
        assert "<b>" not in made.page
        for drawing in made.drawings:
            tags = {e.tag.rpartition("}")[2] for e in elements(drawing)}
            allowed = "svg title desc rect text path line circle polygon g"
            assert tags <= set(allowed.split())


@pytest.mark.parametrize("name", FIGURES)
@pytest.mark.parametrize("lang", LANGS)
def test_structure_alone_gives_a_sentence(name, lang, build):
    made = build_figure(build("a b", [("a", "b", 1.0)], None), figure=name, lang=lang, region="*")
    for drawing in made.drawings:
        assert len([e for e in elements(drawing, "text") if e.get("data-sentence")]) >= 1


def test_nothing_priced_gives_a_sentence(build):
    flow = build_flow(facts_of(build("a b", [("a", "b", 1.0)], [("one", "b", 5.0)])))
    assert flow.links == ()
    assert len(flow.unvalued) == 1
    assert "单价" in flow_svg(flow, "zh")


def test_unknown_names_are_refused(toy, tmp_path):
    with pytest.raises(UnknownNameError, match="no region"):
        build_figure(toy, figure="flow", region="nowhere")
    with pytest.raises(UnknownNameError, match="no chain"):
        build_figure(toy, figure="charts", chain="nothing")
    with pytest.raises(OptionError, match="no figure 'pie'"):
        build_figure(toy, figure="pie")
    with pytest.raises(OptionError, match="belongs to the region map"):
        build_figure(toy, figure="flow", boundary=tmp_path / "b.json")
    assert "没有图" in FigureError("bad-figure", value="x", choices="y").text("zh")
    assert save_figure(toy, tmp_path / "f.html", figure="flow").is_file()


# --- material flow


def test_flow_shows_the_values_of_the_balance(facts, qujing):
    frame = cg.calculate_balance(qujing).frame.set_index("product_id")
    values = defaultdict(float)
    local = {}
    for e in elements(flow_svg(build_flow(facts), "zh"), "rect"):
        if e.get("data-id") and e.get("data-part") != "taken":
            values[e.get("data-id")] += float(e.get("data-value"))
            if e.get("data-part") == "local":
                local[e.get("data-id")] = float(e.get("data-value"))
    assert len(values) > 10
    for product, value in values.items():
        if product in COLLECTED:
            continue
        row = frame.loc[product]
        if math.isnan(row["demand"]):  # a user without a figure: at least what the others take
            assert value >= row["demand_low"] * row["price_cny"]
        else:
            assert value == pytest.approx(row["demand"] * row["price_cny"])
        if product in local:
            assert row["evidence"] not in UNTOLD
            assert local[product] == pytest.approx(value * row["coverage"])


@pytest.mark.parametrize("chain", [None, "battery", "photovoltaic", "aluminium"])
@pytest.mark.parametrize("most", [1, 12, 32, 500])
def test_flow_conserves_value_and_height(facts, chain, most):
    flow = build_flow(facts, chain, most=most)
    drawing = flow_svg(flow, "en")
    sent, taken, scales = defaultdict(float), defaultdict(float), set()
    for e in elements(drawing, "path"):
        if e.get("data-source"):
            sent[e.get("data-source")] += float(e.get("data-value"))
            taken[e.get("data-target")] += float(e.get("data-value"))
    high = defaultdict(float)
    for e in elements(drawing, "rect"):
        if e.get("data-id"):
            side = "taken" if e.get("data-part") == "taken" else "sent"
            high[e.get("data-id"), side] += float(e.get("height"))
    for (product, side), pixels in high.items():
        value = (taken if side == "taken" else sent)[product]
        if pixels > 20:
            scales.add(pixels / value)
    assert set(sent) == {p for p, side in high if side == "sent"}
    assert max(scales) == pytest.approx(min(scales), rel=2e-3)
    cut = math.fsum(link.value.total for link in flow.cut)
    assert math.fsum(sent.values()) == pytest.approx(flow.total.total - cut)
    assert math.fsum(sent.values()) == pytest.approx(math.fsum(taken.values()))


def test_the_legend_of_a_flow_names_only_what_is_drawn(facts):
    flow = build_flow(facts)
    drawn = {e.text for e in elements(flow_svg(flow, "zh"), "text")}
    for part, word in (("local", "本地供应"), ("brought", "外地购入")):
        assert (word in drawn) is any(getattr(node.sent, part) > 0 for node in flow.nodes)
    assert "外地购入" not in drawn  # nobody looked: nothing is known to come from outside


def test_loops_are_cut_at_the_smallest_flow_and_listed(build):
    flow = build_flow(facts_of(loop(build)))
    # a -> b: 200 t at 10; b -> a: 5 t at 100: the smaller one is cut
    assert [(c.source, c.target, c.value.total) for c in flow.cut] == [("b", "a", 500.0)]
    assert {(k.source, k.target): k.value for k in flow.links} == {
        ("a", "b"): (500.0, 1500.0, 0.0),
        ("c", "b"): (0.0, 300.0, 0.0),
    }
    assert [(u.source, u.target, u.quantity) for u in flow.unvalued] == [("d", "b", 100.0)]
    drawing = flow_svg(flow, "en")
    assert "Links left out to open loops (1): b → a." in drawing
    assert "for want of a price: 1, of these inputs (1): d." in drawing


def test_columns_follow_the_links(facts):
    flow = build_flow(facts)
    column = {node.product_id: node.column for node in flow.nodes}
    assert all(column[k.source] < column[k.target] for k in flow.links)
    assert flow.merged
    assert not set(flow.merged) & set(column)


# --- charts


@pytest.mark.parametrize("chain", [None, "battery"])
def test_coverage_bars_show_the_balance(facts, qujing, chain):
    frame = cg.calculate_balance(qujing, chain=chain).frame.set_index("product_id")
    bars = [
        e for e in elements(coverage_bars(facts, "zh", chain, most=99), "rect") if e.get("data-id")
    ]
    needed = [f for f in facts.products if facts.state.needed[f.position]]
    assert len(bars) == sum(chain is None or chain in f.chains for f in needed)
    for e in bars:
        coverage = frame.loc[e.get("data-id"), "coverage"]
        if math.isnan(coverage) or frame.loc[e.get("data-id"), "evidence"] in UNTOLD:
            assert e.get("data-value") == ""
            assert float(e.get("width")) == 0
        else:
            assert float(e.get("data-value")) == pytest.approx(coverage)
            assert float(e.get("width")) == pytest.approx(500 * coverage, abs=0.01)


def test_capacity_lines_end_at_the_capacity_of_the_balance(facts, qujing):
    listed = facts.state.rows.capacity  # of sites; a total of the region may be more
    made = [f for f in facts.products if listed[f.position] > 0]
    steps = capacity_steps(facts.state.study, None, [f.product_id for f in made])
    for fact, step in zip(made, steps, strict=True):
        known = listed[fact.position]
        assert step.operating[-1][1] == pytest.approx(known), fact.product_id
        if step.building:
            assert step.building[-1][1] == pytest.approx(known + fact.construction), fact.product_id
    drawing = capacity_over_time(qujing, None, [made[0].product_id], "zh")
    lines = [e for e in elements(drawing, "path") if e.get("data-part") == "operating"]
    assert float(lines[0].get("data-value")) == pytest.approx(listed[made[0].position])


def test_capacity_steps_by_hand(build):
    ds = build(
        "a", [],
        [("one", "a", 5.0, {"since": "2020-07"}), ("one", "a", 2.0, {"since": "2021", "until": "2022"}),
         ("two", "a", 1.0), ("two", "a", None, {"since": "2019"}),
         ("two", "a", 10.0, {"since": "2022", "status": "construction"}),
         ("two", "a", 99.0, {"since": "2024"})],
        as_of="2022-12",
    )  # fmt: skip
    (step,) = capacity_steps(ds, None, ["a"])
    assert step.operating == [(-math.inf, 1), (2020.5, 6), (2021, 8), (2022, 6), (2023, 6)]
    assert step.building[-1] == (2023, 16)
    assert (step.unknown_start, step.unknown_size) == (1, 1)
    drawing = capacity_over_time(ds, None, ["a"], "en")
    assert "known start, counted from the left edge on: 1." in drawing
    assert "Rows without a known capacity, not in the lines: 1." in drawing


def test_anchor_bars_show_the_rates(qujing):
    result = cg.measure_local_content(qujing, by="anchor")
    rates = result.frame.set_index("enterprise_id")["local_content"]
    bars = [e for e in elements(anchor_content_bars(result, "en"), "rect") if e.get("data-id")]
    assert {e.get("data-id"): float(e.get("data-value") or "nan") for e in bars} == pytest.approx(
        rates.to_dict(), nan_ok=True
    )
    none = replace(result, frame=result.frame.iloc[:0])
    assert "no operating anchor" in anchor_content_bars(none, "en")


# --- region map


def test_map_has_every_site_once_with_its_value(facts, qujing):
    drawn = build_region_map(facts)
    circles = [e for e in elements(region_map_svg(drawn, "zh"), "circle") if e.get("data-id")]
    assert len(circles) == len({e.get("data-id") for e in circles}) == len(drawn.sites)
    values = {s.enterprise_id: s.value for s in drawn.sites}
    for e in circles:
        value = values[e.get("data-id")]
        assert e.get("data-value") == ("" if math.isnan(value) else f"{value:.12g}")
    largest = max(circles, key=lambda e: float(e.get("r")))
    assert float(largest.get("data-value")) == max(v for v in values.values() if v > 0)
    # 300,000 t of primary aluminium at the price in force
    study = open_study(qujing)
    price = study.price[study.product_graph.find("primary_aluminium")]
    assert 15_000 < price < 30_000
    assert values["yunlv_zexin_fuyuan"] == pytest.approx(300_000 * price)


def test_circles_of_a_map_do_not_overlap(facts):
    found = [
        tuple(float(e.get(a)) for a in ("cx", "cy", "r"))
        for e in elements(region_map_svg(build_region_map(facts), "zh"), "circle") if e.get("data-id")
    ]  # fmt: skip
    for i, (x, y, r) in enumerate(found):
        assert all(math.hypot(x - u, y - v) >= r + s for u, v, s in found[:i])


def test_ties_are_of_what_the_sites_take(facts, qujing):
    drawn = build_region_map(facts, targets=["科达利"])
    takes = {(link.input_id, link.output_id) for link in facts.links if link.role == "consumed"}
    made = {s.enterprise_id: s.products for s in drawn.sites}
    known = set(qujing.table("supplies")["supplier_group"])
    for tie in drawn.ties:
        assert tie.supplier in known
        if not tie.target:
            assert any((tie.product_id, p) in takes for p in made[tie.customer_id])
    assert [t.supplier for t in drawn.ties if t.target] == ["科达利"]
    assert build_region_map(facts, links=False).ties == ()


def test_sites_without_coordinates_are_named(build):
    ds = build(
        "a", [], [("one", "a", 5.0), ("two", "a", 1.0)], sites={"one": {"lat": 25.0, "lon": 103.0}}
    )
    drawing = region_map_svg(build_region_map(facts_of(ds)), "en")
    assert "Without coordinates and not on the map (1): two." in drawing
    assert 'data-km="' in drawing
