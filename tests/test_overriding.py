"""A city's own rows stand in the place of those of the chains that it extends."""

from __future__ import annotations

import json

import pytest

import chaingraph as cg
from tests.helpers_cli import folder

PRODUCTS = "product_id,name_zh,unit\na,甲,t\nb,乙,t\n"
SITES = "enterprise_id,name_zh,city,lat,lon\ns,甲厂,甲市,,\nt,乙厂,甲市,,\n"
MAKERS = """enterprise_id,product_id,capacity,status,since,scope
s,a,10,operating,2020,site
s,a,20,construction,2023,site
s,a,99,operating,2020,group
s,b,5,operating,2020,site
t,a,7,operating,2020,site
"""


@pytest.fixture
def chain(tmp_path):
    card = json.dumps({"name": "chain", "as_of": "2024-12"})
    return folder(
        tmp_path, "chain", products=PRODUCTS, enterprises=SITES, capacities=MAKERS, card=card
    )


def city(place, **files):
    card = json.dumps({"name": "city", "extends": ["chain"], "focus": "甲市"})
    return folder(place, "city", card=card, **files)


def made(ds):
    columns = ["enterprise_id", "product_id", "capacity", "status", "scope"]
    return sorted(tuple(row) for row in ds.capacities[columns].itertuples(index=False))


def test_all_phases_of_a_maker_and_product_are_given_anew(tmp_path, chain):
    """The city knows one phase of s and a: both of the chain go; other products, makers, totals stay."""
    assert chain
    place = city(tmp_path, capacities="enterprise_id,product_id,capacity\ns,a,12\n")
    ds = cg.load_dataset(place)
    assert made(ds) == [
        ("s", "a", 12.0, "operating", "site"),
        ("s", "a", 99.0, "operating", "group"),
        ("s", "b", 5.0, "operating", "site"),
        ("t", "a", 7.0, "operating", "site"),
    ]
    balance = cg.calculate_balance(ds).frame.set_index("product_id")
    assert balance.loc["a", "capacity"] == 19
    found = [
        finding for finding in cg.check_dataset(place)[1] if finding.rule == "capacity-replaced"
    ]
    assert [(f.place, f.params["count"], f.params["first"]) for f in found] == [
        ("city/capacities.csv:2:capacity", 2, "chain/capacities.csv:2")
    ]


def test_an_own_row_of_an_enterprise_stands(tmp_path, chain):
    assert chain
    place = city(tmp_path, enterprises="enterprise_id,name_zh,city\ns,甲厂,乙市\n")
    sites = cg.load_dataset(place).enterprises.set_index("enterprise_id")
    assert sites["city"].to_dict() == {"s": "乙市", "t": "甲市"}
    assert [f.rule for f in cg.check_dataset(place)[1] if "replaced" in f.rule] == ["row-replaced"]
    renamed = "enterprise_id,name_zh,city\ns,丙厂,乙市\n"
    (place / "enterprises.csv").write_text(renamed, encoding="utf-8")
    found = [f for f in cg.check_dataset(place)[1] if "replaced" in f.rule]
    assert [(f.rule, f.params["other"]) for f in found] == [("name-replaced", "甲厂")]


def test_an_import_says_more_of_a_known_enterprise_without_losing_what_was_known(
    tmp_path, monkeypatch
):
    """The list adds a county and a code and differs in nothing: the row is completed by the chain's."""
    monkeypatch.chdir(tmp_path)
    sites = "enterprise_id,name_zh,city,lat,lon\ns,甲厂,甲市,30,110\nt,乙厂,甲市,,\n"
    card = json.dumps({"name": "chain", "as_of": "2024-12"})
    folder(tmp_path, "chain", products=PRODUCTS, enterprises=sites, capacities=MAKERS, card=card)
    text = "企业名称,城市,县区,产品名称,产能(吨/年)\n甲厂,甲市,子县,甲,12\n乙厂,甲市,,甲,7\n"
    (tmp_path / "上报.csv").write_text(text, encoding="utf-8")
    done = cg.import_file("上报.csv", "city", extends=["./chain"], region="甲市")
    assert done.errors == 0
    own = done.tables["enterprises"].set_index("enterprise_id")
    assert own.index.tolist() == ["s"]
    assert own.loc["s", ["county", "lat", "lon"]].tolist() == ["子县", 30, 110]
    ds = cg.load_dataset("city")
    assert cg.calculate_balance(ds).frame.set_index("product_id").loc["a", "capacity"] == 19


@pytest.mark.parametrize("named", [["chain", "middle"], ["middle", "chain"]])
def test_a_folder_stands_above_those_that_it_extends_in_whatever_order_they_are_named(
    tmp_path, chain, named
):
    """Middle extends chain: its row stands, also where the city names both, chain first."""
    assert chain
    card = json.dumps({"name": "middle", "extends": ["chain"]})
    makers = "enterprise_id,product_id,capacity\ns,a,11\n"
    folder(tmp_path, "middle", capacities=makers, card=card)
    card = json.dumps({"name": "city", "extends": named, "focus": "甲市"})
    makers = "enterprise_id,product_id,capacity\nt,b,1\n"
    place = folder(tmp_path, "city", capacities=makers, card=card)
    assert made(cg.load_dataset(place)) == [
        ("s", "a", 11.0, "operating", "site"),
        ("s", "a", 99.0, "operating", "group"),
        ("s", "b", 5.0, "operating", "site"),
        ("t", "a", 7.0, "operating", "site"),
        ("t", "b", 1.0, "operating", "site"),
    ]


