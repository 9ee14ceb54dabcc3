"""The opening page: stages, what comes first, numbers, and what a director sees and clicks."""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace

import pandas as pd
import pytest

import chaingraph as cg
from chaingraph.analysis.first_things import bought_outside, first_gaps
from chaingraph.analysis.stages import FOLDS, MOST_STAGES, chain_stages
from chaingraph.analysis.study import open_study, region_state
from chaingraph.analysis.summary import summarise
from chaingraph.analysis.topics import BOUGHT
from chaingraph.spoken import say_money
from chaingraph.views.onelook.model import percent
from tests.browser import ARGUMENTS, Watched, find_chromium
from tests.helpers_cli import run

EVIL = "</script><img src=x onerror=alert(1)>\"'&<b>"


@pytest.fixture(scope="module")
def qujing():
    return cg.load_dataset("qujing")


@pytest.fixture(scope="module")
def summary(qujing):
    state = region_state(open_study(qujing), None)
    return summarise(state, cg.find_gaps(state, draws=0).frame)


@pytest.fixture(scope="module")
def look(qujing):
    return cg.build_one_look(qujing)


def page_data(page):
    return json.loads(re.search(r'id="data">(.*?)</script>', page, re.DOTALL)[1])


# --- stages


@pytest.mark.parametrize("name", ["qujing", "toy"])
def test_every_product_of_a_chain_stands_somewhere_and_in_one_fold_at_most(name):
    ds = cg.load_dataset(name)
    tagged = dict(zip(ds.products["product_id"], ds.products["chains"].fillna(""), strict=True))
    for chain in chain_stages(ds):
        own = {i for i, cell in tagged.items() if chain.chain in cell.split(";")}
        assert own <= set(chain.products)
        staged = [i for stage in chain.stages for i in stage.products]
        folded = [i for ids in chain.folds.values() for i in ids]
        assert len(staged) == len(set(staged))
        assert len(folded) == len(set(folded))
        assert not set(staged) & set(folded)
        assert set(chain.folds) <= set(FOLDS)


def test_stages_follow_the_order_of_the_table_and_its_first_product_leads(qujing):
    battery = chain_stages(qujing)[0]
    assert battery.named
    assert [s.name("zh") for s in battery.stages[:3]] == ["锂盐", "前驱体", "正极材料"]
    assert battery.stages[2].products[0] == "lfp"
    assert "retired_lfp_battery" in battery.folds["recycling"]


def test_a_chain_without_named_stages_goes_by_its_longest_path(qujing):
    bare = replace(qujing, tables={n: t for n, t in qujing.tables.items() if n != "stages"})
    chain = next(c for c in chain_stages(bare) if c.chain == "aluminium")
    assert not chain.named
    assert 1 < len(chain.stages) <= MOST_STAGES
    place = {i: n for n, stage in enumerate(chain.stages) for i in stage.products}
    assert place["alumina"] < place["primary_aluminium"] < place["pv_frame"]


def test_a_loop_of_recycling_is_one_step():
    products = pd.DataFrame(
        {"product_id": list("abc"), "name_zh": list("甲乙丙"), "unit": "t", "kind": "material"}
    )
    inputs = pd.DataFrame(
        {"input_id": list("abb"), "output_id": list("bac"), "coefficient": 0.5, "unit": "t/t"}
    )
    ds = cg.dataset_from_frames(
        {"products": products.assign(chains="c"), "inputs": inputs.assign(role="consumed")}
    )
    (chain,) = chain_stages(ds)
    assert [stage.products for stage in chain.stages] == [("a", "b"), ("c",)]


# --- what comes first


