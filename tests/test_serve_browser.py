"""The page of `serve` in a real browser: the whole way, wrong files, two tabs, a large file, every size of screen."""

from __future__ import annotations

import random
import re
import time

import openpyxl
import pytest

from tests.browser import ARGUMENTS, find_chromium
from tests.helpers_intake import GOOD, HEADER, workbook
from tests.helpers_serve import served

playwright = pytest.importorskip("playwright.sync_api")
pytestmark = pytest.mark.browser
WORKED = "body[data-phase=review], body[data-phase=start] .card.bad"
MADE = ".thing.waiting"


@pytest.fixture(scope="module")
def house():
    with served() as made:
        yield made


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=find_chromium(), args=ARGUMENTS)
        yield chromium
        chromium.close()


class Person:
    """Somebody before a browser, who sees what it asks of whom and what it complains of."""

    def __init__(self, browser, house, **screen):
        self.context = browser.new_context(viewport=screen or {"width": 1366, "height": 768})
        self.house, self.outside, self.errors = house, [], []
        self.context.on("request", self._asked)
        self.context.on(
            "console", lambda said: said.type == "error" and self.errors.append(said.text)
        )
        self.context.on("weberror", lambda error: self.errors.append(str(error.error)))

    def _asked(self, request):
        if not request.url.startswith((self.house.origin, "data:", "blob:")):
            self.outside.append(request.url)

    def open(self):
        page = self.context.new_page()
        page.set_default_timeout(120_000)
        page.goto(f"{self.house.origin}/{self.house.token}/")
        return page


@pytest.fixture
def person(browser, house):
    made = Person(browser, house)
    yield made
    made.context.close()


def choose(page, *files, region="甲市", at="2024-12"):
    page.set_input_files("#file", [str(file) for file in files])
    page.fill("input[name=region]", region)
    page.fill("input[name=as_of]", at)
    page.click("#send")
    page.wait_for_selector(WORKED)


def test_the_whole_way_from_a_workbook_to_the_files(person, tmp_path):
    rows = [HEADER, GOOD, ["远芯", "甲市", "电芯", "3 GWh", "已投产", "2022"]]
    page = person.open()
    page.set_input_files("#file", str(workbook(tmp_path, rows, name="产能 表.xlsx")))
    assert page.inner_text("#chosen") == "产能 表.xlsx"
    page.click("#send")
    page.wait_for_selector(WORKED)
    assert page.is_disabled("button:has-text('出图和清单')")
    page.fill("#as_of", "2024年12月")
    page.click("button.choice:has-text('甲市')")
    page.wait_for_selector("fieldset.open-row")
    assert "甲市" in page.inner_text(".facts")
    page.check("fieldset.open-row input[value=cell_jia]")
    page.click("button:has-text('按所选重新读取')")
    page.wait_for_selector(".verdict.good")
    page.click("button:has-text('出图和清单')")
    page.wait_for_selector("body[data-phase=results]")
    page.wait_for_selector(MADE, state="detached")
    assert page.locator(".thing.ready").count() == 9
    with page.expect_download() as download:
        page.click("article[data-thing=report] a:has-text('Word')")
    assert download.value.suggested_filename == "甲市产业链分析报告-2024-12.docx"
    assert download.value.path().read_bytes()[:4] == b"PK\x03\x04"
    with person.context.expect_page() as opened:
        page.click("article[data-thing=map] a.primary")
    map_page = opened.value
    map_page.wait_for_selector("body[data-drawn]")
    assert "甲市" in map_page.title()
    assert map_page.is_visible("#map canvas")
    with map_page.expect_download() as picture:
        map_page.click("#png")
    assert picture.value.suggested_filename.endswith(".png")
    assert person.outside == []
    assert person.errors == []


def test_a_workbook_dropped_anywhere_is_read_at_once(person, tmp_path):
    page = person.open()
    data = workbook(tmp_path, [HEADER, GOOD]).read_bytes()
    page.evaluate(
        """bytes => { const held = new DataTransfer();
            held.items.add(new File([new Uint8Array(bytes)], '拖来.xlsx'));
            document.body.dispatchEvent(new DragEvent('drop', {dataTransfer: held, bubbles: true, cancelable: true})); }""",
        list(data),
    )
    page.wait_for_selector(WORKED)
    assert "拖来.xlsx" in page.inner_text(".facts")
    assert person.errors == []


def test_a_wrong_file_is_said_and_the_next_one_is_read(person, tmp_path):
    wrong = tmp_path / "图.png"
    wrong.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(900))
    page = person.open()
    choose(page, wrong)
    assert page.locator(".card.bad p").all_inner_texts() == [
        "图.png：不支持 .png 格式。请用 Excel 或 WPS 打开，另存为不含宏、不加密的 .xlsx 文件后再导入。"
    ]
    choose(page, workbook(tmp_path, [HEADER, GOOD]))
    assert page.is_visible(".verdict.good")


