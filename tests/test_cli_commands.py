"""Every command on the toy and on Qujing: the right figures."""

from __future__ import annotations

import pytest

import chaingraph as cg
from tests.helpers_cli import cells, document, failure, rows, run


def test_datasets():
    found = rows("datasets")
    assert cells(found, "dataset", "as_of", "focus") == [
        ("aluminium", "2024-12", ""),
        ("battery", "2024-12", ""),
        ("photovoltaic", "2024-12", ""),
        ("qujing", cg.load_dataset("qujing").as_of, "曲靖市"),
        ("toy", "2024-12", "甲市"),
    ]
    assert found[3]["extends"] == "battery; photovoltaic; aluminium"
    assert found[3]["title"] == "Qujing: three industry chains"
    assert rows("datasets", "--lang", "zh")[3]["title"] == "曲靖市三条产业链"


def test_show():
    found = {row["table"]: row for row in rows("show", "toy")}
    assert {name: row["rows"] for name, row in found.items()} == {
        "products": "11", "inputs": "11", "enterprises": "10", "capacities": "11",
        "supplies": "2", "projects": "2", "regions": "7", "surveys": "1", "product_facts": "35",
    }  # fmt: skip
    assert found["enterprises"]["sourced"] == "0.9"
    assert (found["projects"]["oldest"], found["projects"]["newest"]) == ("2021-09", "2024-05")
    text = run("show", "toy").stdout
    assert text.endswith("Known weaknesses\n\n* Every figure is made up.\n")


def test_show_qujing_names_the_weaknesses_of_all_it_extends():
    text = run("show", "qujing", "--lang", "en").stdout
    assert "one hydropower station" in text
    assert text.count("\n* ") > 15


def test_check():
    result = run("check", "toy")
    assert "0 errors, 0 warnings, 0 notes" in result.stdout
    assert "90 rows in 9 tables" in result.stdout


def test_check_qujing_hides_accepted_findings_unless_asked():
    assert rows("check", "qujing") == []
    found = rows("check", "qujing", "--accepted")
    expected = cg.check_dataset("qujing")[1]
    assert len(found) == len(expected) > 30
    assert all(row["accepted"] for row in found)


def test_regions():
    assert cells(rows("regions", "toy"), "region", "level", "enterprises") == [
        ("甲市", "city", "5"), ("丙市", "city", "3"), ("乙市", "city", "2"),
    ]  # fmt: skip
    inside = rows("regions", "toy", "--level", "county", "-r", "甲市")
    assert cells(inside, "region", "enterprises") == [("西区", "3"), ("东区", "2")]
    first = cells(rows("regions", "qujing", "--top", "1"), "region", "enterprises")
    assert first[0][0] == "曲靖市"
    assert int(first[0][1]) > 40


def test_gaps():
    found = rows("gaps", "toy")
    assert {row["product_id"]: (row["gap_kind"], row["action"], row["list"]) for row in found} == {
        "foil": ("missing", "fill", "recruit"),
        "powder_a": ("one_of", "strengthen", "recruit"),
        "powder_b": ("missing", "fill", "recruit"),
        "can": ("unquantified", "survey", "survey"),
        "cell": ("surplus", "extend", "recruit"),
        "metal": ("surplus", "extend", "recruit"),
        "ore": ("missing", "assure", "supply"),
        "power": ("single", "secure", "supply"),
    }
    assert [row["rank"] for row in found] == ["1", "2", "2", "3", "4", "1", "2", "1"]
    by_value = rows("gaps", "toy", "--sort", "value", "--kind", "missing")
    assert cells(by_value, "product_id", "gap_value_cny_low") == [
        ("foil", "2700000.0"), ("powder_b", "0.0"), ("ore", "360000.0"),
    ]  # fmt: skip


def test_gaps_without_draws_have_no_interval():
    assert {"demand_likely_low", "demand_likely_high"} <= set(rows("gaps", "toy")[0])
    bare = set(rows("gaps", "toy", "--draws", "0")[0])
    assert not {"demand_likely_low", "probability_short"} & bare
    assert {"demand_low", "demand_high"} <= bare


def test_gaps_of_qujing_say_what_is_known():
    found = {row["product_id"]: row for row in rows("gaps", "qujing", "--draws", "0")}
    assert "missing" not in {row["gap_kind"] for row in found.values()}  # nobody's register says so
    lithium = found["lithium_carbonate"]
    assert (lithium["gap_kind"], lithium["verb"], lithium["then"]) == (
        "missing_likely", "survey", "recruit",
    )  # fmt: skip
    assert float(lithium["gap_low"]) <= float(lithium["gap"]) <= float(lithium["gap_high"])
    assert found["alumina"]["list"] == "cooperation"  # restricted
    assert found["electricity"]["gap_kind"] == "unquantified"
    full = rows("balance", "qujing", "--load", "full")
    demand = {row["product_id"]: float(row["demand"]) for row in full if row["demand"]}
    assert demand["lithium_carbonate"] == pytest.approx(74_520)
    assert demand["alumina"] == pytest.approx(1_312_400)


