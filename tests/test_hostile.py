"""Hostile input: characters that command a terminal, endless files, damaged archives, figures beyond reason."""

from __future__ import annotations

import ast
import fcntl
import json
import os
import re
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

import chaingraph as cg
from chaingraph import characters, files
from chaingraph.checks.values import LARGEST, SMALLEST
from chaingraph.loading import MOST_DEEP
from chaingraph.results import Result
from chaingraph.sheets import archives, workbooks
from chaingraph.views.chainmap import build as chain_map
from tests.helpers_cli import PRODUCTS, failure, folder, run
from tests.helpers_terminal import screen

PACKAGE = Path(cg.__file__).parent
COMMANDS_A_TERMINAL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]"
)
UNFIT = {
    "escape": "\x1b[2J", "bell": "\x07", "tab of lines": "\x0b", "delete": "\x7f", "C1": "\x9b2J",
    "turned": "\u202e", "isolated": "\u2066", "line": "\u2028", "no character": "\ufffe",
}  # fmt: skip
WITHOUT_WIDTH = ["\u200b", "\ufeff", "\u00ad", "\u2060"]


@pytest.fixture(autouse=True)
def _no_waiting():
    """End a test that waits for a pipe: it would wait for ever."""
    signal.alarm(60)
    yield
    signal.alarm(0)


def found(place: Path) -> list[tuple[str, str]]:
    return [(f.rule, f.place) for f in cg.check_dataset(place)[1] if f.severity == "error"]


@pytest.mark.parametrize("name", UNFIT)
def test_a_character_that_nobody_sees_is_a_finding_with_its_place(tmp_path, name):
    place = folder(tmp_path, products=f"product_id,name_zh,unit\na,甲,t\nb,箔{UNFIT[name]}材,t\n")
    [finding] = [f for f in cg.check_dataset(place)[1] if f.severity == "error"]
    assert (finding.rule, finding.place) == ("control-character", "city/products.csv:3:name_zh")
    assert finding.params["code"] == f"U+{ord(UNFIT[name][0]):04X}"
    assert finding.remedy("zh")
    assert not COMMANDS_A_TERMINAL.search(finding.text("en") + finding.value)
    with pytest.raises(cg.DataError, match=re.escape("U+")):
        cg.load_dataset(place)


@pytest.mark.parametrize("char", WITHOUT_WIDTH)
def test_a_character_without_width_is_refused_in_names_and_left_in_notes(tmp_path, char):
    place = folder(tmp_path, products=f"product_id,name_zh,unit\na,甲{char}乙,t\n")
    assert found(place) == [("control-character", "city/products.csv:2:name_zh")]
    note = folder(
        tmp_path, "noted", products=f"product_id,name_zh,unit,note\na,甲,t,见{char}网页\n"
    )
    assert found(note) == []


def test_line_ends_tabs_wide_blanks_and_joined_signs_are_data(tmp_path):
    text = 'product_id,name_zh,unit,note\na,甲\u3000乙,t,"one\ntwo\tthree \U0001f468\u200d\U0001f469"\n'
    assert found(folder(tmp_path, products=text)) == []


def test_columns_of_ones_own_are_looked_at_too(tmp_path):
    place = folder(tmp_path, products="product_id,name_zh,unit,mine\na,甲,t,x\x1b[2J\n")
    assert found(place) == [("control-character", "city/products.csv:2:mine")]


def test_import_refuses_what_turns_text_and_drops_what_has_no_width(tmp_path):
    head = "企业名称,所在市,产品名称,产能(吨/年),状态\n"
    turned, marked = tmp_path / "turned.csv", tmp_path / "marked.csv"
    turned.write_text(f"{head}甲\u202e厂,甲市,金属,5,已投产\n", encoding="utf-8")
    marked.write_text(f"{head}\u200e新\u200b来\ufeff厂,甲市,金属,5,已投产\n", encoding="utf-8")
    done = cg.import_file(turned, dry_run=True, extends=["toy"])
    assert "control-character" in set(done.problems.frame["rule"])
    done = cg.import_file(marked, tmp_path / "city", extends=["toy"])
    assert "新来厂" in set(cg.load_dataset(tmp_path / "city").table("enterprises")["name_zh"])


