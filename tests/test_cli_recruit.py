"""The commands targets and backtest: figures, formats, files of weights, one sentence for what is wrong."""

from __future__ import annotations

import csv
import io
import json

import pytest

import chaingraph as cg
from chaingraph.recruit.features import FEATURES
from chaingraph.recruit.scoring import read_weights
from tests.helpers_cli import cells, document, failure, folder, rows, run

FOIL = ("targets", "toy", "--gap", "foil")
BACK = ("backtest", "toy", "--cutoff", "2019-12", "--draws", "10")
ZH = "zh_CN.UTF-8"


# --- targets ---


def test_targets_of_one_gap_are_those_of_the_library(toy):
    found = rows(*FOIL)
    frame = cg.rank_targets(toy, "foil", limit=3).frame
    assert cells(found, "target_list", "rank", "group_zh", "makes_it") == [
        ("outside", "1", "光箔", "True"), ("local", "1", "恒金", "True"),
        ("local", "2", "远芯", "False"),
    ]  # fmt: skip
    assert [float(row["score"]) for row in found] == pytest.approx(frame["score"].tolist())
    assert list(found[0]) == list(frame.columns)
    assert found[2]["closes"] == "1000.0"


def test_targets_of_all_gaps_go_by_priority_and_top_is_a_gap(toy):
    found = rows("targets", "toy", "--top", "1")
    assert [row["rank"] for row in found] == ["1"] * len(found)
    pairs = cells(found, "gap_rank", "target_list")
    assert len(pairs) == len(set(pairs))
    assert [gap for gap, _ in pairs] == sorted(gap for gap, _ in pairs)
    assert found[0]["product_id"] == "foil"
    every = cg.rank_targets(toy, limit=0, local_limit=0).frame
    assert len(rows("targets", "toy", "--top", "0")) == len(every)
    assert {row["gap_rank"] for row in rows("targets", "toy", "--gaps", "1")} == {"1"}
    assert rows("targets", "toy", "--chain", "cell") != []


@pytest.mark.parametrize("name", ["foil", "箔材", "Foil"])
def test_a_gap_by_any_of_its_names(name):
    assert {row["product_id"] for row in rows("targets", "toy", "--gap", name)} == {"foil"}


def test_a_table_shows_reasons_with_their_sources_below_in_both_languages():
    text = run(*FOIL, "--lang", "en").stdout
    assert "Foil · already here, could add it 1 · 恒金: " in text
    assert "is here already with Metal" in text
    assert "\n    https://example.org/foil\n" in text
    chinese = run(*FOIL, lang=ZH, status=0).stdout + run(*FOIL, "--lang", "zh").stdout
    assert "箔材 · 本地已有、可增建 1 · 恒金: " in chinese
    assert "在本地已有金属（甲市金属）" in chinese
    assert "远芯:" in run(*FOIL, "--top", "2").stdout
    assert "远芯:" not in run(*FOIL, "--top", "1").stdout


def test_formats_say_the_same():
    found = document(*FOIL)
    assert found["kind"] == "targets"
    assert found["params"]["region"] == "甲市"
    assert found["params"]["weights"] == read_weights(None)
    assert all(column["meaning"] for column in found["columns"])
    names = [row["group_zh"] for row in found["rows"]]
    assert names == [row["group_zh"] for row in rows(*FOIL)]
    assert found["rows"][0]["part_green_power"] is None  # unknown, not 0
    markdown = run(*FOIL, "--format", "md").stdout
    assert all(f"| {name}" in markdown for name in names)
    assert run(*FOIL).stdout == run(*FOIL, "--format", "table").stdout


def test_results_go_to_a_file(tmp_path):
    for suffix in ("csv", "json", "md", "txt"):
        file = tmp_path / f"targets.{suffix}"
        assert run(*FOIL, "-o", file).stdout == ""
        assert "恒金" in file.read_text(encoding="utf-8-sig")
    table = csv.DictReader(io.StringIO((tmp_path / "targets.csv").read_text(encoding="utf-8-sig")))
    assert [row["group_zh"] for row in table] == ["光箔", "恒金", "远芯"]


