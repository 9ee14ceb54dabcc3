"""The chain map in a real browser: what a planner sees, clicks, prints and saves."""

from __future__ import annotations

import json
import re
import struct
import zlib

import pytest

import chaingraph as cg
from chaingraph.schema import table_spec
from chaingraph.views.drawing.palette import STYLES
from tests.browser import ARGUMENTS, Watched, find_chromium

playwright = pytest.importorskip("playwright.sync_api")
pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=find_chromium(), args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    place = tmp_path_factory.mktemp("pages")
    ds = cg.load_dataset("qujing")
    cg.save_chain_map(ds, place / "battery.html", chain="battery")
    cg.save_chain_map(ds, place / "all.html")
    cg.save_chain_map(ds, place / "anchor.html", anchor="ja_qujing")
    return place


@pytest.fixture
def watch(browser):
    context = browser.new_context(
        viewport={"width": 1366, "height": 768}, offline=True, accept_downloads=True
    )
    watched = Watched(context.new_page())
    yield watched
    context.close()


@pytest.mark.parametrize("name", ["battery", "all", "anchor"])
def test_nothing_is_asked_from_outside_and_nothing_fails(watch, pages, name):
    watch.open(pages / f"{name}.html")
    assert watch.requests == []
    assert watch.errors == []


def test_boxes_lie_in_their_band_and_never_overlap(watch, pages):
    page = watch.open(pages / "battery.html")
    found = page.evaluate(
        """() => ({ nodes: chainmap.view.nodes, bands: chainmap.view.bands,
            boxes: chainmap.view.nodes.map(n => chainmap.network.getBoundingBox(n[0])) })"""
    )
    data = page_data(pages / "battery.html")
    stages = dict(stage_numbers(data))
    for (key, x, _), box in zip(found["nodes"], found["boxes"], strict=True):
        band = found["bands"][stages[key]]
        assert band["x0"] <= x <= band["x1"], key
        assert band["x0"] - 1 <= box["left"], key
        assert box["right"] <= band["x1"] + 1, key
    boxes = sorted(found["boxes"], key=lambda box: box["left"])
    for i, one in enumerate(boxes):
        for other in boxes[i + 1 :]:
            apart = (
                other["left"] >= one["right"]
                or one["left"] >= other["right"]
                or other["top"] >= one["bottom"]
                or one["top"] >= other["bottom"]
            )
            assert apart


def page_data(path):
    text = path.read_text(encoding="utf-8")
    return json.loads(re.search(r'id="data">(.*?)</script>', text, re.DOTALL)[1])


def stage_numbers(data):
    products = cg.load_dataset("qujing").products
    order = {"upstream": 0, "midstream": 1, "downstream": 2}
    stages = dict(zip(products["product_id"], products["stage"], strict=True))
    return [(box["id"], order.get(stages.get(box["id"]), 1)) for box in data["boxes"]]


def test_labels_are_large_enough_on_a_small_screen(watch, pages):
    page = watch.open(pages / "battery.html")
    assert page.evaluate("chainmap.network.getScale()") * 15 >= 11


def test_click_and_enter_list_the_makers_of_the_data(watch, pages):
    page = watch.open(pages / "battery.html")
    explained = cg.explain_product(cg.load_dataset("qujing"), "lfp").frame
    makers = explained[explained["aspect"].isin(["supply", "pipeline"])]
    point = page.evaluate(
        """() => { const p = chainmap.network.getPositions(['lfp']).lfp;
            const d = chainmap.network.canvasToDOM(p);
            const r = document.getElementById('map').getBoundingClientRect();
            return [d.x + r.x, d.y + r.y]; }"""
    )
    page.mouse.click(*point)
    clicked = page.inner_text("#panel")
    for name in makers["enterprise_zh"]:
        assert name in clicked
    first = makers.dropna(subset=["source_url"]).iloc[0]
    links = page.eval_on_selector_all("#panel a", "links => links.map(link => link.href)")
    assert first["source_url"] in links
    assert first["as_of"] in clicked
    page.keyboard.press("Escape")
    page.focus("#map")
    page.evaluate("chainmap.network.unselectAll()")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    assert page.is_visible("#panel h2")


def test_keyboard_reaches_every_box(watch, pages):
    page = watch.open(pages / "battery.html")
    page.focus("#map")
    count = page.evaluate("chainmap.view.nodes.length")
    reached = set()
    for _ in range(count):
        page.keyboard.press("n")
        reached.update(page.evaluate("chainmap.network.getSelectedNodes()"))
    assert len(reached) == count
    here = page.evaluate("chainmap.network.getPositions(chainmap.network.getSelectedNodes())")
    page.keyboard.press("ArrowLeft")
    there = page.evaluate("chainmap.network.getPositions(chainmap.network.getSelectedNodes())")
    assert next(iter(there.values()))["x"] < next(iter(here.values()))["x"]


