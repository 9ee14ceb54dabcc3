"""Options that cannot be used: one sentence that says what to write, exit status 2."""

from __future__ import annotations

import pytest

from tests.helpers_cli import failure
from tests.helpers_data import rows_of

PRODUCTS = len(list(rows_of("products")))

USAGE = {
    ("gaps", "toy", "-r", "甲币市"): "no region '甲币市' in the data; did you mean: 甲市",
    ("gaps", "toy", "-r", "甲省/乙省"): "no region '甲省/乙省'",
    ("regions", "toy", "-r", "nowhere"): "no region 'nowhere' in the data; there are: 丙市",
    ("gaps", "toy", "-c", "cel"): "no chain 'cel'",
    ("view", "toy", "-c", "nix", "-o", "x.html"): "no chain 'nix'; there are: cell, metal",
    ("trace", "toy", "foill"): "no product 'foill'; did you mean: foil",
    ("explain", "qujing", "xyzzyx"): f"no product 'xyzzyx'; none of the {PRODUCTS} is close",
    ("explain", "toy", "FOILL"): "no product 'FOILL'; did you mean: foil",
    ("explain", "toy", ""): "no product ''",
    ("requirements", "toy", "--goal", "celll=1"): "no product 'celll'; did you mean: cell",
    ("gaps", "toy", "--load", "nix=1"): "no product 'nix'",
    ("gaps", "toy", "--at", "2024/13"): "'2024/13' is no date; write 2024, 2024-12 or 2024-12-31",
    ("gaps", "toy", "--at", "2024-13"): "'2024-13' is no date",
    ("gaps", "toy", "--at", "2024-02-30"): "'2024-02-30' is no date",
    ("gaps", "toy", "--status", "operatng"): "'operatng' is no status; use: operating",
    ("gaps", "toy", "--status", "operating=2"): "factor 2.0 of 'operating' is not between 0 and 1",
    ("gaps", "toy", "--status", "operating=nan"): "is not between 0 and 1",
    ("gaps", "toy", "--status", "operating=0"): "no status counts: give at least one",
    ("gaps", "toy", "--status", "operating=x"): "'x' in 'operating=x' is not a number",
    ("gaps", "toy", "--status", "operating,,"): "'' is not NAME=FIGURE, for example operating=1",
    ("gaps", "toy", "--status", "operating,operating=0.5"): "'operating' is given twice",
    ("gaps", "toy", "--load", "3"): "a load of 3.0 is neither",
    ("gaps", "toy", "--load", "-1"): "a load of -1.0 is neither",
    ("gaps", "toy", "--load", "nan"): "a load of nan is neither",
    ("gaps", "toy", "--load", "much"): "'much' is not actual|full|FIGURE|PRODUCT=FIGURE",
    ("gaps", "toy", "--goal", "cell"): "'cell' is not NAME=FIGURE, for example cell_lfp=23",
    ("gaps", "toy", "--goal", "cell=-1"): "'cell=-1.0' is no goal",
    ("gaps", "toy", "--goal", "cell=inf"): "'cell=inf' is no goal",
    ("gaps", "toy", "--goal", "cell=nan"): "'cell=nan' is no goal",
    ("gaps", "toy", "--goal", "cell=1,cell=2"): "'cell' is given twice",
    ("trace", "toy", "foil", "--quantity", "0"): "is no goal",
    ("trace", "toy", "foil", "--depth", "0"): "'--depth': 0 is not in the range x>=1",
    ("gaps", "toy", "--kind", "absent"): "'absent' is no kind of gap; use: missing",
    ("gaps", "toy", "--prices", "new"): "'new' is not one of 'at', 'latest'",
    ("gaps", "toy", "--load", "1", "--utilisation", "1"): "--load and its former name",
    ("gaps", "toy", "--utilisation", "1", "--load", "1"): "--load and its former name",
    ("survey", "toy", "-o", "x.pdf"): "use the suffix .docx .xlsx .csv .json .md .txt",
    ("gaps", "toy", "--sort", "name"): "'name' is not one of 'priority', 'value'",
    ("gaps", "toy", "--draws", "-1"): "-1 is not in the range 0<=x<=100000",
    ("gaps", "toy", "--top", "-1"): "-1 is not in the range x>=0",
    ("gaps", "toy", "--format", "xml"): "'xml' is not one of 'table', 'csv', 'json', 'md'",
    ("gaps", "toy", "-o", "x.docx"): "use the suffix .csv .json .md .txt, or --format",
    ("gaps", "toy", "-o", "x"): "cannot tell the format of 'x'",
    ("view", "toy", "-o", "x.csv"): "'x.csv' does not end with .html",
    ("gaps", "toy", "--engine", "spark"): "'spark' is not one of 'pandas', 'polars', 'duckdb'",
    ("gaps", "toy", "--engine", "polars"): "engine 'polars' needs a folder of Parquet files",
    ("gaps", "toy", "--lang", "fr"): "'fr' is not one of 'zh', 'en'",
    ("gaps", "toy", "--each", "street"): "'street' is not one of 'province'",
    ("regions", "toy", "--level", "street"): "'street' is not one of 'province'",
    ("content", "toy", "--by", "park"): "'park' is not one of 'chain', 'anchor', 'output'",
    ("check", "toy", "--severity", "fatal"): "'fatal' is not one of 'error'",
    ("gaps", "toy", "--regio", "甲市"): "No such option",
    ("gaps",): "Missing argument 'DATASET'",
    ("trace", "toy"): "Missing argument 'PRODUCT'",
}


@pytest.mark.parametrize("args", USAGE, ids=" ".join)
def test_a_wrong_option_is_one_sentence(args, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert USAGE[args] in failure(*args, status=2)
    assert list(tmp_path.iterdir()) == []


def test_regions_need_enterprises_and_namesakes_need_a_path(tmp_path):
    place = tmp_path / "city"
    place.mkdir()
    (place / "products.csv").write_text("product_id,name_zh,unit\na,甲,t\n", encoding="utf-8")
    assert "needs the table 'enterprises'" in failure("regions", place, status=1)
    (place / "enterprises.csv").write_text(
        "enterprise_id,name_zh,province,city,county\n"
        "e,戊,甲省,甲市,城区\nf,己,乙省,乙市,城区\n", encoding="utf-8",
    )  # fmt: skip
    (place / "capacities.csv").write_text("enterprise_id,product_id\ne,a\n", encoding="utf-8")
    assert "write one of: 乙省/乙市/城区, 甲省/甲市/城区" in failure(
        "balance", place, "-r", "城区", status=2
    )
    assert "names no focus: give a region, for example: 乙市, 甲市" in failure(
        "balance", place, status=2
    )
