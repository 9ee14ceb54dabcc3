"""The words that planners use mean the same in every command and in Python."""

from __future__ import annotations

import json
from collections import Counter

import pytest

import chaingraph as cg
from chaingraph.analysis.anchors import named_enterprise
from chaingraph.analysis.settings import (
    product_names,
    read_chain,
    read_goal,
    read_product,
    read_statuses,
)
from chaingraph.days import read_day
from chaingraph.errors import OptionError, UnknownNameError
from chaingraph.loading import find_folder
from tests.helpers_cli import failure, run

CHAINS = ("battery", "photovoltaic", "aluminium")


@pytest.fixture(scope="module")
def qujing():
    return cg.load_dataset("qujing")


def test_the_most_used_products_have_three_words_each(qujing):
    """Used: in links and in rows of capacities, as the aliases were written for."""
    used = Counter(qujing.inputs["input_id"]) + Counter(qujing.inputs["output_id"])
    used += Counter(qujing.capacities["product_id"])
    names = product_names(qujing)
    few = [p for p, _ in used.most_common(150) if len(names.called(p)) < 3]
    assert few == []


def test_aliases_are_no_names_of_other_products(qujing):
    """A word that is a product's own name would never be read as the alias of another."""
    names = product_names(qujing)
    taken = {
        alias: (members, names.names[alias])
        for alias, members in names.aliases.items()
        if alias in names.names and members != names.names[alias]
    }
    assert taken == {}


@pytest.mark.parametrize(
    ("word", "product"),
    [
        ("合成氨", "ammonia"), ("磷酸铁锂", "lfp"), ("ＬＦＰ正极", "lfp"), ("lfp", "lfp"), ("LFP", "lfp"),
        ("电解铝", "primary_aluminium"), ("金属硅", "industrial_silicon"), ("六氟", "lipf6"),
        ("TOPCon", "cell_topcon"), ("光伏板", "pv_module"), ("LiFePO4", "lfp"), ("储能电芯", "cell_lfp_storage"),
        ("Alumina", "alumina"), (" 碳酸锂 ", "lithium_carbonate"),
    ],
)  # fmt: skip
def test_words_for_products(qujing, word, product):
    assert read_product(qujing, word) == product


@pytest.mark.parametrize(
    ("word", "members"),
    [
        ("正极材料", {"lfp", "ncm", "lmfp", "na_cathode"}), ("硅料", {"polysilicon", "granular_silicon"}),
        ("隔膜", {"separator_base_wet", "separator_base_dry", "separator_coated"}),
        ("硅片", {"wafer", "squared_ingot", "mono_ingot"}),
        ("电池片", {"cell_perc", "cell_topcon", "cell_hjt", "cell_bc"}),
    ],
)  # fmt: skip
def test_words_for_families_are_asked_about(qujing, word, members):
    with pytest.raises(OptionError, match=f"several products are called '{word}'") as caught:
        read_product(qujing, word)
    assert all(f"[{member}]" in str(caught.value) for member in members)


def test_a_word_that_nobody_knows(qujing):
    with pytest.raises(UnknownNameError, match="no product"):
        read_product(qujing, "没有的东西")


@pytest.mark.parametrize(
    ("text", "statuses"),
    [
        ("在产,在建=80%", {"operating": 1.0, "construction": 0.8}),
        ("在产，在建=0.8", {"operating": 1.0, "construction": 0.8}),
        ("已投产", {"operating": 1.0}),
        ("operating,规划=50％", {"operating": 1.0, "planned": 0.5}),
    ],
)
def test_statuses(text, statuses):
    assert read_statuses(text) == statuses


def test_statuses_as_a_mapping_and_wrong_ones():
    assert read_statuses({"在产": 1, "在建": 0.5}) == {"operating": 1.0, "construction": 0.5}
    with pytest.raises(OptionError, match="'不知' is no status"):
        read_statuses("不知")
    with pytest.raises(OptionError, match="between 0 and 1"):
        read_statuses("在建=180%")


@pytest.mark.parametrize(
    ("goal", "read"),
    [
        ({"磷酸铁锂": "10万吨"}, {"lfp": 100000.0}),
        ({"lfp": "5kt"}, {"lfp": 5000.0}),
        ({"cell_lfp": "2300MWh"}, {"cell_lfp": 2.3}),
        ({"磷酸铁锂": "10万"}, {"lfp": 100000.0}),
        ({"lfp": 5}, {"lfp": 5.0}),
    ],
)
def test_goals(qujing, goal, read):
    assert read_goal(goal, qujing) == read


@pytest.mark.parametrize(
    "goal", [{"lfp": "5立方米"}, {"lfp": "很多"}, {"lfp": "0"}, {"lfp": "-5吨"}]
)
def test_goals_that_are_none(qujing, goal):
    with pytest.raises(OptionError, match=r"does not convert|is no goal"):
        read_goal(goal, qujing)