def test_every_control_has_a_name_and_a_visible_focus(watch, pages):
    page = watch.open(pages / "all.html")
    seen = []
    for _ in range(40):
        page.keyboard.press("Tab")
        state = page.evaluate(
            """() => { const e = document.activeElement; const s = getComputedStyle(e);
                const name = e.innerText || e.placeholder || e.getAttribute('aria-label') || '';
                return [e.tagName, e.id, name.trim(), s.outlineStyle, s.outlineWidth]; }"""
        )
        if state[0] == "BODY":
            break
        seen.append(state)
    ids = {state[1] for state in seen}
    assert {"search", "chain", "fit", "png", "print", "language", "map"} <= ids
    for tag, name, label, style, width in seen:
        assert label or name == "chain", (tag, name)
        assert style != "none", (tag, name)
        assert width != "0px", (tag, name)


def test_search_filters_and_counts_agree_with_the_gaps(watch, pages):
    page = watch.open(pages / "battery.html")
    gaps = cg.find_gaps(cg.load_dataset("qujing"), chain="battery", draws=0).frame
    for name, evidence in (
        ("missing_likely", ["absent_likely"]), ("unseen", ["unseen", "announced"]),
        ("not_assessed", ["thin", "not_collected"]),
    ):  # fmt: skip
        chip = f'button.chip[data-status="{list(STYLES).index(name)}"]'
        count = int(page.inner_text(chip).split()[-1])
        assert count == gaps["evidence"].isin(evidence).sum() > 0
        before = page.evaluate("chainmap.nodes.get().filter(n => !n.hidden).length")
        page.click(chip)
        after = page.evaluate("chainmap.nodes.get().filter(n => !n.hidden).length")
        assert before - after == count
        page.click(chip)
    page.fill("#search", "磷酸铁锂正极")
    bright = page.evaluate("chainmap.nodes.get().filter(n => n.opacity === 1).map(n => n.id)")
    assert bright == ["lfp"]
    page.press("#search", "Enter")
    assert "磷酸铁锂" in page.inner_text("#panel h2")


def test_language_switches_everything(watch, pages):
    page = watch.open(pages / "battery.html")
    page.click("#language")
    assert page.title().endswith("industry chain map")
    assert page.evaluate("document.documentElement.lang") == "en"
    assert "Fit" in page.inner_text("#fit")
    likely = list(STYLES).index("missing_likely")
    assert "probably none" in page.inner_text(f'button.chip[data-status="{likely}"]')
    labels = page.evaluate("chainmap.nodes.get().map(n => n.label).join(' ')")
    assert not re.search("[一-鿿]", labels)


def test_picture_is_wide_and_carries_title_legend_and_date(watch, pages, tmp_path):
    page = watch.open(pages / "battery.html")
    with page.expect_download() as download:
        page.click("#png")
    target = tmp_path / "map.png"
    download.value.save_as(target)
    content = target.read_bytes()
    width, height = struct.unpack(">II", content[16:24])
    assert width >= 3000
    assert height > 500
    assert zlib.crc32(content[12:29]) == struct.unpack(">I", content[29:33])[0]
    drawn = page.evaluate("chainmap.vectors().svg.textContent")
    for text in ("曲靖市", "产业链图谱", "未见企业", "2025-12"):
        assert text in drawn


@pytest.mark.parametrize("name", ["battery", "all"])
def test_print_is_one_page(watch, pages, name, tmp_path):
    page = watch.open(pages / f"{name}.html")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    target = tmp_path / "map.pdf"
    page.pdf(path=target, prefer_css_page_size=True, print_background=True)
    content = target.read_bytes()
    assert len(re.findall(rb"/Type\s*/Page[^s]", content)) == 1
    size = re.search(rb"/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)", content)
    assert [round(float(side)) for side in size.groups()] == pytest.approx([1191, 842], abs=2)  # A3


def test_overview_drills_down(watch, pages):
    page = watch.open(pages / "all.html")
    assert page.evaluate("chainmap.view.key") == "overview"
    assert page.evaluate("chainmap.view.nodes.length") <= 80
    assert page.evaluate("chainmap.view.lanes.length") == 3
    page.click('#tabs button[data-view="chain/aluminium"]')
    assert page.evaluate("chainmap.view.key") == "chain/aluminium"
    page.click('#tabs button[data-view="overview"]')
    page.focus("#map")
    page.keyboard.press("ArrowDown")
    group = page.evaluate("chainmap.network.getSelectedNodes()[0]")
    page.keyboard.press("Enter")
    assert page.evaluate("chainmap.view.key") == f"in/{group}"


EVIL = [
    "<script>window.hit=1</script>",
    '"><img src=x onerror=window.hit=1>',
    "</script><script>window.hit=1</script>",
    "javascript:window.hit=1",
    "{{ 7*7 }}${window.hit=1}",
    "' onmouseover='window.hit=1",
]


