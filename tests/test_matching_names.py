"""Names taken apart, places read, two parties scored."""

from __future__ import annotations

import pytest

import chaingraph as cg
from chaingraph.matching.known import Known
from chaingraph.matching.lists import ListRow
from chaingraph.matching.names import NameReader, is_generic, split_core
from chaingraph.matching.places import find_places
from chaingraph.matching.score import REVIEW, TAKEN, Party, score_parties
from chaingraph.names import normal_text
from chaingraph.places import Place, short_place


@pytest.fixture(scope="module")
def places():
    return find_places(cg.load_dataset("qujing"))


@pytest.fixture(scope="module")
def reader(places):
    return NameReader(places)


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("曲靖市", "曲靖"), ("云南省", "云南"), ("郑州市", "郑州"), ("六盘水市", "六盘水"), ("兴县", "兴县"),
        ("红河哈尼族彝族自治州", "红河"), ("黔西南布依族苗族自治州", "黔西南"), ("内蒙古自治区", "内蒙古"),
        ("新疆维吾尔自治区", "新疆"), ("麒麟区", "麒麟"), ("镇江市", "镇江"),
    ],
)  # fmt: skip
def test_short_names_of_places(name, short):
    assert short_place(name) == short


@pytest.mark.parametrize(
    ("cells", "spot"),
    [
        (("云南省", "曲靖市", "麒麟区"), ("云南省", "曲靖市", "麒麟区")),
        (("", "曲靖", ""), ("云南省", "曲靖市", "")),
        (("", "云南省曲靖市麒麟区", ""), ("云南省", "曲靖市", "麒麟区")),
        (("", "曲靖市/沾益区", ""), ("云南省", "曲靖市", "沾益区")),
        (("", "北京", ""), ("北京市", "北京市", "")),
        (("云南", "", ""), ("云南省", "", "")),
        (("", "某某市", ""), ("", "某某市", "")),
    ],
)
def test_places_of_rows(places, cells, spot):
    assert places.read(*cells) == {Place(*spot)}


def test_unknown_places_say_nothing(places):
    assert places.read("", "unknown", "不详") == frozenset()


@pytest.mark.parametrize(
    ("name", "core", "brand", "form", "named"),
    [
        ("曲靖市德方纳米科技有限公司", "德方纳米科技", "德方纳米", "有限公司", {"曲靖"}),
        (
            "云南省曲靖市沾益区德方纳米科技",
            "德方纳米科技",
            "德方纳米",
            "",
            {"云南", "曲靖", "沾益"},
        ),
        ("通威太阳能（成都）有限公司", "通威太阳能", "通威", "有限公司", {"成都"}),
        ("通威太阳能【成都】有限公司", "通威太阳能", "通威", "有限公司", {"成都"}),
        ("四川裕能新能源电池材料有限公司", "裕能新能源电池材料", "裕能", "有限公司", {"四川"}),
        ("云南曲靖呈钢钢铁（集团）有限公司", "呈钢钢铁", "呈钢", "有限公司", {"云南", "曲靖"}),
        ("宁德时代", "时代", "时代", "", {"宁德"}),
        ("云南铝业股份有限公司", "云南铝业", "云南", "股份有限公司", {"云南"}),
        ("中国铝业股份有限公司", "中国铝业", "中国铝业", "股份有限公司", set()),
        ("中国铝业股份有限公司广西分公司", "中国铝业", "中国铝业", "股份有限公司", {"广西"}),
        ("中国铝业广西分公司", "中国铝业", "中国铝业", "", {"广西"}),
        ("ＴＣＬ中环新能源科技股份有限公司", "tcl中环新能源科技", "tcl中环", "股份有限公司", set()),
        ("一汽红塔云南汽车制造有限公司", "一汽红塔汽车制造", "一汽红塔", "有限公司", {"云南"}),
        ("江西星火有机硅厂", "星火有机硅", "星火", "厂", {"江西"}),
    ],
)
def test_names_in_their_parts(reader, name, core, brand, form, named):
    found = reader.read(name)
    assert (found.core, found.brand, found.form) == (core, brand, form)
    assert found.places == named


def test_a_branch_is_known_by_its_word(reader):
    assert reader.read("中国铝业广西分公司").branch == "分公司"
    assert reader.read("晶科能源上饶基地").branch == "基地"
    assert reader.read("晶科能源股份有限公司").branch == ""


def test_names_that_stand_in_a_name(reader):
    found = reader.all_names("昆明冶研新材料(原云芯硅材)曲靖多晶硅厂")
    assert [name.core for name in found][1:] == ["云芯硅材"]
    assert [name.core for name in reader.all_names("瓮福(集团)有限责任公司/贵州磷化")] == [
        "瓮福",
        "磷化",
    ]
    assert len(reader.all_names("通威太阳能(成都)有限公司")) == 1


@pytest.mark.parametrize(
    "name", ["", " ", "()", "有限公司", "厂", "曲靖市", "（集团）", "/", "()()", "公司(曲靖)"]
)
def test_odd_names_are_read_without_a_fault(reader, name):
    assert [found.text for found in reader.all_names(name)]


