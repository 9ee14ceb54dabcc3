"""Rules about rows that stand twice and ids that point nowhere."""

from __future__ import annotations

import pytest

from chaingraph.checks import run_checks
from tests.helpers_raw import Case, assert_case, raw_dataset, raw_packages, rules_of

PRODUCTS = "product_id,name_zh\ncopper_foil,铜箔\nlfp,磷酸铁锂\n"
UNITS = "product_id,name_zh,unit\n"
MAKER = "enterprise_id,name_zh\ne,甲厂\n"
CAPACITY = "enterprise_id,product_id,note\n"

CASES: dict[str, Case] = {
    "duplicate-key": (
        {"products": PRODUCTS + "lfp,又一个\n"},
        {"products": PRODUCTS + "lmfp,又一个\n"},
    ),
    "similar-id": (
        {"products": PRODUCTS + "LFP,又一个\n"},
        {"products": PRODUCTS + "LFP2,又一个\n"},
    ),
    "duplicate-row": (
        {"products": PRODUCTS, "enterprises": MAKER, "capacities": CAPACITY + "e,lfp,\ne,lfp,\n"},
        {"products": PRODUCTS, "enterprises": MAKER, "capacities": CAPACITY + "e,lfp,\ne,lfp,2\n"},
    ),
    "dangling-id": (
        {"products": PRODUCTS, "inputs": "input_id,output_id\ncooper_foil,lfp\n"},
        {"products": PRODUCTS, "inputs": "input_id,output_id\ncopper_foil,lfp\n"},
    ),
    "missing-target-table": (
        {"products": PRODUCTS, "capacities": CAPACITY + "e,lfp,\n"},
        {"products": PRODUCTS, "enterprises": MAKER, "capacities": CAPACITY + "e,lfp,\n"},
    ),
    "isolated-product": (
        {"products": PRODUCTS},
        {"products": PRODUCTS, "inputs": "input_id,output_id\ncopper_foil,lfp\n"},
    ),
    "project-product-unknown": (
        {
            "products": PRODUCTS,
            "projects": "project_id,date,product_id,product_ids\np,2022,cathode,\n",
        },
        {
            "products": PRODUCTS,
            "projects": "project_id,date,product_id,product_ids\np,2022,cathode,lfp\n",
        },
    ),
}


@pytest.mark.parametrize("rule", CASES)
def test_rule_finds_its_case_and_not_its_neighbour(rule: str) -> None:
    """Each rule reports the wrong row and lets the right one pass."""
    assert_case(rule, CASES[rule])


def test_duplicate_key_names_the_first_place() -> None:
    """The second row is reported with the file and line of the first one."""
    finding = run_checks(raw_dataset(products=PRODUCTS + "lfp,又一个\n"), at_load=True)[0]
    assert (finding.line, finding.column, finding.value) == (4, "product_id", "lfp")
    assert "city/products.csv:3" in finding.text("en")
    assert "city/products.csv:3" in finding.text("zh")


def test_key_of_two_columns_is_one_key() -> None:
    """Inputs are known by input and output together."""
    products = "product_id,name_zh\na,甲\nb,乙\nc,丙\n"
    inputs = "input_id,output_id\na,b\na,c\nb,c\n"
    assert not run_checks(raw_dataset(products=products, inputs=inputs))
    assert rules_of(raw_dataset(products=products, inputs=inputs + "a,c\n")) == ["duplicate-key"]


CONFLICT = (
    {"chain": {"products": UNITS + "a,甲,t\n"}, "city": {"products": UNITS + "a,甲,GWh\n"}},
    {"chain": {"products": UNITS + "a,甲,t\n"}, "city": {"products": UNITS + "a,甲,吨\n"}},
)


def test_product_of_two_packages_must_agree_on_its_unit() -> None:
    """The conflict names the other unit and where it stands."""
    finding = run_checks(raw_packages(CONFLICT[0]), at_load=True)[0]
    assert (finding.rule, finding.value) == ("product-conflict", "GWh")
    assert "t in chain/products.csv:2" in finding.text("en")


