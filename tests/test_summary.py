"""The first lines of a region: every count is that of its list, on the terminal and on every page."""

from __future__ import annotations

import json

import pytest

import chaingraph as cg
from chaingraph import words
from chaingraph.analysis.summary import first_lines, line_text, recall_of, say_lines, summarise
from chaingraph.analysis.topics import BOUGHT, TOPICS, plants_of, topics_of, unconfirmed_anchors
from chaingraph.views.facts.products import gather_facts
from chaingraph.views.report.build import build_report, render_report
from tests.helpers_cli import run
from tests.helpers_report import Page, rendered, report

THERE = {f"far{i}": {"city": f"city{i}"} for i in range(3)}


def summary_of(ds, region=None, **options):
    state = cg.open_study(ds, **options).state(region)
    return summarise(state, cg.find_gaps(state, draws=0).frame)


@pytest.fixture(scope="module")
def here(qujing):
    return summary_of(qujing)


# --- counts


def test_every_line_that_lacks_stands_under_one_topic(here):
    frame = here.frame
    assert set(frame["topic"]) <= {*TOPICS, ""}
    assert set(frame.loc[frame["topic"] == "", "gap_kind"]) <= {"captive", "surplus", "single"}
    lines = frame[frame["under"].isna() & (frame["topic"] != "")]
    assert sum(map(len, here.topics.values())) == len(lines)
    assert {p for ids in here.topics.values() for p in ids} == set(lines["product_id"])


def test_alternatives_for_one_need_count_once(here):
    beneath = set(here.frame.loc[here.frame["under"].notna(), "product_id"])
    assert beneath
    assert not beneath & {p for ids in here.topics.values() for p in ids}


def test_missing_is_said_of_nothing_that_nobody_looked_at(qujing):
    for region in (None, "宜宾市"):
        summary = summary_of(qujing, region)
        assert summary.count("missing") == 0
        assert "已核实缺失 0 项" in line_text(say_lines(summary, "zh")[1])


@pytest.mark.parametrize("lang", words.LANGUAGES)
def test_what_is_said_counts_what_is_listed(here, lang):
    said = say_lines(here, lang)[1]
    for part in said:
        if part.topic:
            assert part.text.endswith(
                f"{here.count(part.topic)} 项" if lang == "zh" else str(here.count(part.topic))
            )
    assert {part.topic for part in said} - {""} == {t for t in TOPICS if here.count(t)}


@pytest.mark.parametrize("lang", words.LANGUAGES)
def test_terminal_json_and_report_say_the_same(qujing, here, lang):
    lines = [line_text(line) for line in say_lines(here, lang)]
    again = summarise(here.state, cg.find_gaps(here.state, draws=0).frame)
    assert first_lines(again, lang) == lines
    shown = run("gaps", "qujing", "--lang", lang, "--draws", "0").stdout
    assert shown.splitlines()[: len(lines)] == lines
    page = report("qujing", lang).sections[0]
    assert [paragraph.text for paragraph in page.paragraphs] == [" ".join(t.split()) for t in lines]
    if lang == "zh":
        found = json.loads(run("gaps", "qujing", "-f", "json", "--draws", "0").stdout)
        assert found["summary"]["zh"] == lines
        assert run("gaps", "qujing", "-f", "md", "--lang", lang, "--draws", "0").stdout.startswith(
            lines[0]
        )
        every = cg.find_gaps(qujing, draws=0).to_csv()
        assert run("gaps", "qujing", "-f", "csv", "--draws", "0").stdout == every


def test_first_lines_are_of_one_region_and_all_its_gaps():
    for more in (
        ["--kind", "missing"],
        ["--region", "曲靖市", "--region", "宜宾市"],
        ["--each", "province"],
    ):
        shown = run("gaps", "qujing", "--lang", "zh", "--draws", "0", *more).stdout
        assert "已核实缺失" not in shown


def test_every_count_of_a_page_leads_to_its_list(here):
    text = rendered("qujing", "zh", "html")
    page = Page(text)
    links = {link for link in page.links if link.startswith("#topic-")}
    assert links == {f"#topic-{t}" for t in TOPICS if here.count(t)} | {"#topic-running"}
    assert links <= {f"#{name}" for name in page.ids}
    table = next(table for table in report("qujing", "zh").tables if table.key == "counts")
    for row in table.rows:
        topic = row.key.removeprefix("topic-")
        count = len(here.doubts) if topic == "running" else here.count(topic)
        assert row.cells[1].value == count == len(str(row.cells[2].value).split("、"))