def test_of_two_folders_that_one_extends_the_first_named_stands(tmp_path):
    for name, figure in (("x", 1), ("y", 2)):
        makers = f"enterprise_id,product_id,capacity\ns,a,{figure}\n"
        folder(tmp_path, name, products=PRODUCTS, enterprises=SITES, capacities=makers)
    card = json.dumps({"name": "city", "extends": ["x", "y"], "focus": "甲市"})
    place = folder(tmp_path, "city", enterprises="enterprise_id,name_zh\nu,丙厂\n", card=card)
    assert cg.load_dataset(place).capacities["capacity"].tolist() == [1]


def test_a_copied_folder_that_keeps_the_name_of_its_card_still_stands_above(tmp_path, chain):
    """Else both rows would count: the folders are told apart though both are called chain."""
    assert chain
    card = json.dumps({"name": "chain", "extends": ["chain"], "focus": "甲市"})
    makers = "enterprise_id,product_id,capacity\nt,a,8\n"
    place = folder(tmp_path, "copy", capacities=makers, card=card)
    ds = cg.load_dataset(place)
    assert ("t", "a", 8.0, "operating", "site") in made(ds)
    assert ("t", "a", 7.0, "operating", "site") not in made(ds)
    assert ds.name == "chain"
    found = [f for f in cg.check_dataset(place)[1] if f.rule == "capacity-replaced"]
    assert [f.params["first"] for f in found] == ["chain 2/capacities.csv:6"]


def test_three_levels_and_tables_with_a_key_replace_row_by_row(tmp_path):
    """The top folder's bureau and the middle one's region stand; what only the lowest has stays."""
    offices = "unit_id,name_zh\nu1,甲局\nu2,乙局\n"
    places = "adcode,name_zh,level,lat\n530300,甲市,prefecture,20\n"
    folder(
        tmp_path, "low", products=PRODUCTS, enterprises=SITES, capacities=MAKERS, units=offices,
        regions=places,
    )  # fmt: skip
    card = json.dumps({"name": "mid", "extends": ["low"]})
    makers = "enterprise_id,product_id,capacity\ns,a,11\nt,a,8\n"
    folder(
        tmp_path, "mid", capacities=makers, regions=places.replace("20", "25"),
        units="unit_id,name_zh\nu1,丙局\n", card=card,
    )  # fmt: skip
    card = json.dumps({"name": "top", "extends": ["mid"], "focus": "甲市"})
    makers = "enterprise_id,product_id,capacity\ns,a,12\n"
    place = folder(
        tmp_path, "top", capacities=makers, units="unit_id,name_zh\nu1,丁局\n", card=card
    )
    ds = cg.load_dataset(place)
    assert sorted(ds.table("units")["name_zh"]) == sorted(["丁局", "乙局"])
    assert ds.table("regions")["lat"].tolist() == [25]
    assert [row[2] for row in made(ds) if row[4] == "site" and row[1] == "a"] == [12, 8]
    found = [f for f in cg.check_dataset(place)[1] if f.rule == "capacity-replaced"]
    assert sorted((f.params["site"], f.params["count"]) for f in found) == [("s", 3), ("t", 1)]


def test_what_a_replaced_row_was_accepted_for_is_no_matter_of_the_folder_above(tmp_path):
    """Below, the entry is in use; above, its row is gone, and the card is not the city's to change."""
    entry = {"rule": "unit-assumed", "table": "capacities", "key": "s", "reason": "as handed in"}
    sites, makers = "enterprise_id,name_zh,city\ns,甲厂,甲市\n", "enterprise_id,product_id,capacity"
    below = folder(
        tmp_path, "low", products="product_id,name_zh,unit\na,甲,t\n", enterprises=sites,
        capacities=f"{makers}\ns,a,1\n", card=json.dumps({"name": "low", "accepted": [entry]}),
    )  # fmt: skip
    card = json.dumps({"name": "top", "extends": ["low"], "focus": "甲市"})
    above = folder(tmp_path, "top", capacities=f"{makers},unit\ns,a,1,t\n", card=card)
    assert [f.accepted for f in cg.check_dataset(below)[1]] == ["as handed in"]
    assert [f.rule for f in cg.check_dataset(above)[1]] == ["capacity-replaced"]


def test_mutual_extension_keeps_the_rows_of_the_named_folder(tmp_path):
    """Each of two folders that extend each other gives its own figure where it is the one named."""
    sites = "enterprise_id,name_zh\ns,甲厂\n"
    for name, other, figure in (("x", "y", 1), ("y", "x", 2)):
        card = json.dumps({"name": name, "extends": [other]})
        makers = f"enterprise_id,product_id,capacity\ns,a,{figure}\n"
        files = {"enterprises": sites} if name == "x" else {}
        folder(tmp_path, name, products=PRODUCTS, capacities=makers, card=card, **files)
    for name, figure in (("x", 1), ("y", 2)):
        assert cg.load_dataset(tmp_path / name).capacities["capacity"].tolist() == [figure]
