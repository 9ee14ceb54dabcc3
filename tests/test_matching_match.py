"""Lists matched to a dataset: which evidence decides, ties, namesakes, decisions kept."""

from __future__ import annotations

import pandas as pd
import pytest

import chaingraph as cg
from chaingraph.matching.match import count_decisions, only_review

CODE, OTHER = "91350100M000100Y43", "91440300708461136T"
SITES = [
    {"enterprise_id": "nano", "name_zh": "曲靖市德方纳米科技有限公司", "province": "云南省", "city": "曲靖市",
     "county": "麒麟区", "stock_code": "300769", "credit_code": CODE},
    {"enterprise_id": "longi", "name_zh": "曲靖隆基硅材料有限公司", "province": "云南省", "city": "曲靖市",
     "group_zh": "隆基绿能", "stock_code": "601012", "credit_code": OTHER},
    {"enterprise_id": "longi_baoshan", "name_zh": "保山隆基硅材料有限公司", "province": "云南省",
     "city": "保山市", "group_zh": "隆基绿能", "stock_code": "601012"},
    {"enterprise_id": "longi_tengchong", "name_zh": "腾冲隆基硅材料有限公司", "province": "云南省",
     "city": "保山市", "county": "腾冲市", "group_zh": "隆基绿能", "stock_code": "601012"},
    {"enterprise_id": "galaxy_a", "name_zh": "银河科技有限公司", "province": "云南省", "city": "昆明市"},
    {"enterprise_id": "galaxy_b", "name_zh": "银河科技有限公司", "province": "四川省", "city": "成都市"},
    {"enterprise_id": "catl_yibin", "name_zh": "四川时代新能源科技有限公司", "province": "四川省",
     "city": "宜宾市", "group_zh": "宁德时代"},
]  # fmt: skip


def dataset(aliases=(), sites=SITES):
    frames = {
        "products": pd.DataFrame({"product_id": ["a"]}),
        "enterprises": pd.DataFrame(sites),
    }
    if aliases:
        frames["aliases"] = pd.DataFrame(list(aliases))
    return cg.dataset_from_frames(frames, name="city")


def match(*rows, **options):
    return cg.match_enterprises(dataset(**options), rows).frame.to_dict("records")


def one(row, **options):
    found = match(row, **options)[0]
    ids = [None if pd.isna(found[name]) else found[name] for name in ("enterprise_id", "runner_up")]
    return (found["decision"], *ids)


def test_the_credit_code_decides_whatever_the_name():
    row = {"name": "老厂", "credit_code": "９１３５０１００m000100y43", "city": "昆明市"}
    assert one(row)[:2] == ("code", "nano")


def test_a_wrong_credit_code_is_not_used_and_said():
    row = {"name": "德方纳米科技", "credit_code": CODE[:-1] + "4", "city": "曲靖市"}
    result = cg.match_enterprises(dataset(), [row])
    found = result.frame.iloc[0]
    assert (found["decision"], found["enterprise_id"]) == ("taken", "nano")
    assert "is not valid" in found["reason_en"]
    assert "校验不通过" in found["reason_zh"]
    assert result.sentences("en") == [
        "1 credit codes of the list are not valid (rows 1) and were not used"
    ]


def test_another_credit_code_speaks_against_the_same_name():
    row = {
        "name": "曲靖市德方纳米科技有限公司",
        "credit_code": "91310000132260250X",
        "city": "曲靖市",
    }
    assert one(row)[:2] == ("review", "nano")


def test_sites_of_one_credit_code_are_told_apart_by_place_or_reviewed():
    sites = [
        {**SITES[0], "enterprise_id": "a", "city": "曲靖市", "county": ""},
        {**SITES[0], "enterprise_id": "b", "city": "昆明市", "county": ""},
    ]
    row = {"name": "德方纳米科技", "credit_code": CODE}
    assert one({**row, "city": "昆明市"}, sites=sites)[:2] == ("code", "b")
    assert one(row, sites=sites)[0] == "review"


def test_the_stock_code_helps_where_it_means_one_site():
    row = {"name": "曲靖市德方纳米科技有限公司", "stock_code": "300769.SZ"}
    assert one(row)[0] == "taken"
    short = {"name": "德方纳米科技", "stock_code": "300769"}
    assert one(short)[0] == "review"  # a group's code and short name are no site
    assert one(short | {"city": "曲靖市"})[:2] == ("taken", "nano")
    assert one({"name": "德方纳米科技"})[:2] == ("review", "nano")


def test_the_stock_code_alone_never_takes():
    assert one({"name": "某某置业", "stock_code": "300769"})[:2] == ("review", "nano")
    assert one({"name": "隆基硅材料", "stock_code": "601012"})[0] == "review"
    assert one({"name": "德方纳米科技", "stock_code": "300769", "city": "佛山市"})[0] == "review"


def test_namesakes_are_never_merged_by_name_alone():
    assert one({"name": "银河科技有限公司"})[0] == "review"
    assert one({"name": "银河科技有限公司", "city": "昆明市"})[:2] == ("taken", "galaxy_a")
    assert one({"name": "银河科技有限公司", "city": "成都"})[:2] == ("taken", "galaxy_b")
    assert one({"name": "银河科技有限公司", "city": "西安市"})[0] == "review"
    lone = [SITES[4]]
    assert one({"name": "银河科技有限公司"}, sites=lone)[:2] == ("review", "galaxy_a")