def test_one_target_is_explained_feature_by_feature(toy):
    found = rows(*FOIL, "--group", "光箔")
    assert {row["feature"] for row in found} == set(FEATURES)
    score = float(cg.rank_targets(toy, "foil").frame.set_index("group_zh").loc["光箔", "score"])
    assert sum(float(row["contribution"]) for row in found) == pytest.approx(score)
    assert "恒金 ranks 1 of 2 in the list 'already here, could add it'" in " ".join(
        run(*FOIL, "--group", "恒金", "--lang", "en").stdout.split()
    )
    assert "光箔在“外引”名单1家中排第1" in run(*FOIL, "--group", "光箔", "--lang", "zh").stdout


def test_weights_and_method_change_the_score(tmp_path):
    file = tmp_path / "weights.toml"
    file.write_text("[weights]\npresent = 0\ncloseness = 0\nmaker = 20\n", encoding="utf-8")
    found = rows(*FOIL, "--weights", file)
    assert [row["makes_it"] for row in found] == ["True", "True", "False"]
    assert document(*FOIL, "--weights", file)["params"]["weights"]["maker"] == 20
    other = rows(*FOIL, "--method", "topsis")
    assert [row["score"] for row in other] != [row["score"] for row in rows(*FOIL)]


def test_a_load_and_a_goal_are_those_of_the_gaps():
    """By hand: cells at half load take 500 t of foil, the goal 300 t more."""
    asked = ("--load", "cell=0.5", "--goal", "foil=300")
    assert {row["gap"] for row in rows(*FOIL, *asked)} == {"800.0"}
    found = [row for row in rows("targets", "toy", *asked) if row["product_id"] == "foil"]
    assert {row["gap"] for row in found} == {"800.0"}
    assert document("targets", "toy", *asked)["params"]["goal"] == {"foil": 300}
    text = run(*FOIL, *asked, "--group", "光箔", "--lang", "en").stdout
    assert "光箔 ranks 1 of 1 in the list 'from outside'" in " ".join(text.split())


def test_a_gap_that_nobody_fills_says_so():
    english = " ".join(run("targets", "toy", "--gap", "winder", "--lang", "en").stdout.split())
    assert (
        "Winder: neither it nor anything related to it has a maker elsewhere in the data" in english
    )
    chinese = run("targets", "toy", "--gap", "winder", "--lang", "zh").stdout
    assert "卷绕机：数据中外地无人生产该产品及其相关产品" in chinese
    assert document("targets", "toy", "--gap", "winder")["rows"] == []


WRONG = {
    ("targets", "toy", "--gap", "foill"): ("no product 'foill'; did you mean: foil", "foil"),
    ("targets", "toy", "-r", "甲币市"): ("no region '甲币市'", "甲市"),
    ("targets", "toy", "-c", "cel"): ("no chain 'cel'", "cell"),
    ("targets", "toy", "--at", "2024/13"): ("'2024/13' is no date", "2024-12"),
    ("targets", "toy", "--status", "operatng"): ("'operatng' is no status", "operating"),
    ("targets", "toy", "--method", "best"): ("'best' is not one of 'logit', 'topsis'", "topsis"),
    ("targets", "toy", "--group", "光箔"): ("--group needs one --gap", "--gap"),
    (*FOIL, "--gap", "can", "--group", "光箔"): ("--group needs one --gap", "--gap"),
    (*FOIL, "--group", "光泊"): ("no group '光泊' in the data; did you mean: 光箔", "光箔"),
    (*FOIL, "--group", "甲电"): ("甲电 is no candidate for foil", "甲电"),
    (*FOIL, "--top", "-1"): ("-1 is not in the range x>=0", "x>=0"),
    ("targets", "toy", "--gaps", "-1"): ("-1 is not in the range x>=0", "x>=0"),
    ("backtest", "toy"): ("cut-off 2021-12 is outside the data", "2015"),
    (*BACK, "--split", "year"): ("'year' is not one of", "walk"),
    (*BACK, "--cutoff", "1999"): ("cut-off 1999 is outside the data: entries are dated 2015", "1999"),
    (*BACK, "--cutoff", "2024-12"): ("cut-off 2024-12 is outside the data", "2024-12"),
    (*BACK, "--cutoff", "2019/13"): ("'2019/13' is no date", "2019/13"),
    (*BACK, "--horizon", "soon"): ("'soon' is no horizon; write years, such as 3y", "3y"),
    (*BACK, "--horizon", "0y"): ("'0y' is no horizon", "0y"),
    (*BACK, "--ridge", "0"): ("0.0 is not in the range x>0", "x>0"),
    (*BACK, "--draws", "0"): ("0 is not in the range 1<=x<=100000", "1<=x"),
    (*BACK, "--seed", "-1"): ("-1 is not in the range x>=0", "x>=0"),
}  # fmt: skip