def test_a_product_named_twice(qujing):
    with pytest.raises(OptionError, match="twice"):
        read_goal({"lfp": 1, "磷酸铁锂": 2}, qujing)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2021年12月", "2021-12"), ("2021/12", "2021-12"), ("2021.12", "2021-12"), ("202112", "2021-12"),
        ("2021-12", "2021-12"), ("２０２１年", "2021"), (2021, "2021"), ("2021年12月5日", "2021-12-05"),
        ("2021-02-30", ""), ("12月", ""), ("", ""), (True, ""), (2021.5, ""),
    ],
)  # fmt: skip
def test_dates(text, day):
    assert read_day(text) == day


def test_dates_everywhere_in_python(qujing):
    for at in ("2021年12月", "2021/12", "2021.12"):
        assert qujing.at(at).as_of == "2021-12"
        assert cg.open_study(qujing, at=at).dataset.as_of == "2021-12"
    assert cg.find_gaps(qujing, at=2024, draws=0).params["at"] == "2024"


@pytest.mark.parametrize(
    ("word", "chain"),
    [("新能源电池", "battery"), ("电池", "battery"), ("锂电", "battery"), ("光伏", "photovoltaic"),
     ("绿色铝", "aluminium"), ("PV", "photovoltaic")],
)  # fmt: skip
def test_chains(qujing, word, chain):
    assert read_chain(qujing, word) == chain


@pytest.mark.parametrize(
    ("word", "name"),
    [("曲靖", "qujing"), ("曲靖市", "qujing"), ("曲靖市三条产业链", "qujing"), ("新能源电池", "battery"),
     ("电池", "battery"), ("甲市", "toy")],
)  # fmt: skip
def test_datasets(word, name):
    assert find_folder(word).name == name


def test_datasets_that_are_none_or_several():
    with pytest.raises(UnknownNameError, match="no dataset or folder '昆明'"):
        find_folder("昆明")
    with pytest.raises(OptionError, match="several datasets are called '产业链'"):
        find_folder("产业链")


def test_a_part_of_a_firms_name_is_enough_where_it_is_the_only_one(qujing):
    sites = qujing.enterprises
    here = sites[sites["city"] == "曲靖市"]
    assert named_enterprise(here, "晶澳") == "ja_qujing"
    assert named_enterprise(here, "没有") == ""
    with pytest.raises(OptionError, match="several enterprises are called '晶澳'"):
        named_enterprise(sites, "晶澳")


@pytest.mark.parametrize(
    "words",
    [
        ["gaps", "曲靖", "--draws", "0", "--chain", "新能源电池", "--status", "在产,在建=80%"],
        ["explain", "qujing", "合成氨"],
        ["trace", "曲靖", "磷酸铁锂", "--at", "2021年12月"],
        ["anchors", "qujing", "--anchor", "晶澳"],
        ["requirements", "qujing", "--goal", "磷酸铁锂=10万吨"],
    ],
)
def test_commands(words):
    done = run(*words, "-f", "json")
    assert json.loads(done.stdout)


def test_a_date_after_the_newest_source_is_warned_of():
    late = run("gaps", "qujing", "--at", "2035-01", "--draws", "0", "-f", "json")
    assert "2035-01" in late.stderr
    assert "2025-12" in late.stderr
    assert run("gaps", "qujing", "--at", "2025", "--draws", "0", "-f", "json").stderr == ""


@pytest.mark.parametrize("region", ["宣威", "北京市/朝阳区", "西藏"])
def test_a_place_without_any_firm_says_so(qujing, region):
    notes = [key for key, _ in cg.find_gaps(qujing, region=region, draws=0).notes]
    assert "note-nobody" in notes
    assert "note-nobody" not in [key for key, _ in cg.find_gaps(qujing, draws=0).notes]


def test_pages_have_a_name_and_say_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "toy.html" in run("view", "toy").stderr
    assert "toy-flow.html" in run("view", "toy", "--figure", "flow").stderr
    assert "toy-report.md" in run("report", "toy", "-f", "md").stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "toy-flow.html", "toy-report.md", "toy.html",
    ]  # fmt: skip
    assert run("view", "toy", "-q").stderr == ""


def test_the_page_knows_the_words(qujing):
    """Search looks at them: 铁锂 finds the LFP cathode; the neighbourhood is asked for by a word."""
    page = cg.build_chain_map(qujing, around="磷酸铁锂", depth=1).page
    assert '"called"' in page
    assert "LiFePO4" in page


def test_wrong_words_are_one_sentence():
    assert "正极材料" in failure("explain", "qujing", "正极材料", status=2)
    assert "does not convert" in failure(
        "requirements", "qujing", "--goal", "lfp=5立方米", status=2
    )
    assert "is not a number" in failure("requirements", "qujing", "--goal", "lfp=多", status=2)
    assert "write one of" in failure("gaps", "qujing", "-r", "朝阳区", status=2)
