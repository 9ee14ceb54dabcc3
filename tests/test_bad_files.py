"""A corpus of bad files: each way of reading one ends in a located sentence or in the right figures."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pytest

import chaingraph as cg
from chaingraph.errors import ChaingraphError
from chaingraph.readers.csv_folder import MOST_COLUMNS
from tests.bad_files import BUILT, PRODUCTS, SITES
from tests.helpers_cli import run

CORPUS = Path(__file__).parent / "data" / "bad"
MANIFEST = list(csv.DictReader((CORPUS / "manifest.csv").read_text(encoding="utf-8").splitlines()))
MAP = '[edges]\nfile = "e.csv"\nsource = "from"\ntarget = "to"\nmeans = "source-is-input"\n'
LINKS = "from,to\nore,metal\n"


def laid(row, place):
    """Copy a file of the corpus to where it is met; return what the way is given."""
    file = CORPUS / row["file"]
    if row["way"] in {"import", "match"}:
        target = place / file.name
        shutil.copyfile(file, target)
        return target
    city = place / "city"
    city.mkdir()
    table, _, rest = file.name.partition("--")
    if row["way"] == "convert":
        (city / "map.toml").write_text(MAP, encoding="utf-8")
        (city / "e.csv").write_text(LINKS, encoding="utf-8")
    else:
        (city / "products.csv").write_text(PRODUCTS, encoding="utf-8")
        (city / "enterprises.csv").write_text(SITES, encoding="utf-8")
    shutil.copyfile(file, city / f"{table}{Path(rest).suffix}")
    return city


READ = {
    "load": cg.load_dataset,
    "import": lambda path: cg.import_file(path, dry_run=True, extends=["toy"], lang="en"),
    "match": cg.read_enterprise_list,
    "convert": lambda path: cg.read_lists(path / "map.toml"),
}
COMMANDS = {
    "load": lambda path, _: ("show", path),
    "import": lambda path, _: ("import", path, "--dry-run", "--extends", "toy"),
    "match": lambda path, _: ("match", path, "toy"),
    "convert": lambda path, out: ("convert", path, "--map", path / "map.toml", "-o", out),
}


def said(way, path):
    """Return the problems that a way of reading finds, (rule, sentence with place), and what it read."""
    failure = None
    try:
        read = READ[way](path)
    except ChaingraphError as error:
        failure = error
    if failure is not None:
        assert failure.text("zh")
        found = [(f.rule, f"{f.place}: {f.text()}") for f in getattr(failure, "findings", ())]
        return found or [(failure.key, failure.text("en"))], None
    if way != "import":
        return [], read
    frame = read.problems.frame
    errors = frame[frame["severity"] == "error"]
    places = (
        errors["file"] + ":" + errors["sheet"] + ":" + errors["cell"] + ": " + errors["message"]
    )
    return list(zip(errors["rule"], places, strict=True)), read


def held(way, read, what):
    """Return a column of what was read, as it stands in the manifest: table.column=value|value."""
    name, _, _ = what.partition("=")
    if way == "match":
        return f"{name}=" + "|".join(str(record[name]) for record in read)
    table, column = name.split(".")
    tables = read.tables
    return f"{name}=" + "|".join(str(value) for value in tables[table][column].tolist())


def other_ways(path, way):
    """Read a file in all other ways: whatever comes out, it is no failure of the program."""
    for other in {"load", "import", "match"} - {way}:
        said(other, path)
    if path.is_file():
        with pytest.raises(ChaingraphError):
            cg.read_lists(path)


@pytest.mark.parametrize("row", MANIFEST, ids=lambda row: row["file"])
def test_a_file_of_the_corpus(tmp_path, row):
    path = laid(row, tmp_path)
    found, read = said(row["way"], path)
    if row["outcome"] == "loaded":
        assert found == []
        assert held(row["way"], read, row["holds"]) == row["holds"]
    else:
        assert {rule for rule, _ in found} == {row["rule"]}, found
        assert any(row["place"] in text for _, text in found), found
    other_ways(path, row["way"])
    done = run(*COMMANDS[row["way"]](path, tmp_path / "out"), status=None)
    assert done.exit_code in ({0} if row["outcome"] == "loaded" else {1, 2}), done.output
    assert "did not foresee" not in done.output
    assert not (tmp_path / "out").exists() or row["outcome"] == "loaded"


def test_the_manifest_names_every_file_once():
    files = {str(p.relative_to(CORPUS)) for p in CORPUS.glob("*/*")}
    assert sorted(row["file"] for row in MANIFEST) == sorted(files)
    assert len(files) >= 100


@pytest.mark.parametrize("name", BUILT)
def test_a_file_made_on_the_fly(tmp_path, name):
    build, expected = BUILT[name]
    path = build(tmp_path)
    for way, (rule, place) in expected.items():
        found, _ = said(way, path)
        if not rule:
            assert found == [], way
            continue
        assert rule in {rule for rule, _ in found}, (way, found)
        assert any(place in text for _, text in found), (way, found)
        done = run(*COMMANDS[way](path, tmp_path / "out"), status=None)
        assert done.exit_code == 1, done.output
        assert "did not foresee" not in done.output
    for way in {"load", "import", "match"} - set(expected):
        said(way, path)


def test_a_header_of_a_million_columns(tmp_path):
    names = ",".join(f"c{number}" for number in range(1_000_000))
    (tmp_path / "products.csv").write_text(f"product_id,name_zh,unit,{names}\n", encoding="utf-8")
    found, _ = said("load", tmp_path)
    assert found == [
        ("columns-too-many",
         f"{tmp_path.name}/products.csv:1: the header has 1,000,003 columns, more than the {MOST_COLUMNS} that are read")
    ]  # fmt: skip
    for way in ("import", "match"):
        assert said(way, tmp_path / "products.csv")[0]


def test_a_cell_of_200_million_characters(tmp_path):
    path = tmp_path / "products.csv"
    with path.open("wb") as file:
        file.write(b"product_id,name_zh,unit\na,")
        for _ in range(200):
            file.write(b"x" * 1_000_000)
        file.write(b",t\n")
    found, _ = said("load", tmp_path)
    assert [(rule, text.split(": ")[0]) for rule, text in found] == [
        ("file-broken", f"{tmp_path.name}/products.csv:2")
    ]
    assert [rule for rule, _ in said("import", path)[0]] == ["file-too-large"]
    assert [rule for rule, _ in said("match", path)[0]] == ["match-too-long"]