@pytest.mark.parametrize("args", WRONG, ids=" ".join)
def test_a_wrong_option_is_one_sentence_in_both_languages(args, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    english, either = WRONG[args]
    assert english in failure(*args, status=2)
    assert either in failure(*args, status=2, lang=ZH)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "status", "english", "chinese"),
    [
        (
            "[weights]\ntie = 1",
            2,
            "there is no feature 'tie'; did you mean: ties",
            "没有特征“tie”；是否指：ties",
        ),
        ("[weights]\nties = -1", 2, "the weight of ties is '-1'", "ties 的权重为“-1”"),
        ("[weights]\nties = 'x'", 2, "it must be a number, 0 or more", "应为 0 或以上的数"),
        ("ties = 1", 2, "has no table [weights]", "没有 [weights] 表"),
        ("ties: 1", 1, "is no TOML file", "不是 TOML 文件"),
        (None, 1, "no file or folder", "文件或文件夹不存在"),
    ],
)
def test_a_wrong_weights_file_is_one_sentence(tmp_path, text, status, english, chinese):
    file = tmp_path / "w.toml"
    if text is not None:
        file.write_text(text, encoding="utf-8")
    assert english in failure(*FOIL, "--weights", file, status=status)
    assert chinese in failure(*FOIL, "--weights", file, status=status, lang=ZH)


def test_targets_need_makers_and_live_without_anything_else(tmp_path):
    products = "product_id,name_zh,unit\na,甲,t\nb,乙,t\n"
    bare = folder(tmp_path, "bare", products=products)
    assert "needs the table 'enterprises'" in failure("targets", bare, status=1)
    assert "needs the table 'enterprises'" in failure(
        "backtest", bare, "--cutoff", "2020", status=1
    )
    card = json.dumps({"name": "some", "focus": "甲市", "as_of": "2024-12"})
    some = folder(
        tmp_path, "some", card=card, products=products, inputs="input_id,output_id,coefficient\na,b,2\n",
        enterprises="enterprise_id,name_zh,city\nx,小,甲市\ny,丫,乙市\n",
        capacities="enterprise_id,product_id,capacity,unit\nx,b,5,t\ny,a,3,t\n",
        projects="project_id,date\n",
    )  # fmt: skip
    assert rows("targets", some) == []  # one city makes it: whom else to call is asked first
    assert cells(rows("targets", some, "--gap", "a"), "product_id", "group_zh", "closes") == [
        ("a", "丫", "3.0"),
        ("a", "小", "3.0"),  # sites without a group go by their name
    ]
    assert "has no dated entries" in failure("backtest", some, "--cutoff", "2020", status=2)
    assert "没有带日期的进入记录" in failure(
        "backtest", some, "--cutoff", "2020", status=2, lang=ZH
    )


# --- backtest ---


@pytest.mark.slow
def test_backtest_shows_its_tables_with_positives_and_keeps_csv_to_the_first():
    text = run(*BACK, "--lang", "en").stdout
    for method in ("weights as shipped", "fitted weights", "random", "most sites", "four features"):
        assert method in text
    assert "were candidates" in " ".join(text.split())
    assert "次进入中" in run(*BACK, "--lang", "zh").stdout
    found = rows(*BACK)
    assert {row["split"] for row in found} == {"walk"}
    assert all(int(row["positives"]) > 0 for row in found)
    asked = document(*BACK, "--horizon", "4y", "--seed", "3")["params"]
    assert {key: asked[key] for key in ("cutoff", "horizon", "seed", "draws")} == {
        "cutoff": "2019-12", "horizon": "4y", "seed": 3, "draws": 10,
    }  # fmt: skip


@pytest.mark.slow
def test_backtest_writes_the_same_weights_twice_and_targets_read_them(tmp_path):
    files = [tmp_path / "one.toml", tmp_path / "two.toml"]
    for file in files:
        run(*BACK, "--weights-out", file)
    assert files[0].read_bytes() == files[1].read_bytes()
    assert set(read_weights(files[0])) == set(FEATURES)
    assert len(rows(*FOIL, "--weights", files[0])) == 3


def test_a_weights_file_that_cannot_be_written_is_one_sentence(tmp_path):
    assert "absent" in failure(*BACK, "--weights-out", tmp_path / "absent" / "w.toml", status=1)
