"""Every row of every bundled dataset, and what is said about them."""

from __future__ import annotations

import csv
import hashlib
import json
import re

import pytest

import chaingraph as cg
from chaingraph.schema import TABLE_NAMES, table_spec
from tests.helpers_data import CHAINS, FOLDERS, GENERAL, REPOSITORY, every_row, table
from tests.helpers_sources import grade_of, listed_addresses, missing_addresses

README = (REPOSITORY / "datasets" / "README.md").read_text(encoding="utf-8")


def test_these_are_the_bundled_datasets():
    assert cg.list_datasets() == sorted(FOLDERS)


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_finding_is_open_and_no_acceptance_unused(folder):
    raw, findings = cg.check_dataset(folder)
    assert [(f.rule, f.place, f.value) for f in findings if not f.accepted] == []
    assert all(entry.reason for package in raw.packages for entry in package.accepted)


@pytest.mark.parametrize("folder", FOLDERS)
def test_it_loads_from_anywhere(folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    card = json.loads((FOLDERS[folder] / "datapackage.json").read_text(encoding="utf-8"))
    assert card["as_of"] >= "2024-12"
    for source in (folder, FOLDERS[folder], str(FOLDERS[folder])):
        ds = cg.load_dataset(source)
        assert (ds.name, ds.as_of, ds.skipped_rows) == (folder, card["as_of"], 0)


@pytest.mark.parametrize("folder", FOLDERS)
def test_files_are_plain(folder):
    for path in FOLDERS[folder].glob("*.csv"):
        data = path.read_bytes()
        data.decode("utf-8")
        assert not data.startswith(b"\xef\xbb\xbf"), path
        assert b"\r" not in data, path
        assert data.endswith(b"\n"), path
        assert path.stem in TABLE_NAMES


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_cell_is_trimmed_and_every_row_full(folder):
    for name, line, row in every_row(folder):
        assert None not in row, (name, line)
        assert all(cell == (cell or "").strip() for cell in row.values()), (name, line)
        assert set(row) <= set(table_spec(name).field_names), (name, line)


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_row_has_a_source_or_says_why_not(folder):
    silent = [
        (name, line, row["note"])
        for name, line, row in every_row(folder)
        if not row.get("source_url") and not GENERAL.search(row["note"])
    ]
    assert folder == "toy" or silent == []
    assert {name for name, _, _ in silent} <= {"regions"}


@pytest.mark.parametrize("folder", FOLDERS)
def test_sources_are_addresses(folder):
    for name, line, row in every_row(folder):
        for part in filter(None, re.split(r"[; ]+", row.get("source_url", ""))):
            assert re.match(r"https?://[^\s/]+\.[a-z0-9]+", part), (name, line, part)


@pytest.mark.parametrize("folder", FOLDERS)
def test_cards_agree_with_the_files(folder):
    card = json.loads((FOLDERS[folder] / "datapackage.json").read_text(encoding="utf-8"))
    assert card["name"] == folder
    assert card["title"]
    assert card["title_zh"]
    assert card["licenses"][0]["name"]
    assert len(card["weaknesses"]["en"]) == len(card["weaknesses"]["zh"]) > 0
    assert set(card["extends"]) <= set(FOLDERS)
    resources = {resource["path"]: resource for resource in card.get("resources", ())}
    files = {path.name for path in FOLDERS[folder].glob("*.csv")}
    assert folder == "toy" or set(resources) == files
    for path, resource in resources.items():
        spec = table_spec(path.removesuffix(".csv"))
        header = (FOLDERS[folder] / path).read_text(encoding="utf-8").split("\n")[0].split(",")
        fields = {field["name"]: field["type"] for field in resource["schema"]["fields"]}
        assert list(fields) == header, path
        for name, kind in fields.items():
            assert kind == spec.by_name[name].type, (path, name)


@pytest.mark.parametrize("folder", FOLDERS)
def test_keys_stand_once_over_all_folders_it_extends(folder):
    for name in TABLE_NAMES:
        key = table_spec(name).primary_key
        seen = [tuple(row[part] for part in key) for row in table(folder, name)] if key else []
        assert len(seen) == len(set(seen)), name


def test_chain_folders_share_no_key():
    for name in ("products", "inputs", "enterprises"):
        key = table_spec(name).primary_key
        seen = [tuple(row[part] for part in key) for chain in CHAINS for row in table(chain, name)]
        assert len(seen) == len(set(seen)), name


def test_ids_point_somewhere(qujing):
    for name in TABLE_NAMES:
        keys = table_spec(name).foreign_keys if qujing.has(name) else ()
        for key in keys:
            known = set(qujing.table(key.table)[key.target].dropna())
            used = {
                part for cell in qujing.table(name)[key.field].dropna() for part in cell.split(";")
            }
            assert used <= known, (name, key.field)


def test_coefficients_lie_in_their_range(qujing):
    inputs = qujing.inputs
    known = inputs.dropna(subset=["coefficient", "low", "high"])
    assert len(known) > 700
    assert (known["low"] <= known["coefficient"]).all()
    assert (known["coefficient"] <= known["high"]).all()
    assert (known["low"] >= 0).all()
    assert (known["coefficient"] > 0).all()


def test_groups_of_alternatives_have_two_members_and_full_shares(qujing):
    inputs = qujing.inputs
    grouped = inputs.dropna(subset=["alternative_group"])
    for (output, group), rows in grouped.groupby(["output_id", "alternative_group"]):
        assert len(rows) > 1, (output, group)
        assert rows["role"].nunique() == 1, (output, group)
        assert rows["share"].isna().all() or abs(rows["share"].sum() - 1) < 1e-9, (output, group)


def test_outputs_in_tonnes_take_at_least_their_own_mass():
    """All inputs in tonnes: what goes in covers what comes out, or the keepers say why not."""
    raw, findings = cg.check_dataset("qujing")
    balance = [finding for finding in findings if "mass" in finding.rule]
    assert len(balance) == 25
    assert all(finding.accepted for finding in balance)
    assert raw.main.name == "qujing"


def test_no_loop_takes_more_than_it_gives(qujing):
    """Consumed links have no loop at all: recycling closes through by-products and equipment."""
    consumed = qujing.inputs[qujing.inputs["role"] == "consumed"]
    followers = consumed.groupby("input_id")["output_id"].agg(list).to_dict()
    state: dict[str, int] = {}

    def visit(node: str) -> None:
        assert state.get(node) != 1, node
        if node not in state:
            state[node] = 1
            for following in followers.get(node, ()):
                visit(following)
            state[node] = 2

    for node in sorted(followers):
        visit(node)


def test_dates_are_plausible(qujing):
    capacities = qujing.capacities
    for column in ("since", "until", "as_of"):
        years = capacities[column].dropna().str[:4].astype(int)
        assert years.between(1950, 2030).all(), column
    both = capacities.dropna(subset=["since", "until"])
    assert (both["since"] <= both["until"]).all()


def readme_rows() -> dict[str, tuple[str, str]]:
    found = re.findall(r"^\| (\w+) \| [^|]+ \| ([^|]+) \| (\d+%) \|$", README, re.MULTILINE)
    return {name: (count.strip(), share) for name, count, share in found}


def test_the_readme_counts_rows_and_sources_rightly():
    said = readme_rows()
    assert set(said) == {name for name in TABLE_NAMES if any(table(f, name) for f in FOLDERS
                         if f != "toy")}  # fmt: skip
    for name, (count, share) in said.items():
        parts = [table(folder, name) for folder in (*CHAINS, "qujing")]
        rows = [row for part in parts for row in part]
        expected = str(len(rows))
        if parts[0]:
            expected += f" ({' + '.join(str(len(part)) for part in parts[:3])})"
        assert count == expected, name
        sourced = sum(bool(row.get("source_url")) for row in rows)
        assert share == f"{sourced / len(rows):.0%}", name


def test_the_readme_names_columns_rightly():
    for name, columns in re.findall(r"^\| (\w+) \| ([^|]+, note) \|", README, re.MULTILINE):
        row = next(row for folder in FOLDERS if folder != "toy" for row in table(folder, name))
        assert columns.split(", ") == list(row), name


def test_the_readme_counts_unknown_figures_rightly():
    capacities = [row for chain in CHAINS for row in table(chain, "capacities")]
    products = [row for chain in CHAINS for row in table(chain, "products")]
    enterprises = [row for chain in CHAINS for row in table(chain, "enterprises")]
    priced = [row for row in products if row["price_cny"]]
    figures = {
        r"figure unknown \((\d+) rows\)": sum(not row["capacity"] for row in capacities),
        r"\n  rows \((\d+) rows\)\. `status`": sum(row["scope"] == "group" for row in capacities),
        r"(\d+) products have one": len(priced),
        r"have one, (\d+) of them sourced": sum(bool(row["source_url"]) for row in priced),
        r"not found \((\d+) rows\)": sum(row["city"] == "unknown" for row in enterprises),
        r"site of Qujing \((\d+) rows\)": sum(row["anchor"] == "1" for row in enterprises),
    }
    for pattern, count in figures.items():
        match = re.search(pattern, README)
        assert match, pattern
        assert int(match[1]) == count, pattern


def test_the_frozen_copy_is_as_it_was():
    folder = REPOSITORY / "tests" / "data" / "datasets_1_1_0"
    files = sorted(path for path in folder.rglob("*.*") if path.is_file())
    joined = hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()
    assert {path.suffix for path in files} == {".csv", ".json"}
    assert joined == "94bba8edc79863b7bbb56ba6f264a416ba68ae212e72fa2399311477260827c2", (
        "it is frozen: change datasets/ instead"
    )
    ds = cg.load_dataset(folder / "qujing")
    assert {package.path.parent.resolve() for package in ds.packages} == {folder.resolve()}


SANITY = REPOSITORY / "tests" / "data" / "sanity_pairs.csv"


def test_pairs_that_a_trader_knows_name_places_and_products(qujing):
    with SANITY.open(encoding="utf-8", newline="") as lines:
        pairs = list(csv.DictReader(lines, strict=True))
    keys = [(pair["region"], pair["product_id"]) for pair in pairs]
    assert len(set(keys)) == len(keys)
    assert len(keys) >= 60
    assert all(pair["reason"] for pair in pairs)
    assert {pair["region"] for pair in pairs} <= set(qujing.table("regions")["name_zh"])
    assert {pair["product_id"] for pair in pairs} <= set(qujing.products["product_id"])
    assert {pair["truth"] for pair in pairs} == {"made", "not_made", "on_site"}
    assert {pair["knowledge"] for pair in pairs} == {"sourced", "general knowledge"}
    assert all(pair["source_url"] for pair in pairs if pair["knowledge"] == "sourced")


@pytest.mark.parametrize(
    ("site", "product", "figure", "unit"),
    [
        ("ja_qujing", "mono_ingot", 20, "GW"),
        ("ja_qujing", "wafer", 20, "GW"),
        ("suotong_zhanyi", "prebaked_anode", 900_000, "t"),
    ],
)
def test_the_two_sites_that_every_story_of_qujing_tells_are_there(
    qujing, site, product, figure, unit
):
    rows = qujing.capacities.query(f"enterprise_id == '{site}' and product_id == '{product}'")
    running = rows[rows["status"] == "operating"]
    assert set(running["unit"]) == {unit}
    assert figure in {*running["capacity"], running["capacity"].sum()}
    with SANITY.open(encoding="utf-8", newline="") as lines:
        pairs = {(pair["region"], pair["product_id"]) for pair in csv.DictReader(lines)}
    assert ("曲靖市", product) in pairs


def test_a_pair_that_is_not_in_the_rows_has_a_survey_or_a_total_behind_it():
    said = {
        (row["region"], product)
        for folder in FOLDERS
        for row in table(folder, "surveys") + table(folder, "outputs")
        for product in (row.get("products") or row["product_id"]).split(";")
    }
    with SANITY.open(encoding="utf-8", newline="") as lines:
        for pair in csv.DictReader(lines, strict=True):
            if pair["evidence"] in {"reported", "absent", "absent_likely"}:
                head_office = pair["region"] == "西安市"
                assert head_office or (pair["region"], pair["product_id"]) in said, pair


def test_prices_have_an_address_the_unit_and_a_likely_size():
    """A price is of its product's unit and within a factor of three of the one in the table of products."""
    products = {row["product_id"]: row for chain in CHAINS for row in table(chain, "products")}
    addresses = {
        row["source_url"] for folder in (*CHAINS, "qujing") for row in table(folder, "sources")
    }
    for chain in CHAINS:
        for row in table(chain, "product_facts"):
            if row["measure"] != "price":
                continue
            product = products[row["product_id"]]
            assert row["source_url"] in addresses, row
            assert row["unit"] == f"CNY/{product['unit']}", row
            assert (
                float(row["low"] or row["value"])
                <= float(row["value"])
                <= float(row["high"] or row["value"])
            ), row
            if product["price_cny"]:
                assert 1 / 3 < float(row["value"]) / float(product["price_cny"]) < 3, row


def test_every_address_has_one_row_among_the_sources():
    """``python -m tests.helpers_sources`` adds the missing ones."""
    assert missing_addresses() == {}
    listed = listed_addresses()
    assert len(listed) == len(set(listed))


def test_no_source_weighs_more_than_its_host_without_a_note():
    """Official, filing and association are said of hosts in tests/data/source_hosts.csv."""
    for folder in FOLDERS:
        for row in table(folder, "sources"):
            if row["grade"] in {"official", "filing", "association"}:
                assert row["note"] or grade_of(row["source_url"]).grade == row["grade"], row


def test_sources_of_taken_over_hosts_say_so():
    for folder in FOLDERS:
        for row in table(folder, "sources"):
            rule = grade_of(row["source_url"])
            if "taken-over" in rule.note:
                assert row["grade"] == "repost", row
                assert row["note"] or row["medium"], row