def test_the_dearest_gaps_come_first_and_what_is_covered_is_followed_only(summary):
    rows = first_gaps(summary, 100)
    best = [row["best"] for row in rows]
    known = [value for value in best if not math.isnan(value)]
    assert known == sorted(known, reverse=True)
    assert all(math.isnan(value) for value in best[len(known) :])
    assert {row["topic"] for row in rows} <= {*BOUGHT, "short"}
    assert not any(row["coming"] > 0 and row["gap_after_coming"] <= 0 for row in rows)
    names = [row["product_id"] for row in rows]
    assert [row["product_id"] for row in first_gaps(summary, 3)] == names[:3]


def test_what_stages_buy_adds_up_to_what_the_first_lines_say(summary):
    every = summary.frame["product_id"].unique()
    whole = bought_outside(summary, every)
    assert whole.value == pytest.approx(summary.money.point, rel=0.02)
    assert whole.unpriced == summary.money.unpriced
    assert not whole.sure
    assert math.isnan(bought_outside(summary, []).value)


def test_only_what_surely_lacks_is_called_sure():
    state = region_state(open_study(cg.load_dataset("toy")), None)
    toy = summarise(state, cg.find_gaps(state, draws=0).frame)
    assert bought_outside(toy, toy.topics["missing"]).sure
    assert toy.topics["missing"]


def test_a_share_below_a_tenth_has_a_decimal():
    assert [percent(v) for v in (0.0999, 0.1, 0.0, math.nan)] == ["10.0%", "10%", "0%", "-"]


# --- the page as data


def test_the_numbers_of_the_page_are_those_of_the_analysis(look, summary):
    data = page_data(look.page)
    assert data["three"][1]["number"]["zh"] == say_money(summary.money.point, "zh")
    for chain in data["chains"]:
        assert chain["said_total"]["zh"].endswith(
            say_money(sum(s["out"] for s in chain["stages"]), "zh")
        )
    first = first_gaps(summary, 4)
    assert [thing["p"] for thing in data["things"][:4]] == [row["product_id"] for row in first]
    assert data["things"][4]["verb"] == {"zh": "摸底", "en": "survey"}


def test_a_first_firm_makes_the_product_and_has_no_plant_here(look, qujing):
    data = page_data(look.page)
    targets = cg.rank_targets(qujing).frame
    here = set(qujing.enterprises.query("city == '曲靖市'")["group_zh"].dropna())
    ghosts = [
        stage["ghost"] for chain in data["chains"] for stage in chain["stages"] if "ghost" in stage
    ]
    assert ghosts
    for ghost in ghosts:
        rows = targets[(targets["product_id"] == ghost["p"]) & (targets["group_zh"] == ghost["zh"])]
        if len(rows) and (rows["target_list"] == "outside").all():
            assert ghost["zh"] not in here or not rows["makes_it"].all()


def test_an_owner_and_a_date_of_the_data_stand_on_the_page(qujing):
    task = {
        "task_id": "t1", "product_id": "alumina", "task_zh": "签长协", "lead_unit": "市工信局", "due": "2026-06",
    }  # fmt: skip
    data = page_data(cg.build_one_look(qujing.with_rows("tasks", [task]), targets=False).page)
    thing = next(t for t in data["things"] if t.get("p") == "alumina")
    assert (thing["owner"], thing["due"]) == ("市工信局", "2026-06")


@pytest.mark.parametrize("region", ["宜春市", "承德市", "云南省"])
def test_any_place_has_its_page(qujing, region):
    page = cg.build_one_look(qujing, region=region)
    assert region in page.title
    assert len(page.page.encode()) < 800_000


def test_the_page_is_the_same_twice_and_small(look, qujing):
    assert cg.build_one_look(qujing).page == look.page
    assert len(look.page.encode()) < 800_000


def test_a_dataset_of_products_alone_shows_its_stages():
    toy = cg.load_dataset("toy")
    bare = replace(toy, tables={n: toy.tables[n] for n in ("products", "inputs", "regions")})
    data = page_data(cg.build_one_look(bare).page)
    assert [s["zh"] for s in data["chains"][0]["stages"]]
    assert data["three"][1]["number"]["en"] == "-"