def test_a_file_over_the_limit_is_not_even_sent(person, tmp_path):
    page = person.open()
    page.evaluate("document.getElementById('upload').dataset.limit = 100")
    page.set_input_files("#file", str(workbook(tmp_path, [HEADER, GOOD])))
    assert page.inner_text("#chosen").startswith("文件超过 200 MB")
    assert page.is_disabled("#send")


def test_two_tabs_at_once_do_not_mix(person, tmp_path):
    one, two = person.open(), person.open()
    assert one.url != two.url
    first = workbook(tmp_path, [HEADER, GOOD], name="一.xlsx")
    second = workbook(tmp_path, [HEADER, ["乙厂", "乙市", "箔材", 1, "已投产", ""]], name="二.xlsx")
    for page, file, region in ((one, first, "甲市"), (two, second, "乙市")):
        page.set_input_files("#file", str(file))
        page.fill("input[name=region]", region)
        page.fill("input[name=as_of]", "2024-12")
    one.click("#send")
    two.click("#send")
    for page in (one, two):
        page.wait_for_selector(".verdict.good")
        page.click("button:has-text('出图和清单')")
    for page, here, there in ((one, "甲市", "乙市"), (two, "乙市", "甲市")):
        page.wait_for_selector("body[data-phase=results]")
        page.wait_for_selector("article[data-thing=map].ready")
        assert page.inner_text("h1").startswith(here)
        names = page.locator("article[data-thing=map] a[download]").evaluate_all(
            "links => links.map(link => decodeURIComponent(link.href))"
        )
        assert all(f"/{here}" in name and there not in name for name in names)
    assert person.errors == []


@pytest.mark.parametrize(("width", "height"), [(1366, 768), (1920, 1080), (390, 844)])
def test_nothing_is_wider_than_the_screen(browser, house, tmp_path, width, height):
    person = Person(browser, house, width=width, height=height)
    try:
        page = person.open()
        fits(page)
        choose(page, workbook(tmp_path, [HEADER, GOOD, ["远芯", "甲市", "电芯", "3 GWh", "", ""]]))
        fits(page)
        smallest = page.eval_on_selector_all(
            "main *",
            "all => Math.min(...all.filter(e => e.innerText).map(e => parseFloat(getComputedStyle(e).fontSize)))",
        )
        assert smallest >= 11
    finally:
        person.context.close()


def fits(page):
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_keyboard_alone_reaches_every_control(person, tmp_path):
    page = person.open()
    choose(page, workbook(tmp_path, [HEADER, GOOD]))
    wanted = page.locator("a[href], button:enabled, summary, input:visible").count()
    seen = set()
    for _ in range(wanted + 10):
        page.keyboard.press("Tab")
        focus = page.evaluate(
            "() => { const e = document.activeElement; const s = getComputedStyle(e);"
            " return [e.tagName, e.textContent.trim() || e.name, s.outlineStyle]; }"
        )
        if focus[0] != "BODY":
            assert focus[2] != "none", focus
            seen.add(tuple(focus[:2]))
    assert ("BUTTON", "没有问题，出图和清单") in seen
    assert any(tag == "SUMMARY" for tag, _ in seen)


def test_the_page_says_that_the_program_has_ended(browser):
    with served() as house:
        person = Person(browser, house)
        page = person.open()
        assert page.is_hidden("#gone")
    page.wait_for_selector("#gone:not([hidden])", timeout=60_000)
    person.context.close()


@pytest.mark.slow
def test_a_workbook_of_50_mb_is_read_or_refused_in_words(person, tmp_path):
    path = tmp_path / "大.xlsx"
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("企业产能表")
    sheet.append([*HEADER, "备注"])
    noise = random.Random(1)  # noqa: S311  what does not pack
    for number in range(3_500):
        sheet.append(
            [
                f"第{number}厂",
                "甲市",
                "金属",
                number / 100,
                "已投产",
                "",
                noise.randbytes(15_000).hex(),
            ]
        )
    book.save(path)
    assert path.stat().st_size > 50_000_000
    page = person.open()
    page.set_default_timeout(900_000)
    begun = time.monotonic()
    choose(page, path)
    assert time.monotonic() - begun < 900
    said = page.inner_text("main")
    assert re.search("大.xlsx", said)
    assert "Traceback" not in said
    assert page.is_visible(".verdict") or page.locator(".card.bad p").count() == 1