@pytest.mark.parametrize(
    "args",
    [
        ["check", "{bad}"], ["check", "{bad}", "-f", "md"], ["gaps", "{bad}"], ["gaps", "nix\x1b[2J\x07"],
        ["explain", "toy", "a\x9b2J\u202e"], ["gaps", "toy", "--chain", "\x1b]0;x\x07"],
        ["gaps", "toy", "--goal", "\x1b[2J"], ["ga\x1bps"], ["view", "toy", "-o", "a\x1b.txt"],
        ["rules", "control-character"], ["check", "{bad}", "-f", "csv"], ["show", "{card}"],
    ],
    ids=lambda args: " ".join(args[:2]).encode("unicode_escape").decode(),
)  # fmt: skip
def test_nothing_commands_the_terminal(tmp_path, args):
    evil = "箔\x1b[2J\x1b]0;owned\x07\x9b材\u202e"
    folder(tmp_path, "bad", products=f"product_id,name_zh,unit,od\x1b[1md\na,{evil},t,x\n")
    folder(
        tmp_path, "card", products=PRODUCTS, card=json.dumps({"title_zh": evil, "version": evil})
    )
    names = {"{bad}": tmp_path / "bad", "{card}": tmp_path / "card"}
    _, text = screen(*(names.get(arg, arg) for arg in args), folder=tmp_path)
    assert text.strip()
    assert not COMMANDS_A_TERMINAL.search(text)
    assert "Traceback" not in text


