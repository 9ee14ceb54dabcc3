"""Units: factors from the definitions of the units, and tables converted while they are read."""

from __future__ import annotations

import pytest

import chaingraph as cg
from chaingraph.units import conversion_factor, dimension


@pytest.mark.parametrize(
    ("unit", "target", "factor"),
    [
        ("万吨", "t", 10_000),
        ("kt", "万吨", 0.1),
        ("亿吨", "Mt", 100),
        ("GWh", "MWh", 1000),
        ("亿千瓦时", "GWh", 100),
        ("亿度", "TWh", 0.1),
        ("亿平方米", "Mm2", 100),
        ("万平方米", "m2", 10_000),
        ("kg/kWh", "t/GWh", 1000),
        ("g/W", "g/W", 1),
        ("MWh/t", "kWh/kg", 1),
        ("CNY/kg", "CNY/t", 1000),
        ("万元/t", "CNY/kg", 10),
        ("万台", "set", 10_000),
        ("亿立方米", "1000m3", 100_000),
        ("吉瓦", "MW", 1000),
        ("m", "km", 0.001),
    ],
)
def test_factor(unit, target, factor):
    assert conversion_factor(unit, target) == factor


@pytest.mark.parametrize(
    ("unit", "target"),
    [
        ("t", "GWh"),
        ("GW", "GWh"),
        ("t", "t/GWh"),
        ("t/GWh", "GWh/t"),
        ("USD", "CNY"),
        ("pcs", "set"),
    ],
)
def test_no_factor(unit, target):
    assert conversion_factor(unit, target) is None


def test_unit_of_ones_own_converts_to_itself_only():
    assert dimension("bushel") is None
    assert conversion_factor("bushel", "bushel") == 1
    assert conversion_factor("bushel", "t") is None
    assert conversion_factor("CNY/bushel", "万元/bushel") == 1e-4


FOLDER = {
    "products": "product_id,name_zh,unit,price_cny,price_unit\n"
    "foil,箔,t,80,CNY/kg\ncell,电芯,GWh,0.5,亿元/GWh\nfilm,膜,Mm2,,\n",
    "inputs": "input_id,output_id,coefficient,low,high,unit\n"
    "foil,cell,0.6,0.5,0.7,kg/kWh\nfilm,cell,15000000,,,m2/GWh\n",
    "enterprises": "enterprise_id,name_zh,city\nmaker,厂,甲市\n",
    "capacities": "enterprise_id,product_id,capacity,unit\n"
    "maker,foil,1.2,kt\nmaker,cell,2000,MWh\nmaker,film,0.4,亿平方米\n",
}


def write_folder(path, **changes):
    for name, text in (FOLDER | changes).items():
        (path / f"{name}.csv").write_text(text, encoding="utf-8")
    return path


def test_folder_is_converted_to_the_units_of_its_products(tmp_path):
    ds = cg.load_dataset(write_folder(tmp_path))
    assert ds.capacities["capacity"].tolist() == pytest.approx([1200, 2, 40])
    assert ds.capacities["unit"].tolist() == ["t", "GWh", "Mm2"]
    foil, film = ds.inputs.to_dict("records")
    assert [foil[name] for name in ("coefficient", "low", "high")] == pytest.approx([600, 500, 700])
    assert foil["unit"] == "t/GWh"
    assert film["coefficient"] == pytest.approx(15)
    prices = ds.products.set_index("product_id")
    assert prices["price_cny"].tolist()[:2] == pytest.approx([80_000, 5e7])
    assert prices["price_unit"].tolist()[:2] == ["CNY/t", "CNY/GWh"]


def test_balance_of_a_converted_folder(tmp_path):
    ds = cg.load_dataset(write_folder(tmp_path))
    frame = cg.calculate_balance(ds, region="甲市", load="full").frame
    foil = frame.set_index("product_id").loc["foil"]
    # 2 GWh x 600 t/GWh against 1200 t; film 2 x 15 = 30 of 40 Mm2
    assert foil[["demand", "capacity", "balance"]].tolist() == pytest.approx([1200, 1200, 0])
    assert frame.set_index("product_id").loc["film", "balance"] == pytest.approx(10)


def test_empty_unit_is_that_of_the_product(tmp_path):
    rows = "enterprise_id,product_id,capacity,unit\nmaker,foil,7,\n"
    ds = cg.load_dataset(write_folder(tmp_path, capacities=rows))
    assert ds.capacities[["capacity", "unit"]].to_numpy().tolist() == [[7.0, "t"]]


@pytest.mark.parametrize(
    ("table", "text", "message"),
    [
        ("capacities", "enterprise_id,product_id,capacity,unit\nmaker,foil,1,GWh\n", "GWh"),
        ("inputs", "input_id,output_id,coefficient,unit\nfoil,cell,1,t/t\n", "t/t"),
        (
            "products",
            "product_id,name_zh,unit,price_cny,price_unit\nfoil,箔,t,8,USD/t\ncell,电芯,GWh,,\n",
            "USD/t",
        ),
    ],
)
def test_unknown_mix_of_units_is_refused(tmp_path, table, text, message):
    with pytest.raises(cg.DataError, match=f"{table}.csv:2.*{message}"):
        cg.load_dataset(write_folder(tmp_path, **{table: text}))