def evil_dataset():
    """Return the toy dataset with an injection string in every cell of free text of every table."""
    ds = cg.load_dataset("toy")
    placed = {"city", "unit", "price_unit", "chains", "group_zh", "stage", "kind"}
    tables = {}
    for name in ("products", "inputs", "enterprises", "capacities", "supplies"):
        frame, spec = ds.table(name), table_spec(name)
        keys = {*spec.primary_key, *(key.field for key in spec.foreign_keys), *placed}
        for field in spec.fields:
            limited = field.vocabulary or field.enum or field.pattern or field.format
            if field.type == "string" and not limited and field.name not in keys:
                frame[field.name] = [EVIL[i % len(EVIL)] for i in range(len(frame))]
        tables[name] = frame.drop(columns=["origin"])
    tables["products"]["chains"] = "cell"
    return cg.dataset_from_frames(tables, name="<b>evil</b>", focus="甲市", as_of="2024-12")


def test_names_from_data_never_run(watch, tmp_path):
    cg.save_chain_map(evil_dataset(), tmp_path / "evil.html")
    page = watch.open(tmp_path / "evil.html")
    for key in ("cell", "foil", "powder_a"):
        page.evaluate("key => chainmap.open(key, true)", key)
        page.hover("#panel")
    page.fill("#search", "<img src=x onerror=window.hit=1>")
    page.evaluate("document.getElementById('chain').dispatchEvent(new Event('change'))")
    page.click("#language")
    page.mouse.move(600, 400)
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert page.evaluate("window.hit") is None
    hrefs = page.eval_on_selector_all("a", "links => links.map(link => link.href)")
    outside = [href for href in hrefs if "#topic-" not in href and "#lines-title" not in href]
    assert not [href for href in outside if not href.startswith("http")]
    assert watch.errors == []


def test_the_first_screen_says_what_is_known(watch, pages):
    page = watch.open(pages / "battery.html")
    line = page.locator(".known.zh")
    assert line.is_visible()
    assert "已核实缺失" in line.inner_text()
    assert not page.locator(".known.en").is_visible()
    page.click("#language")
    assert "Confirmed missing" in page.locator(".known.en").inner_text()
    page.click(".known.en a")
    assert page.locator("#lines-title").bounding_box()["y"] < 400


def test_what_nobody_looked_at_is_hatched_and_says_so(watch, pages):
    page = watch.open(pages / "battery.html")
    data = page_data(pages / "battery.html")
    unseen = [s["key"] for s in data["statuses"] if s["hatch"]]
    assert unseen == ["unseen", "not_assessed"]
    keys = [s["key"] for s in data["statuses"]]
    boxes = [box for box in data["boxes"] if keys[box["s"]] in unseen]
    assert len(boxes) > 5
    assert not any(box["cov"] for box in boxes)  # no 0% of what nobody looked at
    page.evaluate("id => chainmap.open(id, true)", boxes[0]["id"])
    said = page.inner_text("#panel")
    assert boxes[0]["why_zh"] in said
    assert boxes[0]["do"]["zh"] in said
    drawn = page.evaluate("chainmap.vectors().svg.outerHTML")
    assert drawn.count("url(#lines)") == sum(
        keys[next(b["s"] for b in data["boxes"] if b["id"] == node[0])] in unseen
        for node in data["views"][0]["nodes"]
    )


def test_contrast_of_text_is_enough():
    def luminance(colour):
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    for style in STYLES.values():
        one, other = sorted([luminance(style.fill), luminance(style.text)])
        assert (other + 0.05) / (one + 0.05) >= 4.5


def test_the_picture_comes_while_every_request_would_stall(browser, pages):
    context = browser.new_context(viewport={"width": 1366, "height": 768})
    context.route(re.compile("^https?://"), lambda _: None)  # never answered
    watched = Watched(context.new_page())
    page = watched.page
    page.goto((pages / "battery.html").resolve().as_uri(), wait_until="commit")
    page.wait_for_selector("body[data-drawn]", timeout=20_000)
    assert watched.requests == []
    context.close()


def test_two_runs_write_the_same_bytes(pages):
    again = cg.build_chain_map(cg.load_dataset("qujing"), chain="battery")
    assert again.page.encode() == (pages / "battery.html").read_bytes()


@pytest.fixture(scope="module")
def reports(tmp_path_factory):
    place = tmp_path_factory.mktemp("reports")
    ds = cg.load_dataset("qujing")
    for region in ("曲靖市", "昆明市"):
        cg.save_report(ds, place / f"{region}.html", region=region)
    return place


@pytest.mark.parametrize("region", ["曲靖市", "昆明市"])
@pytest.mark.parametrize("width", [1366, 1920])
def test_no_table_of_a_report_is_cut_off_on_a_meeting_room_screen(watch, reports, region, width):
    watch.page.set_viewport_size({"width": width, "height": 768})
    watch.page.goto((reports / f"{region}.html").as_uri())
    wide = watch.page.eval_on_selector_all(
        ".scroll", "all => all.filter(e => e.scrollWidth > e.clientWidth + 1).length"
    )
    assert wide == 0