# --- in a browser


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=find_chromium(), args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def pages(tmp_path_factory, look, qujing):
    place = tmp_path_factory.mktemp("looks")
    look.save(place / "qujing.html")
    cg.save_one_look(qujing, place / "yichun.html", region="宜春市")
    cg.save_one_look(cg.load_dataset("toy"), place / "toy.html")
    products = qujing.products.copy()
    products.loc[products["product_id"] == "alumina", "name_zh"] = EVIL
    evil = qujing.with_tables(products=products)
    cg.save_one_look(evil, place / "evil.html")
    return place


@pytest.fixture
def watch(browser):
    context = browser.new_context(viewport={"width": 1366, "height": 768}, offline=True)
    watched = Watched(context.new_page())
    yield watched
    context.close()


@pytest.mark.browser
@pytest.mark.parametrize("name", ["qujing", "yichun", "toy", "evil"])
@pytest.mark.parametrize("size", [(1366, 768), (1920, 1080), (390, 844)])
def test_it_fits_and_asks_for_nothing(watch, pages, name, size):
    watch.page.set_viewport_size({"width": size[0], "height": size[1]})
    alerts = []
    watch.page.on("dialog", lambda dialog: (alerts.append(1), dialog.dismiss()))
    page = watch.open(pages / f"{name}.html")
    assert (watch.requests, watch.errors, alerts) == ([], [], [])
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    if size[0] > 1000:  # one screen: nothing to scroll for
        assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")
        cut = page.evaluate(
            """() => [...document.querySelectorAll('.cell .head, .todo .what')]
                .filter(n => n.scrollWidth > n.clientWidth + 1).map(n => n.textContent)"""
        )
        assert cut == []


@pytest.mark.browser
@pytest.mark.parametrize("name", ["qujing", "yichun"])
def test_click_and_address_lead_to_stage_product_and_firm(watch, pages, name):
    page = watch.open(pages / f"{name}.html")
    page.click(".cell >> nth=0")
    assert page.evaluate("location.hash").startswith("#s=battery.lithium_salts")
    page.click("#detail .jump >> nth=0")
    assert page.evaluate("location.hash").startswith("#p=")
    page.go_back()
    assert "#s=" in page.evaluate("location.hash")
    page.keyboard.press("Escape")
    page.wait_for_selector(".todo")
    page.evaluate("location.hash = '#p=nothing'")
    page.wait_for_function("document.getElementById('detail').textContent.includes('nothing')")


@pytest.mark.browser
@pytest.mark.parametrize(
    ("typed", "found"), [("tsl", "碳酸锂"), ("德方", "德方"), ("合成氨", "氨"), ("lfp", "磷酸铁锂")]
)
def test_search_knows_initials_firms_and_synonyms(watch, pages, typed, found):
    page = watch.open(pages / "qujing.html")
    page.keyboard.press("/")
    page.keyboard.type(typed)
    assert found in page.inner_text("#hits")


@pytest.mark.browser
def test_search_says_that_nothing_was_found(watch, pages):
    page = watch.open(pages / "qujing.html")
    page.fill("#search", "没有这个")
    assert page.inner_text("#hits") == "未找到：没有这个"


@pytest.mark.browser
def test_language_changes_every_word_and_stays_in_the_address(watch, pages):
    page = watch.open(pages / "qujing.html")
    page.click("#language")
    assert "l=en" in page.evaluate("location.hash")
    assert page.inner_text("#title").endswith("at one look")
    assert page.evaluate("document.documentElement.lang") == "en"
    page.click(".todo button >> nth=0")
    assert "l=en" in page.evaluate("location.hash")


