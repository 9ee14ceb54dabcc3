"""The one gazetteer: every spelling has one answer at every door."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

import chaingraph as cg
from chaingraph.checks import run_checks
from chaingraph.errors import ChaingraphError
from chaingraph.gazetteer import gazetteer
from chaingraph.intake.cards import read_base
from chaingraph.intake.places import band_place, book_of, fill_place, official_region, place_of
from chaingraph.matching.places import find_places
from chaingraph.places import Place, PlaceBook, country, is_unknown
from chaingraph.places.book import Row
from chaingraph.templates.content import make_content
from tests.helpers_intake import workbook
from tests.helpers_raw import raw_dataset

SPELLINGS = Path(__file__).parent / "data" / "place_spellings.csv"
with SPELLINGS.open(encoding="utf-8", newline="") as _file:
    ROWS = list(csv.DictReader(_file))
CASES = [
    (row["spelling"], Place(row["province"], row["city"], row["county"]), row["kind"])
    for row in ROWS
]
FOUND = [(text, place) for text, place, kind in CASES if kind == "found"]
BY_COLUMN = {"吉林", "海南"}
"""Province or city: the column of a list says which."""
WRONG = [(text, kind) for text, _, kind in CASES if kind in {"several", "apart", "unknown"}]


@pytest.fixture(scope="module")
def qujing():
    return cg.load_dataset("qujing")


@pytest.fixture(scope="module")
def base():
    return read_base(["qujing"])


@pytest.fixture(scope="module")
def book(base):
    return book_of(base.tables)


@pytest.fixture(scope="module")
def listed(tmp_path_factory):
    """Return what an import makes of a list with every spelling as 所在地, and of each the problem."""
    header = ["企业名称", "所在地", "产品名称", "产能(吨)", "状态"]
    rows = [[f"第{n}厂", text, "碳酸锂", 1, "在产"] for n, (text, *_) in enumerate(CASES)]
    path = workbook(tmp_path_factory.mktemp("list"), [header, *rows])
    done = cg.import_file(path, extends=["qujing"], dry_run=True, skip_bad_rows=True)
    sites = done.tables["enterprises"].fillna("").set_index("name_zh")
    problems = done.problems.frame
    rules = dict(zip(problems["cell"], problems["rule"], strict=True))
    return sites, rules


def test_there_are_spellings_enough():
    assert len(CASES) >= 80
    assert len({text for text, *_ in CASES}) == len(CASES)


@pytest.mark.parametrize(("text", "place", "kind"), CASES)
def test_the_book_of_a_dataset(book, text, place, kind):
    reading = book.read(text)
    assert (reading.kind, reading.place) == (kind, place)


@pytest.mark.parametrize(("text", "place"), FOUND)
def test_analysis_and_commands(qujing, text, place):
    """``--region`` and :func:`chaingraph.region` read by the dataset's gazetteer."""
    region = cg.region(qujing, text)
    assert tuple(dict.fromkeys(region.path)) == place.path
    assert region.level == place.level
    assert cg.region(qujing, region.name) == region


@pytest.mark.parametrize(("text", "kind"), WRONG)
def test_analysis_asks(qujing, text, kind):
    with pytest.raises(ChaingraphError, match=r"several regions are|no region"):
        cg.region(qujing, text)
    assert (gazetteer(qujing).book.read(text).kind == "several") == (kind == "several")


@pytest.mark.parametrize(("text", "place"), FOUND)
def test_region_of_an_import_and_of_a_template(base, book, text, place):
    assert place_of(text, book) == place
    name = official_region(text, base, book)
    assert place_of(name, book) == place
    assert name.endswith(place.name)


def test_region_of_a_template():
    made = make_content(["qujing"], ["qujing"], region="云南曲靖", as_of="", lang="zh", tables=None)
    assert made.region == "曲靖市"
    assert made.above() == {"province": "云南省", "city": "曲靖市"}