def test_balance():
    found = rows("balance", "toy")
    assert cells(found, "product_id", "capacity", "demand", "coverage") == [
        ("can", "", "2000000.0", ""),
        ("cell", "2.0", "0.0", ""),
        ("foil", "0.0", "1000.0", "0.0"),
        ("metal", "2000.0", "0.0", ""),
        ("ore", "0.0", "4000.0", "0.0"),
        ("powder_a", "1500.0", "1576.271186440678", "0.9516129032258065"),
        ("powder_b", "0.0", "508.47457627118644", "0.0"),
        ("power", "100000.0", "70000.0", "1.0"),
    ]


@pytest.mark.parametrize(
    ("options", "demand"),
    [
        (["--status", "operating"], "1000.0"),
        (["--status", "operating,construction"], "1500.0"),
        (["--status", "operating+construction"], "1500.0"),
        (["--status", "operating,construction=0.5"], "1250.0"),
        (["--status", " operating = 1 , construction = 0.5 "], "1250.0"),
        (["--status", "construction=1"], "500.0"),
        (["--load", "0.5"], "500.0"),
        (["--load", "cell=0.25"], "250.0"),
        (["--goal", "foil=500"], "1500.0"),
        (["--at", "2022"], "1000.0"),
    ],
)
def test_balance_under_other_assumptions(options, demand):
    found = {row["product_id"]: row for row in rows("balance", "toy", *options)}
    assert float(found["foil"]["demand"]) == float(demand)


def test_balance_at_an_earlier_date():
    before = {row["product_id"] for row in rows("balance", "toy", "--at", "2021-12")}
    assert before == {"can", "metal", "ore", "powder_a", "power"}
    found = rows("balance", "qujing", "--chain", "aluminium", "--at", "2021-12")
    assert {row["product_id"]: row for row in found}["prebaked_anode"]["capacity"] == "600000.0"


def test_requirements():
    found = rows("requirements", "toy", "--goal", "cell=2")
    required = {row["product_id"]: float(row["required"]) for row in found}
    powders = {name: required.pop(name) for name in ("powder_a", "powder_b")}
    assert powders["powder_a"] / 1000 + powders["powder_b"] / 1200 == pytest.approx(2)
    assert required == {
        "cell": 2, "power": 65500, "foil": 1000, "metal": 1100, "ore": 2200, "can": 2000000,
    }  # fmt: skip
    # 2 GWh stand here: only the third takes machines
    more = {row["product_id"]: row for row in rows("requirements", "toy", "--goal", "cell=3")}
    assert more["winder"]["required"] == "2.0"
    consumed = rows("requirements", "toy", "--goal", "cell=2", "--no-capital")
    assert "winder" not in {row["product_id"] for row in consumed}
    foil = next(row for row in rows("requirements", "qujing", "--goal", "cell_lfp=23")
                if row["product_id"] == "copper_foil")  # fmt: skip
    assert foil["required"] == "13340.0"


def test_trace():
    up = rows("trace", "toy", "cell", "--depth", "1")
    assert [row["input_id"] for row in up] == ["can", "foil", "powder_a", "powder_b", "power"]
    everything = rows("trace", "toy", "cell", "--depth", "1", "--all-roles")
    assert [row["input_id"] for row in everything][-1] == "winder"
    down = rows("trace", "toy", "foil", "--down", "--quantity", "500")
    assert cells(down, "depth", "output_id", "quantity") == [
        ("1", "cell", "1.0"), ("2", "pack", "1.0"),
    ]  # fmt: skip
    lfp = rows("trace", "qujing", "lfp", "--down", "--depth", "1")
    assert [row["output_id"] for row in lfp] == ["cell_lfp", "cell_lfp_cyl", "cell_lfp_storage"]
    assert rows("trace", "toy", "cell") == rows("trace", "toy", "cell", "--up")


def test_explain():
    found = rows("explain", "toy", "foil")
    assert cells(found, "aspect", "enterprise_id", "quantity", "origin") == [
        ("demand", "", "1000.0", "toy/inputs.csv:5"),
        ("demand_maker", "cell_jia", "2.0", "toy/capacities.csv:6"),
        ("elsewhere", "foil_yi", "3000.0", "toy/capacities.csv:8"),
        ("elsewhere", "head_bing", "1500.0", "toy/capacities.csv:10"),
        ("elsewhere", "foil_bing", "1000.0", "toy/capacities.csv:9"),
    ]
    makers = {row["enterprise_id"] for row in rows("explain", "qujing", "alumina")}
    assert {"yunlv_zexin_fuyuan", "hongqiao_binzhou"} <= makers


def test_content():
    chains = rows("content", "toy")
    assert cells(chains, "content_of", "inputs", "unpriced_inputs") == [
        ("cell", "6", "can"), ("metal", "2", ""),
    ]  # fmt: skip
    assert [round(float(row["local_content"]), 3) for row in chains] == [0.859, 0.909]
    anchors = rows("content", "toy", "--by", "anchor")
    assert [row["enterprise_id"] for row in anchors] == ["cell_jia"]
    assert [row["content_of"] for row in rows("content", "qujing")] == [
        "battery", "photovoltaic", "aluminium",
    ]  # fmt: skip