def test_ties_are_reviewed_with_both():
    found = one({"name": "隆基硅材料有限公司", "city": "保山市"})
    assert found == ("review", "longi_baoshan", "longi_tengchong")


def test_the_group_in_its_city_is_reviewed():
    assert one({"name": "宁德时代", "city": "宜宾市"})[:2] == ("review", "catl_yibin")
    assert one({"name": "宁德时代", "city": "西安市"})[0] == "new"


def test_one_enterprise_is_taken_by_name_once():
    rows = [
        {"name": "德方纳米", "city": "曲靖市"},
        {"name": "曲靖市德方纳米科技有限公司", "city": "曲靖市"},
        {"name": "德方纳米科技有限公司", "city": "曲靖市"},
    ]
    found = match(*rows)
    assert [row["decision"] for row in found] == ["review", "taken", "review"]
    assert "row 2 of the list has taken it" in found[0]["reason_en"]


def test_a_code_comes_before_a_name():
    rows = [
        {"name": "曲靖市德方纳米科技有限公司", "city": "曲靖市"},
        {"name": "老厂", "credit_code": CODE},
    ]
    assert [row["decision"] for row in match(*rows)] == ["review", "code"]


ALIAS = {"alias_zh": "老德方", "place": "曲靖市", "enterprise_id": "nano", "decision": "same",
         "decided_on": "2024-12-05"}  # fmt: skip


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"name": "老德方", "city": "曲靖市"}, ("alias", "nano")),
        ({"name": " 老　德方", "city": "曲靖 市"}, ("alias", "nano")),
        ({"name": "老德方", "city": "昆明市"}, ("new", None)),
        ({"name": "老德方"}, ("new", None)),
        ({"name": "老德方", "city": "曲靖市", "credit_code": OTHER}, ("alias", "nano")),
    ],
)
def test_decisions_are_replayed_for_the_name_at_its_place(row, expected):
    assert one(row, aliases=[ALIAS])[:2] == expected


def test_decisions_follow_their_credit_code():
    alias = {**ALIAS, "credit_code": "91310000132260250X"}
    assert one({"name": "某厂", "credit_code": "91310000132260250X"}, aliases=[alias])[0] == "alias"
    row = {"name": "老德方", "city": "曲靖市"}
    assert one(row, aliases=[alias])[0] == "alias"
    assert one({**row, "credit_code": "914403001922038216"}, aliases=[alias])[0] != "alias"


def test_new_is_remembered_but_gives_way_to_a_code():
    alias = {"alias_zh": "德方纳米", "place": "曲靖市", "decision": "new", "decided_on": ""}
    row = {"name": "德方纳米", "city": "曲靖市"}
    assert one(row)[:2] == ("taken", "nano")
    assert one(row, aliases=[alias]) == ("new", None, "nano")
    assert one({**row, "credit_code": CODE}, aliases=[alias])[:2] == ("code", "nano")


def test_the_later_decision_counts():
    later = {**ALIAS, "enterprise_id": "longi"}
    assert one({"name": "老德方", "city": "曲靖市"}, aliases=[ALIAS, later])[:2] == (
        "alias",
        "longi",
    )


def test_rows_keep_their_order_and_counts_add_up():
    rows = [
        {"name": "某餐饮店", "city": "曲靖市"},
        {"name": "隆基硅材料", "city": "保山市", "list_row": 9},
    ]
    result = cg.match_enterprises(dataset(), rows, lang="en")
    assert result.frame["list_row"].tolist() == [1, 9]
    assert count_decisions(result).frame["list_rows"].tolist() == [0, 0, 0, 0, 1, 1]
    assert only_review(result).frame["name_in_list"].tolist() == ["隆基硅材料"]


def test_the_list_may_be_empty_and_names_odd():
    assert match() == []
    odd = ["", "有限公司", "/", "((", "曲靖市", "=1+1", "a" * 3000, "\U00020000\U00020001"]
    assert {row["decision"] for row in match(*({"name": name} for name in odd))} == {"new"}


def test_a_dataset_without_enterprises_and_a_wrong_language():
    products = cg.dataset_from_frames({"products": pd.DataFrame({"product_id": ["a"]})})
    with pytest.raises(cg.MissingTableError, match="enterprises"):
        cg.match_enterprises(products, [])
    with pytest.raises(cg.OptionError, match="fr"):
        cg.match_enterprises(dataset(), [], lang="fr")


def test_callers_frames_stay_as_they_are():
    ds = dataset()
    before = ds.enterprises.copy()
    cg.match_enterprises(ds, [{"name": "德方纳米", "city": "曲靖市"}])
    pd.testing.assert_frame_equal(ds.enterprises, before)


def test_a_firm_with_a_row_for_each_product_is_one_firm(toy):
    """Rows that say the same of a firm go together; one that says otherwise is reviewed."""
    listed = [{"name": "甲市电芯", "city": "甲市"}] * 3 + [
        {"name": "甲市电芯有限公司", "city": "甲市"}
    ]
    frame = cg.match_enterprises(toy, listed).frame
    assert frame["decision"].tolist() == ["taken", "taken", "taken", "review"]
    assert frame["reason_zh"].iloc[1].endswith("与第1行为同一企业")
    assert len(set(frame["enterprise_id"])) == 1