@pytest.mark.parametrize(("number", "case"), list(enumerate(CASES)))
def test_cell_of_an_import(listed, number, case):
    """What is not understood is an error of its cell; the row is not put anywhere."""
    sites, rules = listed
    _, place, kind = case
    if kind in {"found", "nothing"}:
        row = sites.loc[f"第{number}厂"]
        cells = tuple(row.get(level, "") for level in ("province", "city", "county"))
        assert cells == tuple(place)
    else:
        rule = {"several": "place-several", "apart": "place-apart"}.get(kind, "place-not-known")
        assert rules[f"B{number + 2}"] == rule
        assert f"第{number}厂" not in sites.index


@pytest.mark.parametrize(("text", "place"), [c for c in FOUND if c[0] not in BY_COLUMN])
def test_rows_of_a_list_to_match(qujing, text, place):
    assert find_places(qujing).read("", text, "") == {place}


@pytest.mark.parametrize(("text", "kind"), [c for c in WRONG if c[0] not in BY_COLUMN])
def test_match_guesses_no_namesake(qujing, text, kind):
    found = find_places(qujing).read("", text, "")
    assert len(found) != 1 or kind != "several"
    assert not any(place.path == ("云南省", "曲靖市") for place in found)


@pytest.mark.parametrize(("text", "place"), FOUND)
def test_regions_of_surveys_in_checks(text, place):
    """A survey may name its region in any way; a place that nobody knows is reported."""
    del place
    tables = {
        "products": "product_id,name_zh,unit,source_url\na,甲,t,https://example.org\n",
        "enterprises": "enterprise_id,name_zh,province,city\ns,厂,云南省,曲靖市\n",
        "surveys": f'region,products,method,as_of,result\n"{text.strip()}",a,visit,2024,some\n',
        "regions": "adcode,name_zh,name_en,level,parent\n530000,云南省,Yunnan,province,100000\n530300,曲靖市,Qujing,prefecture,530000\n"
        "530302,麒麟区,,county,530300\n",
    }
    rules = {finding.rule for finding in run_checks(raw_dataset(tables))}
    assert not rules & {"region-unknown", "region-ambiguous"}


@pytest.mark.parametrize(("text", "kind"), WRONG)
def test_wrong_regions_of_surveys_in_checks(text, kind):
    tables = {
        "products": "product_id,name_zh,unit,source_url\na,甲,t,https://example.org\n",
        "enterprises": "enterprise_id,name_zh,province,city\ns,厂,云南省,曲靖市\n",
        "surveys": f"region,products,method,as_of,result\n{text},a,visit,2024,some\n",
    }
    rules = {finding.rule for finding in run_checks(raw_dataset(tables))}
    assert ("region-ambiguous" if kind == "several" else "region-unknown") in rules


@pytest.mark.parametrize("text", [t for t, _, kind in CASES if kind == "nothing"])
def test_words_for_unknown_say_nothing(qujing, text):
    assert is_unknown(text)
    assert find_places(qujing).read("", text, "") == frozenset()


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("上海市山西路12号", ("上海市",)), ("安达市朝阳街", ("黑龙江省", "绥化市", "安达市")),
        ("南昌市高安大道", ("江西省", "南昌市")), ("宜春市东风大街", ("江西省", "宜春市")),
        ("江苏省南京市江宁区测试路1号", ("江苏省", "南京市", "江宁区")),
        ("苏州工业园区", ("江苏省", "苏州市")), ("曲靖经济技术开发区", ("云南省", "曲靖市")),
        ("高安市大城镇", ("江西省", "宜春市", "高安市")),
        ("Qilin District, Qujing, Yunnan, China", ("云南省", "曲靖市", "麒麟区")),
    ],
)  # fmt: skip
def test_addresses(book, text, path):
    assert book.read(text).place.path == path


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"province": "江西", "city": "宜春"}, ("江西省", "宜春市", "")),
        ({"county": "宜春市袁州区"}, ("江西省", "宜春市", "袁州区")),
        ({"city": "宜春", "county": "丰城"}, ("江西省", "宜春市", "丰城市")),
        ({"city": "宜春市", "county": "经开区"}, ("江西省", "宜春市", "经开区")),
        ({"province": "江西省", "city": "宜春市丰城市"}, ("江西省", "宜春市", "丰城市")),
        ({"city": "吉林"}, ("吉林省", "吉林市", "")),
        ({"province": "吉林"}, ("吉林省", "", "")),
        ({"province": "重庆", "county": "江北区"}, ("重庆市", "重庆市", "江北区")),
        ({"city": "曲靖市", "place": "麒麟区翠峰路1号"}, ("云南省", "曲靖市", "麒麟区")),
    ],
)
def test_columns_are_read_as_one_place(cells, expected):
    assert country().read_cells(cells) == (Place(*expected), {})


