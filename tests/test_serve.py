"""The page for those who use no terminal, without a browser: who may ask, what is asked, what comes out."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
import zipfile
from pathlib import Path
from urllib.parse import quote

import docx
import httpx
import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import chaingraph as cg
from chaingraph.serve import guard, running, sessions
from chaingraph.serve.making import MAKERS
from chaingraph.serve.reading import known_bases, usual_bases
from chaingraph.serve.sessions import MOST_SESSIONS, PHASES, Sessions, sweep_dead
from chaingraph.serve.uploads import MOST_FILES, safe_name
from chaingraph.serve.wording import catalogue, say
from tests.helpers_cli import failure
from tests.helpers_intake import GOOD, HEADER, text, workbook
from tests.helpers_serve import TOKEN, Tab, client, served
from tests.test_properties import examples
from tests.test_words import CHINESE, half_width, placeholders

PACKAGE = Path(cg.__file__).parent
PLACE = {"region": "甲市", "as_of": "2024-12"}


@pytest.fixture(scope="module")
def house():
    with served() as made:
        yield made


@pytest.fixture
def tab(house):
    return Tab(house)


@pytest.fixture
def few(monkeypatch):
    """Make little, where a test asks how things are made and not which."""
    for key in set(MAKERS) - {"report", "gaps"}:
        monkeypatch.delitem(MAKERS, key)


@pytest.fixture(scope="module")
def results(house, tmp_path_factory):
    place = tmp_path_factory.mktemp("served")
    tab = Tab(house)
    tab.drop(workbook(place, [HEADER, GOOD], name="产能 表.xlsx"), **PLACE)
    tab.post("make")
    tab.page(whole=True)
    return tab


# who may ask


@pytest.mark.parametrize(
    ("path", "headers", "status", "key"),
    [
        ("/a-secret/", {"host": "evil.example"}, 421, "wrong-host"),
        ("/a-secret/", {"host": "127.0.0.1:9"}, 421, "wrong-host"),
        ("/a-secret/", {"origin": "http://evil.example"}, 403, "wrong-origin"),
        ("/a-secret/", {"origin": "null"}, 403, "wrong-origin"),
        ("/a-secret/", {"origin": "http://127.0.0.1:8001"}, 403, "wrong-origin"),
        ("/another/", {}, 404, "wrong-token"),
        ("/", {}, 404, "wrong-token"),
        ("/a-secre/static/page.js", {}, 404, "wrong-token"),
    ],
)
def test_others_are_refused_in_a_sentence(house, path, headers, status, key):
    answer = client(house, **headers).get(path)
    assert (answer.status_code, answer.text) == (status, say(key, "zh") + "\n")


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_form_of_another_page_is_refused_though_it_names_no_origin(house, tab, site):
    asked = client(house, **{"sec-fetch-site": site})
    del asked.headers["origin"]
    assert asked.post(tab.here + "again").status_code == 403
    assert asked.get(tab.here).status_code == 200  # a link that was sent is followed


@pytest.mark.parametrize("path", ["", "static/page.css", "no", "s/none/", "s/none/file/a"])
def test_every_answer_allows_nothing_from_outside(house, path):
    headers = client(house).get(f"/{TOKEN}/{path}").headers
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "unsafe" not in policy
    assert "http" not in policy
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-opener-policy"] == "same-origin"


def test_the_page_names_nothing_outside(results):
    for page in (results.page(), client_page(results)):
        assert not re.search(r'(src|href|action)="(?!/a-secret/|data:,)', page)
        assert "style=" not in page


def client_page(tab):
    return tab.client.get(f"/{TOKEN}/").text


# what comes in


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("图.png", b"\x89PNG\r\n\x1a\n" + bytes(600), "图.png：不支持 .png 格式。"),
        ("坏.xlsx", b"PK\x03\x04" + bytes(600), "坏.xlsx：文件已损坏，或不是 Excel 工作簿。"),
        ("空.xlsx", b"", "空.xlsx：文件为空。"),
        ("锁.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "锁.xlsx：文件是旧版 .xls 格式，或已加密。"),
        ("无关.csv", b"a,b\n1,2\n", "无关.csv：文件中没有可识别的数据表。"),
        ("文.docx", None, "文.docx：文件中没有可识别的数据表。"),
        ("文.xlsx", None, "文.xlsx：工作簿无法读取"),
    ],
)  # fmt: skip
def test_a_wrong_file_gets_one_sentence(tab, tmp_path, name, data, said):
    path = tmp_path / name
    if data is None:
        document = docx.Document()
        document.add_paragraph("你好")
        document.save(path)
    else:
        path.write_bytes(data)
    page = tab.drop(path, **PLACE)
    assert tab.state()["phase"] == "start"
    alert = re.search(r'role="alert">(.*?)</section>', page, re.DOTALL)[1]
    sentences = re.findall("<p>(.*?)</p>", alert)
    assert len(sentences) == 1
    assert sentences[0].startswith(said)
    assert sentences[0].endswith("。")
    assert "--" not in alert


def test_no_file_and_too_many_are_refused_in_words(tab):
    answer = tab.client.post(tab.here + "files", data=PLACE)
    assert answer.status_code == 400
    assert say("no-file", "zh") in answer.text
    files = [("file", (f"{n}.csv", b"a")) for n in range(MOST_FILES + 1)]
    answer = tab.client.post(tab.here + "files", files=files)
    assert answer.status_code == 400
    assert say("too-many-files", "zh", most=MOST_FILES) in answer.text
    assert "Traceback" not in answer.text


@pytest.mark.parametrize("said", [True, False], ids=["length said", "in pieces"])
@pytest.mark.parametrize("over", [False, True])
def test_files_up_to_the_limit_are_taken(house, tab, monkeypatch, said, over):
    monkeypatch.setattr(guard, "MOST_BYTES", 50_000)
    monkeypatch.setattr(guard, "_FORM_ROOM", 2_000)
    body = multipart("a.csv", b"x" * (60_000 if over else 49_000))
    pieces = body if said else (body[at : at + 1000] for at in range(0, len(body), 1000))
    answer = tab.client.post(
        tab.here + "files", content=pieces, follow_redirects=False,
        headers={"content-type": "multipart/form-data; boundary=b"},
    )  # fmt: skip
    if not over:
        assert answer.status_code == 303
        return
    assert answer.status_code == 413
    assert say("too-large", "zh", limit="200 MB") in answer.text
    held = house.sessions.get(tab.here.split("/")[-2])
    assert [file for file in held.place.rglob("*") if file.is_file()] == []


def multipart(name: str, data: bytes) -> bytes:
    head = f'--b\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    return head.encode() + data + b"\r\n--b--\r\n"


@examples(300)
@given(st.text())
def test_no_name_leaves_its_folder(name):
    safe = safe_name(name)
    assert safe
    assert safe not in {".", ".."}
    assert len(safe) <= 121
    assert not set(safe) & set('<>:"/\\|?*\0\n')
    assert safe == safe_name(safe)


def test_two_files_of_one_name_are_both_kept(house, tab, tmp_path):
    one = text(tmp_path, "企业名称,城市,产品名称,产能(吨/年)\n甲厂,甲市,金属,1\n", name="表.csv")
    page = tab.drop(one, one, **PLACE)
    held = house.sessions.get(tab.here.split("/")[-2])
    assert [file.name for file in held.files] == ["表.csv", "2-表.csv"]
    assert "表.csv" in page


# what was understood, and what is asked


def test_what_was_understood_is_shown_in_the_words_of_a_planner(tab, tmp_path):
    page = tab.drop(workbook(tmp_path, [HEADER, GOOD], name="产能表.xlsx"), **PLACE)
    assert tab.state()["phase"] == "review"
    for said in (
        "产能表.xlsx",
        "甲市",
        "2024-12",
        "1 行",
        "1.2万吨/年 → 12000t",
        "已投产 → 在产",
        "1.2万 吨",
    ):
        assert said in page
    assert say("verdict-good", "zh") in page
    body = page.split("<main")[1]
    for raw in ("capacities", "product_id", "operating", "metal"):
        assert f">{raw}<" not in body


def test_place_and_date_are_asked_for_and_cities_of_the_list_offered(tab, tmp_path):
    page = tab.drop(workbook(tmp_path, [HEADER, GOOD]))
    assert say("verdict-ask", "zh") in page
    assert 'name="region" value="甲市" class="choice"' in page
    assert '<button class="primary" disabled>' in page
    tab.post("make")
    assert tab.state()["phase"] == "review"  # nothing is made of a list of no place
    page = tab.answer(region="甲市", as_of="2024年12月")
    assert say("verdict-good", "zh") in page
    assert "2024-12" in page


@pytest.mark.parametrize(
    ("field", "text", "why"),
    [("region", "不存在市", "不存在市"), ("as_of", "去年", "去年")],
)
def test_a_place_or_date_that_cannot_be_used_is_asked_again(tab, tmp_path, field, text, why):
    page = tab.drop(workbook(tmp_path, [HEADER, GOOD]), **PLACE | {field: text})
    question = re.search(r'class="question">(.*?)</div>', page, re.DOTALL)[1]
    assert why in re.search(r'class="why">(.*?)</p>', question)[1]


def test_rows_that_may_mean_a_known_firm_are_decided_with_a_button(house, tab, tmp_path):
    rows = [
        HEADER,
        ["远芯", "甲市", "电芯", "3 GWh", "已投产", "2022"],
        ["甲电芯", "甲市", "金属", 2, "已投产", ""],
    ]
    page = tab.drop(workbook(tmp_path, rows), **PLACE)
    assert say("verdict-open", "zh", count=2) in page
    assert "就是 甲市电芯" in page
    assert "--decisions" not in page
    page = tab.answer(**{"row-0": "cell_jia", "row-1": "no_such_firm"})
    assert say("verdict-open", "zh", count=1) in page  # what was not offered is not taken
    number = re.search(r'name="row-(\d+)" value="new"', page)[1]
    page = tab.answer(**{f"row-{number}": "new"})
    assert say("verdict-good", "zh") in page
    session = house.sessions.get(tab.here.split("/")[-2])
    aliases = cg.load_dataset(session.reading.folder).tables["aliases"]
    own = aliases[aliases["alias_zh"].isin(["远芯", "甲电芯"])]
    assert dict(own[["alias_zh", "decision"]].to_numpy()) == {"远芯": "same", "甲电芯": "new"}


def test_answers_of_a_page_that_is_past_are_not_taken(house, tab, tmp_path):
    tab.drop(workbook(tmp_path, [HEADER, GOOD]))
    tab.post("answers", {"round": "99", "region": "甲市"})
    assert house.sessions.get(tab.here.split("/")[-2]).given.region == ""


def test_rows_with_errors_are_left_out_only_when_asked(tab, tmp_path):
    rows = [HEADER, GOOD, ["乙厂", "甲市", "金属", "5卷", "已投产", ""]]
    page = tab.drop(workbook(tmp_path, rows), **PLACE)
    assert say("verdict-errors", "zh", count=1) in page
    assert "企业产能表 D3" in page
    marked = re.search(r'download href="([^"]+)"', page)[1]
    book = openpyxl.load_workbook(io.BytesIO(tab.client.get(marked).content))
    assert book["企业产能表"]["D3"].comment is not None
    page = tab.answer(**{"skip-shown": "1", "skip": "1"})
    assert say("verdict-good", "zh") in page
    assert say("left-out", "zh") in page


def test_without_a_choice_a_list_is_compared_with_all_chains():
    assert usual_bases(known_bases()) == ("aluminium", "battery", "photovoltaic")
    assert usual_bases(known_bases("toy"), "toy") == ("toy",)


def test_a_template_says_its_base_and_a_namesake_is_asked_for(tmp_path):
    with served(own="qujing") as house:
        cg.init_dataset(tmp_path / "t.xlsx", extends=["toy"], region="甲市")
        tab = Tab(house)
        page = tab.drop(tmp_path / "t.xlsx")
        assert "template" in page or "模板" in page
        page = tab.drop(workbook(tmp_path, [HEADER, GOOD]), region="朝阳区", as_of="2024-12")
        choices = re.findall(r'value="([^"]+)" class="choice"', page)
        assert len(choices) == 2
        assert all(choice.endswith("朝阳区") for choice in choices)
        assert choices[0] in tab.answer(region=choices[0])


def test_a_list_without_states_and_figures_is_understood_all_the_same(tab, tmp_path):
    page = tab.drop(
        text(tmp_path, "企业名称,城市,产品名称\n甲厂,甲市,金属\n", name="表.csv"), **PLACE
    )
    assert say("verdict-good", "zh") in page
    assert re.search(r"<td>金属</td><td>-</td>", page)


def test_a_question_in_a_cell_runs_nothing(tab, tmp_path):
    evil = '<img src=x onerror="alert(1)">'
    page = tab.drop(workbook(tmp_path, [HEADER, [evil, "甲市", evil, 1, "已投产", ""]]), **PLACE)
    assert evil not in page
    assert "&lt;img" in page


# what comes out


def test_all_that_the_commands_make_is_there_under_its_name(results):
    page = results.page(whole=True)
    made = set(re.findall(r'class="card thing ready" data-thing="(\w+)"', page))
    assert made == set(MAKERS)
    names = set(results.files())
    for name in ("甲市缺口清单-2024-12.csv", "甲市产业链分析报告-2024-12.docx", "甲市招商目标清单-2024-12.xlsx",
                 "甲市摸底问卷-2024-12.docx", "甲市责任清单-2024-12.xlsx", "甲市数据-2024-12.zip"):  # fmt: skip
        assert name in names
    assert any(name.startswith("甲市产业链图-") for name in names)


def test_figures_are_those_of_the_commands(house, results):
    held = house.sessions.get(results.here.split("/")[-2])
    ds = cg.load_dataset(held.dataset)
    links = results.files()
    gaps = results.client.get(links["甲市缺口清单-2024-12.csv"]).content
    assert gaps.decode("utf-8-sig") == cg.find_gaps(ds).to_csv()
    report = results.client.get(links["甲市产业链分析报告-2024-12.html"])
    from chaingraph.views.report.build import build_report, render_report

    assert report.text == render_report(build_report(ds), "html")


def test_downloads_carry_their_chinese_names(results):
    for name, link in results.files().items():
        headers = results.client.get(link).headers
        assert f"filename*=utf-8''{quote(name)}" in headers["content-disposition"]
        assert headers["content-disposition"].startswith("attachment")


def test_pages_that_were_made_cannot_reach_the_program(results):
    link = re.search(r'href="([^"]+\?look)"', results.page(whole=True))[1]
    headers = results.client.get(link).headers
    assert "sandbox allow-scripts" in headers["content-security-policy"]
    assert "allow-same-origin" not in headers["content-security-policy"]
    assert headers["referrer-policy"] == "no-referrer"


def test_only_what_was_made_is_handed_out(house, results):
    held = house.sessions.get(results.here.split("/")[-2])
    for name in ("datapackage.json", "..%2f..%2fetc%2fpasswd", held.files[0].name):
        assert results.client.get(f"{results.here}file/{name}").status_code == 404


def test_the_data_come_out_as_a_dataset(results, tmp_path):
    data = results.client.get(results.files()["甲市数据-2024-12.zip"]).content
    zipfile.ZipFile(io.BytesIO(data)).extractall(tmp_path)
    (folder,) = tmp_path.iterdir()
    assert cg.load_dataset(folder).focus == "甲市"


def test_two_tabs_do_not_mix(house, tmp_path):
    one, two = Tab(house), Tab(house)
    assert one.here != two.here
    one.drop(workbook(tmp_path, [HEADER, GOOD], name="一.xlsx"), **PLACE)
    two.drop(workbook(tmp_path, [HEADER, ["乙厂", "乙市", "箔材", 1, "已投产", ""]], name="二.xlsx"),
             region="乙市", as_of="2023-06")  # fmt: skip
    first, second = one.page(), two.page()
    assert "一.xlsx" in first
    assert "二.xlsx" not in first
    assert "乙市" not in first.split("<main")[1]
    assert "2023-06" in second
    two.post("again")
    assert one.state()["phase"] == "review"


def test_a_file_of_one_tab_is_not_handed_to_another(house, results):
    other = Tab(house)
    name = quote("甲市缺口清单-2024-12.csv")
    assert other.client.get(f"{other.here}file/{name}").status_code == 404
    assert results.client.get(f"{results.here}file/{name}").status_code == 200


@pytest.mark.usefixtures("few")
def test_the_language_changes_what_is_said(tab, tmp_path):
    tab.drop(workbook(tmp_path, [HEADER, GOOD]), **PLACE)
    page = tab.post("lang", {"lang": "en"})
    assert say("verdict-good", "en") in page
    assert '<html lang="en">' in page
    assert "Read" in page
    tab.post("make")
    assert any(name.startswith("甲市 gaps") for name in tab.files())


@pytest.mark.usefixtures("few")
def test_ones_own_dataset_is_looked_at_without_a_list(tab):
    assert say("own", "zh") in tab.page()
    tab.post("own")
    page = tab.page(whole=True)
    assert tab.state()["phase"] == "results"
    assert "甲市数据" not in page  # it is at hand already


@pytest.mark.usefixtures("few")
def test_what_fails_is_said_and_stops_nothing_else(tab, monkeypatch):
    key = next(iter(words_of_errors()))
    monkeypatch.setitem(MAKERS, "report", lambda *_: (_ for _ in ()).throw(cg.OptionError(key)))
    tab.post("own")
    page = tab.page(whole=True)
    assert 'thing failed" data-thing="report"' in page
    assert 'thing ready" data-thing="gaps"' in page
    assert "Traceback" not in page


def words_of_errors():
    held = json.loads((PACKAGE / "words" / "messages.json").read_text(encoding="utf-8"))
    return [key for key, said in held.items() if not placeholders(said["zh"])]


# sessions and the end


def test_the_tab_longest_unused_goes_first_and_its_files_with_it():
    held = Sessions("zh")
    try:
        first = held.create()
        (first.place / "a").write_text("a")
        others = [held.create() for _ in range(MOST_SESSIONS - 1)]
        assert held.get(first.key) is first  # used now
        held.create()
        assert held.get(first.key) is first
        assert held.get(others[0].key) is None
        assert not others[0].place.exists()
        assert first.place.exists()
    finally:
        held.sweep()
    assert not held.place.exists()


def test_a_tab_that_works_is_not_closed():
    held = Sessions("zh")
    try:
        made = [held.create() for _ in range(MOST_SESSIONS)]
        made[0].set_phase("reading")
        held.create()
        assert held.get(made[0].key) is made[0]
        assert held.get(made[1].key) is None
    finally:
        held.sweep()


def test_folders_of_ended_programs_are_swept_and_those_in_use_stay(tmp_path, monkeypatch):
    monkeypatch.setattr(sessions.tempfile, "gettempdir", lambda: str(tmp_path))
    monkeypatch.setattr(sessions.tempfile, "tempdir", str(tmp_path))
    live = Sessions("zh")
    dead = tmp_path / "chaingraph-serve-dead"
    dead.mkdir()
    (dead / "表.xlsx").write_text("x")
    assert sweep_dead() == [dead]
    assert live.place.exists()
    live.sweep()


def start(*args, cwd):
    environment = os.environ | {"LANG": "zh_CN.UTF-8", "LC_ALL": "zh_CN.UTF-8", "TMPDIR": str(cwd)}
    program = subprocess.Popen(
        [sys.executable, "-m", "chaingraph", "serve", "--no-browser", *map(str, args)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8", env=environment,
        cwd=Path(cg.__file__).parents[1],
    )  # fmt: skip
    return program, program.stdout.readline().strip()


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 0)])
def test_the_program_ends_with_a_word_and_leaves_nothing(tmp_path, number, status):
    listed = workbook(tmp_path, [HEADER, GOOD])
    program, address = start("toy", "--drop", listed, cwd=tmp_path)
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/[\w-]{32}/", address)
    with httpx.Client(follow_redirects=True) as asked:
        page = asked.get(address)
        assert page.status_code == 200
        assert "a.xlsx" in page.text  # what was dropped on the starter
        assert "a.xlsx" not in asked.get(address).text  # the second tab has a session of its own
    assert list(tmp_path.glob("chaingraph-serve-*"))
    program.send_signal(number)
    _, said = program.communicate(timeout=30)
    assert program.returncode == status
    assert said == f"{say('serving', 'zh')}\n{say('stopped', 'zh')}\n"
    assert not list(tmp_path.glob("chaingraph-serve-*"))


def test_the_button_on_the_page_ends_the_program(tmp_path):
    program, address = start(cwd=tmp_path)
    origin = address[: address.index("/", 8)]
    said = httpx.post(f"{address}quit", headers={"origin": origin}).text
    assert say("ended", "zh") in said
    program.communicate(timeout=30)
    assert program.returncode == 0
    assert not list(tmp_path.glob("chaingraph-serve-*"))


def test_wrong_usage_is_one_sentence(tmp_path):
    assert "no dataset or folder 'nowhere'" in failure("serve", "nowhere", "--no-browser", status=2)
    missing = tmp_path / "a.xlsx"
    assert str(missing) in failure("serve", "--no-browser", "--drop", missing, status=1)
    with running._listening(0) as taken:
        port = taken.getsockname()[1]
        assert f"port {port}" in failure("serve", "--no-browser", "--port", port, status=2)


def test_without_the_extra_the_command_says_how_to_install_it(monkeypatch):
    real = running.importlib.util.find_spec
    monkeypatch.setattr(
        running.importlib.util, "find_spec", lambda name: None if name == "uvicorn" else real(name)
    )
    said = failure("serve", "--no-browser", status=1)
    assert said == "chaingraph: this needs the library uvicorn: pip install 'chaingraph[serve]'"


def test_only_this_computer_is_listened_to():
    with running._listening(0) as listener:
        assert listener.getsockname()[0] == "127.0.0.1"


# words


def test_every_text_of_the_page_is_there_twice_and_used():
    code = "".join(
        p.read_text(encoding="utf-8")
        for p in (PACKAGE / "serve").rglob("*.*")
        if p.suffix in {".py", ".html"}
    )
    code += (PACKAGE / "cli" / "serve.py").read_text(encoding="utf-8")
    made = {f"step-{phase}" for phase in PHASES} | {f"working-{phase}" for phase in PHASES}
    made |= {f"{kind}-{key}" for key in MAKERS for kind in ("thing", "about")}
    starts = ("file-", "label-", "remedy-", "how-")
    for key, said in catalogue().items():
        assert set(said) == {"zh", "en"}
        assert placeholders(said["zh"]) == placeholders(said["en"])
        assert not CHINESE.search(said["en"].replace("宜春市", "")), key
        assert not half_width(said["zh"].replace("（.xlsx）", "")), key
        assert f'"{key}"' in code or f"'{key}'" in code or key in made or key.startswith(starts), (
            key
        )


def test_remedies_on_the_page_name_no_option():
    rules = json.loads((PACKAGE / "sheets" / "rules.json").read_text(encoding="utf-8"))
    for rule, said in rules.items():
        if " --" in said["remedy_zh"]:
            assert f"remedy-{rule}" in catalogue(), rule
    for key, said in catalogue().items():
        assert "--" not in said["zh"] + said["en"], key