def test_content_by_output():
    found = rows("content", "toy", "--by", "output")
    assert found
    for row in found:
        assert float(row["forward_low"]) <= float(row["forward_high"])


@pytest.mark.parametrize("command", ["gaps", "balance", "survey", "content", "anchors", "targets"])
def test_prices_are_those_of_the_date_or_the_newest(command):
    asked = (command, "toy", "--at", "2021-12", "--prices")
    assert "prices" not in document(*asked, "at")["params"]
    assert document(*asked, "latest")["params"]["prices"] == "latest"


@pytest.mark.parametrize(
    ("lang", "said"),
    [("zh_CN.UTF-8", "chaingraph: --utilisation 已改名为 --load"), ("C", "--utilisation is now --load")],
)  # fmt: skip
def test_the_former_name_of_load_is_said_in_one_sentence(lang, said):
    found = run("balance", "toy", "--utilisation", "cell=0.5", lang=lang)
    assert len(found.stderr.splitlines()) == 1
    assert said in found.stderr
    assert found.stdout == run("balance", "toy", "--load", "cell=0.5", lang=lang).stdout
    assert not run("balance", "toy", "-q", "--utilisation", "cell=0.5", lang=lang).stderr


def test_view(tmp_path):
    page = tmp_path / "map.html"
    result = run("view", "toy", "--output", page)
    assert (result.stdout, result.stderr) == ("", f"wrote {page}\n")
    text = page.read_text(encoding="utf-8")
    assert text.startswith("<!DOCTYPE html>")
    assert "<title>Jia · " in text
    assert "http://" not in text.split("<script")[0]
    assert run("view", "toy", "-o", "-").stdout == text
    run("view", "toy", "--output", page, "--lang", "zh")
    assert 'lang="zh-CN"' in page.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "region", ["曲靖市", "Qujing", "qujing", "530300", "曲靖", "云南省/曲靖市"]
)
def test_a_region_by_any_of_its_names(region):
    found = rows(
        "balance", "qujing", "-r", region, "--chain", "aluminium", "--load", "full", "--top", "1"
    )
    assert cells(found, "region", "product_id", "demand") == [("曲靖市", "alumina", "1312400.0")]


def test_several_regions_and_every_region_of_a_level():
    two = rows("balance", "toy", "-r", "甲市", "-r", "乙市")
    assert list(dict.fromkeys(row["region"] for row in two)) == ["甲市", "乙市"]
    every = rows("balance", "toy", "--each", "city")
    assert sorted({row["region"] for row in every}) == ["丙市", "乙市", "甲市"]
    one = [row for row in every if row["region"] == "甲市"]
    assert one == rows("balance", "toy", "-r", "甲市")
    whole = {row["product_id"]: row for row in rows("balance", "toy", "-r", "*")}
    assert (whole["foil"]["region"], whole["foil"]["capacity"]) == ("*", "4000.0")
    assert len({row["region"] for row in rows("gaps", "qujing", "--each", "province",
                                              "--draws", "0")}) > 20  # fmt: skip


def test_fail_on():
    """Only what is missing or short counts, and alternatives for one need once."""
    assert run("gaps", "toy", "--fail-on", "1").stderr == ""
    result = run("gaps", "toy", "--fail-on", "0", status=3)
    assert result.stderr == "chaingraph: 1 gaps, more than --fail-on 0\n"
    assert "foil" in result.stdout
    assert run("gaps", "toy", "--fail-on", "0", "--quiet", status=3).stderr == ""


def test_json_says_what_was_asked_and_what_columns_mean():
    found = document("gaps", "toy", "--chain", "cell", "--at", "2024-06")
    assert found["kind"] == "gaps"
    assert found["schema_version"] == "1"
    asked = {key: found["params"][key] for key in ("dataset", "region", "chain", "at")}
    assert asked == {"dataset": "toy", "region": "甲市", "chain": "cell", "at": "2024-06"}
    names = [column["name"] for column in found["columns"]]
    assert list(found["rows"][0]) == names
    assert all(column["meaning"] for column in found["columns"])
    can = next(row for row in found["rows"] if row["product_id"] == "can")
    assert can["capacity"] is None


def test_missing_goal_and_clashing_options():
    assert "for example --goal cell_lfp=23" in failure("requirements", "toy", status=2)
    clash = failure("gaps", "toy", "-r", "甲市", "--each", "city", status=2)
    assert clash == "Error: --region and --each cannot be used together."


@pytest.mark.parametrize("command", ["balance", "content", "survey", "targets", "anchors"])
def test_an_empty_answer_of_a_region_without_makers_says_why(command):
    """Nothing found is not nothing lacking."""
    for lang, said in (("zh", "不等于没有缺口"), ("en", "not the same as nothing lacking")):
        text = run(command, "qujing", "-r", "承德市", "--lang", lang).stdout
        assert text.count(said) == 1
    assert said not in run(command, "qujing", "--lang", "en").stdout


def test_totals_that_are_not_there_are_not_checked():
    text = run("check", "qujing", "--reconcile", "-r", "昆明市").stdout
    assert "未作核对，不等于相符" in text