@pytest.mark.parametrize(
    ("cells", "wrong"),
    [
        ({"province": "江苏省", "city": "宜春市"}, {"city": "apart"}),
        ({"city": "宜春市", "county": "麒麟区"}, {"county": "apart"}),
        ({"county": "鼓楼区"}, {"county": "several"}),
        ({"city": "火星市"}, {"city": "unknown"}),
    ],
)
def test_columns_that_do_not_fit_are_told(cells, wrong):
    _, found = country().read_cells(cells)
    assert {column: reading.kind for column, reading in found.items()} == wrong


def test_a_namesake_in_the_region_under_study_is_meant():
    """A list of Xuzhou that says 鼓楼区 means its own; without a region it is asked for."""
    xuzhou = Place("江苏省", "徐州市")
    reading = country().read("鼓楼区", within=xuzhou)
    assert (reading.place.path, reading.said) == (("江苏省", "徐州市", "鼓楼区"), "within")
    assert country().read("鼓楼区", within=Place("云南省", "曲靖市")).kind == "several"


def test_a_made_up_country_knows_its_own_places_only():
    book = PlaceBook(
        [Row("990000", "甲省", "", "province", ""), Row("990100", "甲市", "Jia", "prefecture", "990000")],
        [("甲省", "甲市", "西区")], below=country(),
    )  # fmt: skip
    assert not book.complete
    assert book.read("西区").place == ("甲省", "甲市", "西区")
    assert book.read("曲靖市", level="city").said == "strange"
    assert PlaceBook([], [("云南省", "曲靖市", "")], below=country()).complete


def test_regions_and_country_agree():
    """What the battery dataset says of names, codes and parents is what the country's list says."""
    frame = cg.load_dataset("battery").table("regions")
    codes = country().codes
    for code, name in zip(frame["adcode"], frame["name_zh"], strict=True):
        assert codes[code].name == name
    assert len(codes) > 3000


def test_bands_and_sheet_names_say_where(tmp_path):
    header = ["企业名称", "产品名称", "产能(吨)", "状态"]
    rows = [
        header, ["一、麒麟区"], ["甲厂", "碳酸锂", 1, "在产"],
        ["二、沾益区"], ["乙厂", "碳酸锂", 1, "在产"],
    ]  # fmt: skip
    options = {"extends": ["qujing"], "region": "曲靖市", "dry_run": True}
    done = cg.import_file(workbook(tmp_path, rows), **options)
    assert done.tables["enterprises"]["county"].tolist() == ["麒麟区", "沾益区"]
    one = workbook(tmp_path, [header, ["甲厂", "碳酸锂", 1, "在产"]], title="陆良县", name="b.xlsx")
    done = cg.import_file(one, **options)
    assert done.tables["enterprises"]["county"].tolist() == ["陆良县"]
    assert band_place(["合计", 12], country(), Place()).path == ()


@pytest.mark.parametrize("header", ["地址", "生产地址", "注册地址", "企业地址", "国家"])
def test_any_column_that_says_where_keeps_a_plant_out_of_the_region(tmp_path, header):
    text = "越南" if header == "国家" else "江苏省南京市江宁区测试路1号"
    rows = [["企业名称", header, "产品名称", "产能(吨)"], ["甲厂", text, "碳酸锂", 1]]
    done = cg.import_file(
        workbook(tmp_path, rows), extends=["qujing"], region="曲靖市", dry_run=True
    )
    if header == "国家":
        assert done.errors == 1
    else:
        assert done.tables["enterprises"]["city"].tolist() == ["南京市"]


def test_the_region_fills_only_what_lies_in_it():
    here = Place("江西省", "宜春市")
    assert fill_place({}, here, country()) == {"province": "江西省", "city": "宜春市"}
    assert fill_place({"province": "云南省"}, here, country()) == {}
    assert fill_place({"county": "朝阳区"}, here, country()) == {}