def test_a_map_says_the_same_and_links_to_its_lists(qujing, here):
    page = Page(cg.build_chain_map(qujing, targets=False).page)
    text = " ".join("".join(page.text).split())
    for lang in words.LANGUAGES:
        for line in say_lines(here, lang):
            assert " ".join(line_text(line).split()) in text
    links = {link for link in page.links if link.startswith("#topic-")}
    assert links == {f"#topic-{t}" for t in TOPICS if here.count(t)} | {"#topic-running"}
    assert links <= {f"#{name}" for name in page.ids}


@pytest.mark.parametrize("name", ["recruit", "supply", "survey", "cooperation"])
def test_all_lists_stand_on_the_terminal_and_in_the_report(here, name):
    rows = here.frame[here.frame["list"] == name]
    assert len(rows)
    shown = run("gaps", "qujing", "--lang", "zh", "--draws", "0", "--top", "0").stdout
    tables = {table.key: table for table in report("qujing", "zh").tables}
    table = tables["gaps" if name == "recruit" else name]
    assert len(table.rows) == len(rows)
    for product in rows["product_id"]:
        assert product in shown


# --- money


def market(build, **tables):
    """Three products are taken and unseen: one has a price, one has none, one is the other of two."""
    return build(
        [("priced", "t", 1e6), ("bare", "t", None), ("one", "t", 1e6), ("two", "t", 2e6), ("out", "t", 1.0)],
        [("priced", "out", 1.0, {"low": 0.5, "high": 2.0}), ("bare", "out", 1.0),
         ("one", "out", 1.0, {"alternative_group": "g"}), ("two", "out", 1.0, {"alternative_group": "g"})],
        [("user", "out", 100.0), *((f"far{i}", name, 10.0) for i in range(3)
                                   for name in ("priced", "bare", "one", "two"))],
        sites=THERE, as_of="2024-12", surveyed=False, **tables,
    )  # fmt: skip


def test_money_by_hand(build):
    summary = summary_of(market(build))
    money = summary.money
    assert summary.count("unseen") == 3  # priced, bare, and one line for the choice
    # priced: 50 to 200 t, 100 at the point; the choice: 100 t, half of each (equal makers elsewhere)
    assert money.low == pytest.approx(50e6)
    assert money.point == pytest.approx(100e6 + 50e6 + 100e6)
    assert money.full == pytest.approx(money.point)
    # the dearest alternative may take all
    assert money.high == pytest.approx(200e6 + 200e6)
    assert (money.unpriced, money.unbounded) == (1, 0)
    said = line_text(say_lines(summary, "zh")[2])
    assert "至少 0.5 亿元" in said
    assert "约 2.5 亿元" in said
    assert "至多 4 亿元" in said
    assert "另有 1 项无价格" in said
    assert said.count("需求只计已知企业") == 1


def test_what_cannot_be_bounded_has_no_most(build):
    ds = build(
        [("need", "t", 1e6), ("out", "t", 1.0)], [("need", "out", 1.0)],
        [("user", "out", None), *((name, "need", 5.0) for name in THERE)],
        sites=THERE, as_of="2024-12", surveyed=False,
    )  # fmt: skip
    summary = summary_of(ds)
    assert summary.money.unbounded == 1
    said = line_text(say_lines(summary, "en")[2])
    assert "how much is bought outside cannot be told (lines with users of unknown size: 1)" in said
    zh = line_text(say_lines(summary, "zh")[2])
    assert "多少不能判断（1 项的用户用量不明）" in zh
    assert "约 0" not in zh  # unknown is not zero


def test_a_bound_above_is_missing_where_one_user_is_not_known(here):
    assert here.money.unbounded > 0
    assert "上限不能判断" in line_text(say_lines(here, "zh")[2])


def test_data_do_not_reach_beyond_their_date(toy):
    ahead = line_text(say_lines(summary_of(toy, at="2035-01"), "zh")[0])
    assert f"数据截至 {toy.as_of}" in ahead
    assert f"按 2035-01 计算：{toy.as_of} 之后的变化不在数据中" in ahead
    for at in (toy.as_of, f"{toy.as_of}-31", "2021-12"):
        assert "计算：" not in line_text(say_lines(summary_of(toy, at=at), "zh")[0])


def test_money_of_a_region_holds_together(here):
    money = here.money
    assert 0 < money.low <= money.point <= money.full <= money.high
    assert 0 < money.restricted < money.point
    assert set(here.restricted) <= {p for topic in BOUGHT for p in here.topics.get(topic, ())}


def test_a_region_without_anybody_says_that_nothing_can_be_told(qujing):
    summary = summary_of(qujing, "承德市")
    assert summary.topics == {}
    assert "都不能判断" in line_text(say_lines(summary, "zh")[1])
    found = build_report(qujing, region="承德市", lang="zh")
    page = str(render_report(found, "html"))
    assert "没有招商缺口" not in page
    assert "<svg" not in page  # a map of nothing


# --- anchors that may not run


