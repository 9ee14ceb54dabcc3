"""The tables of what is known and of what offices do: declared, read, keyed, and optional."""

from __future__ import annotations

import json

import pytest

import chaingraph as cg
from chaingraph.schema import TABLE_NAMES, table_schema, table_spec
from chaingraph.updates.rows import row_key
from tests.helpers_cli import folder
from tests.helpers_raw import raw_dataset, raw_packages, rules_of

PRODUCTS = "product_id,name_zh,unit\na,甲,t\nb,乙,t\n"
SITES = "enterprise_id,name_zh,city\ns,甲厂,甲市\n"
FILES = {
    "surveys": "region,products,method,as_of,result,makers,surveyor\n甲市,a,visit,2024-05,some,,甲局\n",
    "outputs": "region,enterprise_id,group_zh,product_id,year,measure,value,unit,status\n"
    "甲市,,,a,2023,output,5,t,\n,s,,a,2023,output,4,t,\n,,甲集团,a,2023,capacity,9,t,with_construction\n",
    "product_facts": "product_id,measure,value,low,high,unit,date,region\na,load,0.5,,,,2023,\n",
    "sources": "source_url,publisher,grade\nhttps://example.com/1,甲局,official\n",
    "stages": "chain,stage_id,name_zh,position,fold,products\nx,first,头段,1,0,a;b\n",
    "contacts": "group_zh,product_id,region,unit_id,due\n甲集团,a,甲市,u,2025-03\n",
    "units": "unit_id,name_zh,level,parent\nv,甲市政府,市级,\nu,甲局,市级,v\n",
    "platforms": "platform_id,name_zh,kind,chain,region,operator\np,甲所,institute,x,甲市,甲厂\n",
    "tasks": "task_id,field,task_zh,due,progress\nt1,industry,引进甲,2025-12,35\n",
    "milestones": "task_id,month,percent\nt1,2025-06,50\n",
    "issues": "task_id,raised_on,text_zh,unit_id\nt1,2025-03-01,用地未落实,u\n",
    "trade": "hs_code,year,flow,reporter,partner,value_usd\n283691,2024,import,中国,world,100\n",
    "aliases": "alias_zh,product_id,enterprise_id,decision\n合成甲,a,,\n甲厂一部,,s,same\n别厂,,,new\n",
}


def test_all_tables_of_a_folder_are_read(tmp_path):
    place = folder(tmp_path, "all", products=PRODUCTS, enterprises=SITES, **FILES)
    assert {f.rule for f in cg.check_dataset(place)[1] if f.severity == "error"} == set()
    ds = cg.load_dataset(place)
    assert set(FILES) <= set(ds.tables)
    assert ds.table("outputs")["value"].tolist() == [5.0, 4.0, 9.0]
    assert ds.table("tasks")["progress"].tolist() == [35.0]
    assert ds.table("stages")["fold"].tolist() == [False]


def test_a_product_name_is_no_decision_on_an_enterprise(tmp_path):
    place = folder(tmp_path, "all", products=PRODUCTS, enterprises=SITES, **FILES)
    found = cg.match_enterprises(cg.load_dataset(place), [{"name": "合成甲"}, {"name": "甲厂一部"}])
    assert found.frame["decision"].tolist() == ["new", "alias"]


@pytest.mark.parametrize(
    ("row", "wrong"),
    [
        ("甲,s,,same", False), ("甲,,,new", False), ("甲,,a,", False), ("甲,,a,same", False),
        ("甲,s,a,same", True), ("甲,,,", True), ("甲,s,,", True), ("甲,,a,new", True),
        ("甲,s,,new", True), ("甲,,,same", True),
    ],
)  # fmt: skip
def test_an_alias_stands_for_one_thing(row, wrong):
    raw = raw_dataset(
        products=PRODUCTS, enterprises=SITES,
        aliases=f"alias_zh,enterprise_id,product_id,decision\n{row}\n",
    )  # fmt: skip
    assert ("alias-target" in rules_of(raw)) is wrong


OUTPUTS = "product_id,measure,year,region,enterprise_id,group_zh,value,unit,status\n"


@pytest.mark.parametrize(
    ("rows", "twice"),
    [
        (("a,output,2023,甲市,,,1,t,", "a,output,2023,甲市,,,2,t,"), True),
        (("a,output,2023,甲市,,,1,t,", "a,output,2023,乙市,,,2,t,"), False),
        (("a,output,2023,甲市,,,1,t,", "a,output,2023,,s,,2,t,"), False),
        (("a,capacity,2023,甲市,,,1,t,", "a,capacity,2023,甲市,,,2,t,with_construction"), False),
    ],
)
def test_keys_whose_parts_may_be_empty(rows, twice):
    raw = raw_dataset(products=PRODUCTS, enterprises=SITES, outputs=OUTPUTS + "\n".join(rows))
    assert ("duplicate-key" in rules_of(raw)) is twice


def test_a_row_of_a_city_stands_in_the_place_of_the_chain_s_by_such_a_key(tmp_path):
    facts = "product_id,measure,value,date,region,source_url\na,load,{},2023,,\n"
    folder(tmp_path, "chain", products=PRODUCTS, product_facts=facts.format("0.5"))
    card = json.dumps({"name": "city", "extends": ["chain"]})
    place = folder(tmp_path, "city", card=card, product_facts=facts.format("0.7"))
    assert cg.load_dataset(place).table("product_facts")["value"].tolist() == [0.7]
    assert "row-replaced" in {f.rule for f in cg.check_dataset(place)[1]}


@pytest.mark.parametrize("name", TABLE_NAMES)
def test_what_names_a_row_is_known_and_only_full_keys_are_primary(name):
    spec = table_spec(name)
    assert set(row_key(name)) <= set(spec.field_names)
    if "primaryKey" in table_schema(name):
        assert len(spec.key_needs) == len(spec.primary_key)
        assert "rowKey" not in table_schema(name)


def test_two_folders_may_speak_of_one_region_in_different_years():
    texts = {"products": PRODUCTS, "outputs": OUTPUTS + "a,output,2023,甲市,,,1,t,\n"}
    later = {"outputs": OUTPUTS + "a,output,2024,甲市,,,1,t,\n"}
    assert "duplicate-key" not in rules_of(raw_packages({"one": texts, "two": later}))