@pytest.mark.parametrize(
    "name", ["电池材料" * 60 + "X有限公司", "新能源汽车" * 300 + "甲", "(" * 2000, "云南" * 900]
)
def test_long_names_cost_little(reader, name):
    assert reader.all_names(name)


def test_normal_text():
    assert normal_text(" 曲靖·隆基【硅】－材料，有限公司 ") == "曲靖隆基(硅)材料有限公司"


def test_brand_and_trade():
    assert split_core("隆基硅材料") == ("隆基", "硅材料")
    assert split_core("中国铝业") == ("中国铝业", "")
    assert is_generic("新能源科技")
    assert is_generic("")
    assert not is_generic("德方")


def party(reader, places, name, *place):
    return Party(tuple(reader.all_names(name)), places.read(*place))


NANO = ("曲靖市德方纳米科技有限公司", "云南省", "曲靖市", "麒麟区")
LONGI = ("曲靖隆基硅材料有限公司", "云南省", "曲靖市")
WAFER = ("通威太阳能(成都)有限公司", "四川省", "成都市")


@pytest.mark.parametrize(
    ("listed", "known", "low", "high"),
    [
        (("曲靖市德方纳米科技有限公司", "", "曲靖市"), NANO, 100, 100),
        (("德方纳米科技有限公司", "", "曲靖市"), NANO, TAKEN, 100),
        (("德方纳米", "", "曲靖市"), NANO, TAKEN, 100),
        (("曲靖市德方纳米科技有限公司",), NANO, TAKEN, 100),
        (("德方纳米科技有限公司",), NANO, REVIEW, 79),  # a name without a place
        (("曲靖市德方纳米科技有限公司", "", "昆明市"), NANO, REVIEW, 79),
        (("德方纳米科技有限公司", "", "昆明市"), NANO, REVIEW, 79),
        (("佛山市德方纳米科技有限公司", "", "佛山市"), NANO, 0, REVIEW),
        (("曲靖市德方纳米科枝有限公司", "", "曲靖市"), NANO, TAKEN, 100),  # a slip behind the brand
        (("曲靖市德芳纳米科技有限公司", "", "曲靖市"), NANO, REVIEW, 79),  # a letter of the brand
        (("曲靖市德方米纳科技有限公司", "", "曲靖市"), NANO, TAKEN, 100),  # two letters swapped
        (("曲靖市德方纳米科技有限公司", "", "曲靖市", "沾益区"), NANO, REVIEW, 79),
        (("曲靖市德方纳米置业有限公司", "", "曲靖市"), NANO, REVIEW, 79),
        (("曲靖隆基光伏科技有限公司", "", "曲靖市"), LONGI, REVIEW, 78),  # the same brand, another trade
        (("曲靖隆墓硅材料有限公司", "", "曲靖市"), LONGI, REVIEW, 79),
        (("曲靖晶龙硅材料有限公司", "", "曲靖市"), LONGI, 0, REVIEW),
        (("通威太阳能（眉山）有限公司", "", "眉山市"), WAFER, 0, REVIEW),
        (("通威太阳能（眉山）有限公司", "", "成都市"), WAFER, REVIEW, 79),
        (("成都通威太阳能有限公司", "", "成都市"), WAFER, TAKEN, 100),
        (("通威太阳能（成都）有限公司双流分公司", "", "成都市"), WAFER, REVIEW, 72),
        (("曲靖市德方纳米科技有限公司第二分公司", "", "曲靖市"), NANO, REVIEW, 72),
    ],
)  # fmt: skip
def test_points(reader, places, listed, known, low, high):
    pairs = frozenset({"科技", "材料", "纳米"})
    score = score_parties(party(reader, places, *listed), party(reader, places, *known), pairs)
    assert low <= score.points <= high


def test_another_real_word_is_no_slip(reader, places):
    listed = party(reader, places, "曲靖远景动力有限公司", "", "曲靖市")
    known = party(reader, places, "曲靖远景电力有限公司", "", "曲靖市")
    assert score_parties(listed, known, frozenset({"动力", "电力"})).points < TAKEN


@pytest.mark.parametrize("other", ["曲靖远景电力二厂", "曲靖远景电力有限公司第2分公司"])
def test_numbers_tell_plants_apart(reader, places, other):
    listed = party(reader, places, "曲靖远景电力一厂", "", "曲靖市")
    known = party(reader, places, other, "", "曲靖市")
    assert score_parties(listed, known).points <= 72


def test_candidates_are_few_and_hold_the_right_one():
    ds = cg.load_dataset("qujing")
    known = Known(ds)
    groups = ds.enterprises["group_zh"].tolist()
    for place in range(0, len(known.ids), 97):
        found = known.candidates.find(known.party(ListRow(1, known.names[place])))
        sisters = {n for n in found if groups[n] == groups[place] and n != place}
        assert place in [n for n in found if n not in sisters][:3]
        assert len(found) <= 30
    assert known.candidates.find(known.party(ListRow(1, "饕餮"))) == []