def anchors(build, row):
    ds = build(
        [("need", "t", 10.0), ("out", "t", 1.0)], [("need", "out", 1.0)], [("big", "out", 100.0, row)],
        sites={"big": {"anchor": True}}, as_of="2024-12",
    )  # fmt: skip
    state = cg.open_study(ds).state()
    return unconfirmed_anchors(state, plants_of(state))


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({"source_url": "https://a.example", "as_of": "2024-06"}, ()),
        ({"source_url": "https://a.example", "as_of": "2022-12"}, ()),
        ({"source_url": "https://a.example", "as_of": "2022-11"}, ("old",)),
        ({"source_url": "https://a.example", "as_of": "2022-11", "last_confirmed": "2024-01"}, ()),
        ({"source_url": "https://a.example", "as_of": "2024-06", "status": "trial"}, ("trial",)),
        ({"as_of": "2024-06", "note": "general knowledge; no page"}, ("general_knowledge",)),
        ({"as_of": "2024-06", "note": "the office says so"}, ()),
        ({}, ()),
    ],
)  # fmt: skip
def test_an_anchor_is_in_doubt_by_note_status_and_age(build, row, why):
    found = anchors(build, row)
    assert tuple(doubt.why for doubt in found) == ((why,) if why else ())
    for doubt in found:
        assert doubt.value == pytest.approx(1000.0)  # 100 t of the input at 10 CNY
        assert doubt.products == ("out",)


def test_doubts_stand_in_the_lines(here):
    assert here.doubts
    line = next(line for line in say_lines(here, "zh") if "未核实在产" in line_text(line))
    assert f"链主 {len(here.doubts)} 家" in line_text(line)
    values = [doubt.value for doubt in here.doubts if doubt.value > 0]
    assert values == sorted(values, reverse=True)


# --- on what it rests


def test_recall_by_hand(build):
    events = [
        ("p1", "here", "a", "commissioned", ""), ("p2", "here", "b", "commissioned", ""),
        ("p3", "there", "a", "full_output", ""), ("p4", "there", "b", "signed", ""),
        ("p5", "there", "b", "commissioned", "programme"), ("p6", "here", "a", "commissioned", ""),
    ]  # fmt: skip
    projects = [
        {"project_id": key, "city": city, "product_id": product, "event": event, "date": "2023-05",
         "scope": scope or None}
        for key, city, product, event, scope in events
    ]  # fmt: skip
    ds = build("a b", [], [("one", "a", 5.0)], as_of="2024-12", projects=projects)
    # commissioned: a here (twice), b here, a there; a maker is listed for a here
    assert recall_of(cg.open_study(ds)) == (1, 3)


def test_the_basis_says_recall_loads_and_prices(here):
    line = line_text(say_lines(here, "zh")[-1])
    basis = here.basis
    assert 0 < basis.found < basis.events
    assert f"{basis.events} 处" in line
    assert f"{basis.found} 处" in line
    assert f"本地 {basis.made} 种产品中 {basis.assumed} 种负荷为假定" in line
    assert basis.prices
    assert basis.prices[0] in line


@pytest.mark.parametrize(("load", "said"), [("full", "满负荷计"), (0.5, "负荷按所给数值")])
def test_a_load_that_was_asked_for_is_said(toy, load, said):
    line = line_text(say_lines(summary_of(toy, load=load), "zh")[-1])
    assert said in line
    assert "0 种" not in line


def test_topics_follow_kind_and_evidence(here):
    frame = here.frame
    again = dict(zip(frame["product_id"], topics_of(frame), strict=True))
    assert again["lithium_carbonate"] == "missing_likely"
    assert again["aluminium_scrap"] == "flow"
    assert again["nitrogen_gas"] == "on_site"
    thin = frame.loc[(frame["evidence"] == "thin") & (frame["stale_rows"] == 0), "product_id"]
    assert {again[product] for product in thin} == {"hardly"}
    stale = frame.loc[(frame["evidence"] == "unseen") & (frame["stale_rows"] > 0), "product_id"]
    assert {again[product] for product in stale} <= {"stale", "not_advised"}


def test_a_box_says_of_stale_building_what_the_first_lines_count(qujing):
    state = cg.open_study(qujing).state()
    frame = cg.find_gaps(state, draws=0).frame
    stale = frame.loc[[topic == "stale" for topic in topics_of(frame)], "product_id"]
    facts = gather_facts(state)
    assert len(stale) > 0
    for product in stale:
        assert "24 个月未见进展" in facts.by_id[product].reason_zh, product
    others = [fact for fact in facts.products if fact.product_id not in set(stale)]
    said = [fact.product_id for fact in others if "24 个月未见进展" in fact.reason_zh]
    assert set(said) <= set(frame.loc[frame["stale_rows"] > 0, "product_id"])