def test_only_one_module_prints():
    """Every other one would have to remember to write out what commands a terminal."""
    printing = [
        path.name
        for path in sorted((PACKAGE / "cli").glob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in {"echo", "secho", "print"}
    ]
    assert set(printing) == {"terminal.py"}


EVIL = "箔<img src=x onerror=alert(1)> [x](javascript:y) `c` *b* a|b"


def test_markdown_shows_names_as_they_are():
    frame = pd.DataFrame({"name_zh": [EVIL], "gap": [1.0]})
    text = Result("gaps", frame, {"dataset": EVIL}, "zh", notes=()).to_markdown()
    heading, row = text.splitlines()[0], text.splitlines()[-1]
    for line in (heading, row):
        assert "\\<img" in line
        assert "\\[x\\]" in line
    assert len(re.findall(r"(?<!\\)\|", row)) == 3


@pytest.mark.parametrize(
    "start", ["=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠", "\ufeff="]
)
def test_csv_is_no_formula_in_any_spreadsheet(start):
    result = Result("gaps", pd.DataFrame({"name_zh": [f"{start}1+1"]}), {}, "zh")
    cell = result.to_csv().splitlines()[-1].strip('"')
    assert cell.startswith(("'", " "))
    assert characters.defused("1" + start) == "1" + start


# --- files that are read blindly


def pipe(place: Path, name: str) -> Path:
    os.mkfifo(place / name)
    return place / name


def endless(place: Path, name: str) -> Path:
    (place / name).symlink_to("/dev/zero")
    return place / name


def huge(place: Path, name: str) -> Path:
    with (place / name).open("wb") as file:
        file.truncate(100_000_000)
    return place / name


OPTIONS = {
    "weights": ("w.toml", ["targets", "toy", "--weights", "{}"]),
    "scenario": ("s.toml", ["gaps", "toy", "--scenario", "{}"]),
    "whatif": ("s.toml", ["whatif", "toy", "{}"]),
    "programme": ("p.toml", ["responsibility", "toy", "--plan", "{}"]),
    "indicators": ("p.toml", ["indicators", "toy", "--plan", "{}"]),
    "rules": ("r.toml", ["responsibility", "toy", "--rules", "{}"]),
    "map": ("m.toml", ["convert", ".", "--map", "{}", "-o", "out"]),
    "boundary": ("b.geojson", ["view", "toy", "--figure", "region", "--boundary", "{}", "-o", "x.html"]),
    "card": ("datapackage.json", ["gaps", "."]),
    "decisions": ("d.xlsx", ["match", "l.csv", "toy", "--decisions", "{}"]),
    "list": ("l.csv", ["match", "{}", "toy"]),
    "import": ("i.csv", ["import", "{}", "--dry-run"]),
    "track": ("t.xlsx", ["track", "{}"]),
    "answers": ("a.xlsx", ["answers", "{}", "."]),
    "merge": ("n.xlsx", ["merge", ".", "{}", "--dry-run"]),
}  # fmt: skip


@pytest.mark.parametrize("make", [pipe, endless, huge])
@pytest.mark.parametrize("option", OPTIONS)
def test_what_never_ends_is_refused_at_once(tmp_path, monkeypatch, option, make):
    name, args = OPTIONS[option]
    monkeypatch.chdir(tmp_path)
    (tmp_path / "products.csv").write_text(PRODUCTS, encoding="utf-8")
    (tmp_path / "l.csv").write_text(
        "企业名称\n甲厂\n", encoding="utf-8"
    ) if name != "l.csv" else None
    place = make(tmp_path, name)
    done = run(*(str(place) if arg == "{}" else arg for arg in args), status=None)
    assert done.exit_code in {1, 2}, done.output
    assert "did not foresee" not in done.output


def test_the_bounded_reader_reads_up_to_its_limit(tmp_path):
    place = tmp_path / "a.toml"
    place.write_bytes(b"12345")
    assert files.read_bounded(place, most=5) == b"12345"
    with pytest.raises(cg.FileProblemError, match="larger than 4 bytes"):
        files.read_bounded(place, most=4)
    with pytest.raises(cg.FileProblemError, match="folder"):
        files.read_bounded(tmp_path)
    with pytest.raises(cg.FileProblemError, match="no file or folder"):
        files.read_bounded(tmp_path / "nix")
    with pytest.raises(cg.FileProblemError, match="no file or folder"):
        files.read_bounded("a\0b")


def test_toml_is_read_in_one_way_only():
    loading = [
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if "tomllib" in (text := path.read_text(encoding="utf-8")) and "read_utf8" not in text
    ]
    assert loading == []


@pytest.mark.parametrize(
    ("card", "said"),
    [
        ('{"title": "a\\u001bb"}', "U+001B"), ('{"name": "a\\ud800"}', "U+D800"),
        ('{"version": "1\\u000b"}', "U+000B"), ('{"focus": "甲市", "focus": "乙市"}', "'focus' stands twice"),
        ('{"extends": ["\\u0000"]}', "U+0000"),
    ],
)  # fmt: skip
def test_a_card_with_what_nobody_sees_or_twice_is_refused(tmp_path, card, said):
    place = folder(tmp_path, products=PRODUCTS, card=card)
    assert said in failure("report", place, "-o", tmp_path / "r.docx", status=1)


def test_extends_is_bounded_in_length_depth_and_circles(tmp_path):
    long = folder(tmp_path, "long", products=PRODUCTS, card=json.dumps({"extends": ["x" * 5000]}))
    assert "no file or folder" in failure("gaps", long, status=1)
    folder(tmp_path, "d0", products=PRODUCTS)
    for number in range(1, MOST_DEEP + 2):
        card = json.dumps({"name": f"d{number}", "extends": [f"d{number - 1}"]})
        folder(
            tmp_path, f"d{number}", products=f"product_id,name_zh,unit\np{number},丙,t\n", card=card
        )
    assert len(cg.load_dataset(tmp_path / f"d{MOST_DEEP}").products) == MOST_DEEP + 2
    assert f"{MOST_DEEP} others" in failure("gaps", tmp_path / f"d{MOST_DEEP + 1}", status=1)
    for one, other in (("c1", "c2"), ("c2", "c1")):
        folder(tmp_path, one, products=PRODUCTS, card=json.dumps({"extends": [other]}))
    assert len(cg.load_dataset(tmp_path / "c1").products) == 2


# --- archives, workbooks, figures


def test_bytes_lost_inside_a_workbook_are_said_to_be_lost(tmp_path):
    cg.save_excel(cg.load_dataset("toy"), tmp_path / "x.xlsx") if hasattr(
        cg, "save_excel"
    ) else run("convert", "toy", "-o", tmp_path / "x.xlsx")
    data = (tmp_path / "x.xlsx").read_bytes()
    for name in ("y.xlsx", "y.zip"):
        (tmp_path / name).write_bytes(data[:40] + data[60:])
        for args in (
            ["check", "{}"],
            ["gaps", "{}"],
            ["import", "{}", "--dry-run"],
            ["merge", "toy", "{}"],
        ):
            done = run(*(tmp_path / name if a == "{}" else a for a in args), status=None)
            assert done.exit_code in {1, 2}
            assert "did not foresee" not in done.output
            assert "Invalid argument" not in done.output


def test_a_locked_zip_and_one_cut_short_are_refused(tmp_path):
    place = tmp_path / "a.zip"
    with zipfile.ZipFile(place, "w") as archive:
        archive.writestr("products.csv", PRODUCTS)
    data = bytearray(place.read_bytes())
    (tmp_path / "cut.zip").write_bytes(data[:-30])
    data[6] |= 1  # encrypted, in the entry and in the directory
    data[data.index(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "locked.zip").write_bytes(data)
    assert found(tmp_path / "cut.zip")[0][0] == "zip-broken"
    assert found(tmp_path / "locked.zip")[0][0] == "zip-locked"


@pytest.mark.parametrize(("area", "refused"), [("A2:B3", False), ("A2:C3", True)])
def test_merged_cells_are_counted_before_a_library_makes_them(tmp_path, monkeypatch, area, refused):
    monkeypatch.setattr(workbooks, "MOST_MERGED", 4)
    book = openpyxl.Workbook()
    book.active.append(["企业名称", "产品名称", "产能(吨/年)"])
    book.active.merge_cells(area)
    book.save(tmp_path / "a.xlsx")
    done = cg.import_file(tmp_path / "a.xlsx", dry_run=True, extends=["toy"])
    assert ("merged-too-many" in set(done.problems.frame["rule"])) == refused
    assert archives.merged_cells(b'<x:mergeCell ref="A2:A1048576"/>') == 1_048_575


@pytest.mark.parametrize(
    ("figure", "rule"),
    [
        (f"{LARGEST:g}", None), ("1.1e18", "above-maximum"), ("1e308", "above-maximum"), ("9" * 300, "above-maximum"),
        (f"{SMALLEST:g}", None), ("0.9e-18", "below-minimum"), ("1e-308", "below-minimum"), ("1e999", "not-finite"),
    ],
)  # fmt: skip
def test_figures_beyond_reason_are_refused_by_check(tmp_path, figure, rule):
    place = folder(
        tmp_path,
        products=PRODUCTS,
        enterprises="enterprise_id,name_zh,province,city\ne,厂,甲省,甲市\n",
        capacities=f"enterprise_id,product_id,capacity,unit,status\ne,a,{figure},t,operating\n",
        card='{"focus": "甲市"}',
    )
    assert [found_rule for found_rule, _ in found(place)] == ([rule] if rule else [])
    done = run("gaps", place, status=None)
    assert "did not foresee" not in done.output
    assert done.exit_code == (1 if rule else 0)


def test_a_boundary_with_an_integer_of_400_digits_is_refused(tmp_path):
    ring = [[0, 0], [1, 0], [10**400, 1], [0, 0]]
    place = tmp_path / "b.geojson"
    place.write_text(json.dumps({"type": "Polygon", "coordinates": [ring], "source": "x"}), "utf-8")
    args = ["view", "toy", "--figure", "region", "--boundary", place, "-o", tmp_path / "x.html"]
    assert "b.geojson" in failure(*args, status=2)


def test_a_map_with_too_many_links_is_refused(monkeypatch):
    ds = cg.load_dataset("toy")
    monkeypatch.setattr(chain_map, "MOST_LINKS", len(ds.inputs))
    cg.build_chain_map(ds, targets=False, all_products=True)
    monkeypatch.setattr(chain_map, "MOST_LINKS", len(ds.inputs) - 1)
    with pytest.raises(cg.OptionError, match="the map would have 11 links, more than 10"):
        cg.build_chain_map(ds, targets=False, all_products=True, force=True)


# --- interrupts, memory, writers


def test_an_interrupt_ends_with_130_and_no_trace(monkeypatch):
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("chaingraph.analysis.balance.calculate_balance", interrupted)
    done = run("balance", "toy", status=130)
    assert done.output.strip() == ""


def test_an_interrupt_that_a_library_swallows_still_ends_with_130(monkeypatch):
    from chaingraph.cli import main

    def swallowed(*_: object, **__: object) -> None:
        main.interrupted.append(True)
        raise ImportError("numpy")

    monkeypatch.setattr(main, "interrupted", [])
    monkeypatch.setattr("chaingraph.analysis.balance.calculate_balance", swallowed)
    run("balance", "toy", status=130)


def test_too_little_memory_is_said(monkeypatch):
    def none_left(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr("chaingraph.analysis.balance.calculate_balance", none_left)
    assert "not enough memory" in failure("balance", "toy", status=1)


EARLY = """
import importlib.abc, os, signal, sys
class Early(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == {module!r}:
            os.kill(os.getpid(), signal.SIGINT)
        return None
sys.meta_path.insert(0, Early())
sys.argv = ["chaingraph", "balance", "toy"]
from chaingraph.__main__ import main
main()
"""


@pytest.mark.parametrize("module", ["click", "pandas", "chaingraph.analysis.balance"])
def test_an_interrupt_while_libraries_are_loaded_leaves_no_trace(module):
    done = subprocess.run(
        [sys.executable, "-c", EARLY.format(module=module)], capture_output=True, check=False
    )
    assert done.returncode == 130
    assert b"Traceback" not in done.stderr
    assert done.stdout == b""


def aged(path: Path) -> Path:
    past = time.time() - files.YOUNG - 1
    os.utime(path, (past, past))
    return path


def test_temporaries_of_ended_writers_are_swept(tmp_path):
    target = tmp_path / "city"
    dead = tmp_path / ".city.abcdefgh"
    dead.mkdir()
    (dead / "products.csv").write_text("half", encoding="utf-8")
    young, living = tmp_path / ".city.bbbbbbbb", tmp_path / ".city.cccccccc"
    young.mkdir()
    living.mkdir()
    other = tmp_path / ".city.txt"  # no name of ours
    other.write_text("kept", encoding="utf-8")
    aged(dead), aged(living), aged(other)
    handle = os.open(living, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_SH)
    files.replace_folder(target, [("a.csv", "new")])
    os.close(handle)
    assert sorted(path.name for path in tmp_path.iterdir() if path.suffix != ".lock") == [
        ".city.bbbbbbbb", ".city.cccccccc", ".city.txt", "city",
    ]  # fmt: skip
    left = tmp_path / ".a.html.dddddddd"
    left.write_text("half", encoding="utf-8")
    aged(left)
    files.write_file(tmp_path / "a.html", "whole")
    assert not left.exists()


@pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o755), (0o077, 0o700), (0o002, 0o775)])
def test_new_folders_follow_the_umask(tmp_path, mask, mode):
    before = os.umask(mask)
    try:
        place = files.write_folder(tmp_path / "new", [("a.csv", "x")])
        alone = files.write_file(tmp_path / "a.csv", "x")
    finally:
        os.umask(before)
    assert place.stat().st_mode & 0o777 == mode
    assert (place / "a.csv").stat().st_mode & 0o777 == mode & 0o666
    assert alone.stat().st_mode & 0o777 == mode & 0o666