@pytest.mark.browser
def test_keyboard_alone_reaches_every_box(watch, pages):
    page = watch.open(pages / "qujing.html")
    stops = page.evaluate("document.querySelectorAll('[data-move]').length")
    seen = set()
    for _ in range(stops + 60):
        page.keyboard.press("Tab")
        seen.add(
            page.evaluate(
                "document.activeElement.dataset.key || document.activeElement.textContent"
            )
        )
    wanted = page.evaluate(
        "[...document.querySelectorAll('[data-move]')].map(n => n.dataset.key || n.textContent)"
    )
    assert set(wanted) <= seen


@pytest.mark.browser
@pytest.mark.parametrize("name", ["qujing", "yichun"])
def test_one_sheet_of_paper(watch, pages, name):
    page = watch.open(pages / f"{name}.html")
    printed = page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1
    page.emulate_media(media="print")
    assert page.is_visible(".sign")
    assert not page.is_visible("#search")


@pytest.mark.browser
def test_the_state_of_each_stage_and_no_red_for_what_nobody_looked_at(watch, pages):
    page = watch.open(pages / "qujing.html")
    data = page_data((pages / "qujing.html").read_text(encoding="utf-8"))
    kinds = {box["id"]: data["statuses"][box["s"]]["key"] for box in data["boxes"]}
    for chain in data["chains"]:
        for stage in chain["stages"]:
            head = page.locator(f'[data-key="s={stage["id"]}"] .head')
            expected = f"s-{kinds[stage['main']]}" if "main" in stage else "head"
            assert expected in head.get_attribute("class")
    assert page.locator(".buy.sure").count() == 0


# --- all pages of a region


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("set") / "甲 市"
    assert cg.save_pages(cg.load_dataset("toy"), place) == place / "index.html"
    return place


def test_each_page_links_to_every_other(folder):
    names = sorted(path.name for path in folder.iterdir())
    assert "index.html" in names
    for name in names:
        text = (folder / name).read_text(encoding="utf-8")
        linked = re.search(r'<nav class="pages".*?</nav>', text)[0]
        assert sorted(re.findall(r'href="([^"]+)"', linked)) == names
        assert re.findall(r'href="([^"]+)" aria-current=page', linked) == [name]


def test_a_folder_keeps_what_else_is_there_and_refuses_a_file(folder, tmp_path):
    (tmp_path / "own.txt").write_text("mine", encoding="utf-8")
    pages = cg.build_pages(cg.load_dataset("toy"))
    pages.save(tmp_path)
    assert (tmp_path / "own.txt").read_text(encoding="utf-8") == "mine"
    with pytest.raises(cg.ChaingraphError, match="cannot"):
        pages.save(tmp_path / "own.txt")
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == {
        name: page.encode() for name, page in pages.files.items()
    }


@pytest.mark.browser
def test_links_work_from_page_to_page(watch, folder):
    page = watch.open(folder / "index.html")
    for number in range(page.locator("nav.pages a").count()):
        page.click(f"nav.pages a >> nth={number}")
        page.wait_for_selector("nav.pages a[aria-current]")
    assert watch.requests == []
    assert watch.errors == []


def test_view_chooses_a_page_by_what_is_asked(tmp_path):
    one = tmp_path / "one.html"
    assert run("view", "toy", "-o", one).exit_code == 0
    assert "at one look" in one.read_text(encoding="utf-8")
    run("view", "toy", "--chain", "cell", "-o", one)
    assert 'id="map"' in one.read_text(encoding="utf-8")
    said = run("view", "toy", "-o", f"{tmp_path}/all/").stderr
    assert said == f"wrote {tmp_path / 'all' / 'index.html'}\n"
    for options, sentence in {
        ("--figure", "onelook", "--around", "foil"): "--around does not go with --figure onelook",
        ("--figure", "flow", "--depth", "3"): "--depth does not go with --figure flow",
        ("--figure", "flow", "-o", f"{tmp_path}/all/"): "--figure does not go with a folder",
        ("--chain", "cell", "-o", f"{tmp_path}/all/"): "--chain does not go with a folder",
    }.items():
        refused = run("view", "toy", *options, status=2)
        assert sentence in refused.stderr