@pytest.mark.parametrize("unit", ["t", "吨", ""])
def test_product_of_two_packages_may_agree_or_say_nothing(unit: str) -> None:
    """The same unit in another spelling, or none, is no conflict."""
    packages = {
        "chain": {"products": UNITS + "a,甲,t\n"},
        "city": {"products": UNITS + f"a,甲,{unit}\n"},
    }
    assert not run_checks(raw_packages(packages), at_load=True)


def test_same_product_twice_in_one_package_is_a_duplicate_all_the_same() -> None:
    """Another package between the two does not excuse it."""
    packages = {
        "chain": {"products": UNITS + "a,甲,t\na,甲,t\n"},
        "city": {"products": UNITS + "a,甲,t\n"},
    }
    assert rules_of(raw_packages(packages), at_load=True) == ["duplicate-key"]


def test_a_key_may_stand_in_two_folders_but_not_twice_in_one() -> None:
    """The later folder's row stands (test_overriding); twice in one folder is an error."""
    packages = {"chain": {"enterprises": MAKER}, "city": {"enterprises": MAKER}}
    assert rules_of(raw_packages(packages)) == []
    packages["city"] = {"enterprises": MAKER.strip() + "\n" + MAKER.strip().splitlines()[-1]}
    assert "duplicate-key" in rules_of(raw_packages(packages))


def test_dangling_id_names_table_and_suggestion() -> None:
    """The remedy holds the closest known id."""
    raw = raw_dataset(products=PRODUCTS, inputs="input_id,output_id\ncooper_foil,lfp\n")
    finding = run_checks(raw, at_load=True)[0]
    assert "column product_id of table products" in finding.text("en")
    assert "copper_foil" in finding.remedy("en")
    assert "copper_foil" in finding.remedy("zh")


def test_each_member_of_a_list_is_looked_up() -> None:
    """Only the unknown members are named; blanks and empty members do not count."""
    raw = raw_dataset(
        products=PRODUCTS,
        projects="project_id,date,product_ids\np,2022,lfp; lmfp ;;copper_foil;xyz\n",
    )
    finding = run_checks(raw, at_load=True)[0]
    assert (finding.rule, finding.value) == ("dangling-id", "lmfp, xyz")


def test_missing_target_table_is_one_finding() -> None:
    """A thousand rows that point to a table that is not there are one mistake."""
    rows = "".join(f"e{number},lfp,\n" for number in range(1000))
    raw = raw_dataset(products=PRODUCTS, capacities=CAPACITY + rows)
    findings = run_checks(raw, at_load=True)
    assert [(found.rule, found.row, found.column) for found in findings] == [
        ("missing-target-table", None, "enterprise_id")
    ]


def test_absent_products_are_the_readers_to_report() -> None:
    """No finding of a row when the one required table is missing."""
    assert not run_checks(raw_dataset(inputs="input_id,output_id\na,b\n"), at_load=True)


def test_suggestions_are_bounded() -> None:
    """The first fifty unknown ids get one, the rest get none."""
    products = "product_id,name_zh\n" + "".join(f"item{n:03d},甲\n" for n in range(60))
    inputs = "input_id,output_id\n" + "".join(f"item{n:03d}x,item000\n" for n in range(60))
    findings = run_checks(raw_dataset(products=products, inputs=inputs), at_load=True)
    near = [finding.params["suggestions"] for finding in findings]
    assert len(near) == 60
    assert all("item" in str(text) for text in near[:50])
    assert set(near[50:]) == {"-"}


def test_suggestions_among_many_names() -> None:
    """A typo at the end, in the middle or at the beginning is found among thousands."""
    names = "".join(f"part_{n:05d}_end,甲\n" for n in range(3000))
    products = "product_id,name_zh\n" + names
    inputs = "input_id,output_id\npart_02000_enx,part_00001_end\nprt_02000_end,part_00001_end\n"
    findings = run_checks(raw_dataset(products=products, inputs=inputs), at_load=True)
    assert [str(found.params["suggestions"]).split(", ")[0] for found in findings] == [
        "part_02000_end",
        "part_02000_end",
    ]
