"""Tables in terminals of 80 and 120 columns, help in Chinese, and the README in both languages."""

from __future__ import annotations

import ast
import json
import re
import shlex
from pathlib import Path

import click
import pytest
from wcwidth import wcswidth

import chaingraph as cg
from chaingraph.cli.language import asked_language, help_key
from chaingraph.cli.main import COMMANDS, Program, program
from chaingraph.terminal import MOST_LINES, NARROWEST, folded, lay_out, wrapped
from tests.helpers_cli import run
from tests.helpers_help import CATALOGUE, SOURCE, compiled
from tests.helpers_terminal import screen, too_wide

REPOSITORY = Path(__file__).parents[1]
CHINESE = re.compile("[一-鿿]")

TABLES = [
    "gaps toy --draws 0", "balance toy", "targets toy", "explain qujing alumina --top 4", "anchors toy",
    "content toy", "trace toy cell", "requirements toy --goal cell=23", "show toy", "datasets",
    "regions toy", "check toy --sources", "check qujing --reconcile", "check bad", "rules --top 40",
    "survey toy", "calls toy", "indicators toy", "responsibility toy", "backtest toy --cutoff 2019-12 --draws 5",
    "plan toy --budget count=2 --draws 0 --stability 0", "whatif toy --add foil=20000@2026-06",
    "diff toy --from 2021-12 --to 2024-12", "match list.csv toy", "import list.csv --dry-run --extends toy",
    "merge mine toy --dry-run", "track list.xlsx", "rules unit-mismatch", "convert toy -o out",
    "init new.xlsx --extends toy", "next toy",
]  # fmt: skip
"""Every command that prints: one each (pages and scripts go to files)."""
WITHOUT_TABLE = {"answers", "completion", "report", "serve", "view"}


def test_every_command_is_among_them():
    assert {line.split()[0] for line in TABLES} | WITHOUT_TABLE == set(COMMANDS)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("screen")
    cg.save_dataset(cg.load_dataset("toy"), folder / "mine")
    (folder / "bad").mkdir()
    bad = "product_id,name_zh,unit\nlfp,磷酸铁锂,t\nb b,乙,zz\n"
    (folder / "bad" / "products.csv").write_text(bad, encoding="utf-8")
    listed = "企业名称,产品名称,产能(吨/年),状态\n某某新材料股份有限公司,箔材,1.2,已投产\n坏,没有的产品,x,运行\n"
    (folder / "list.csv").write_text(listed, encoding="utf-8")
    cg.save_responsibility(cg.build_responsibility(cg.load_dataset("toy")), folder / "list.xlsx")
    return folder


@pytest.mark.parametrize(("width", "lang"), [(80, "zh"), (120, "en")])
@pytest.mark.parametrize("line", TABLES)
def test_no_line_is_wider_than_the_terminal(place, line, width, lang):
    language = [] if line.startswith(("init", "convert")) else ["--lang", lang]
    for made in (*place.glob("out*"), *place.glob("new*")):
        made.unlink() if made.is_file() else [file.unlink() for file in made.iterdir()]
    status, text = screen(*shlex.split(line), *language, width=width, folder=place)
    assert status in {0, 1}, text
    assert text.strip()
    assert too_wide(text, width) == []
    assert "Traceback" not in text


def test_a_narrow_terminal_says_what_it_leaves_out_and_a_file_has_it_all(place):
    _, narrow = screen("balance", "toy", width=80, folder=place)
    assert "... without Product id" in " ".join(narrow.split())
    assert "Product id" in run("balance", "toy").stdout.splitlines()[2]
    assert "... without" not in run("balance", "toy").stdout


def test_addresses_are_numbers_with_a_list_below(place):
    _, text = screen("explain", "toy", "cell", width=80, folder=place)
    assert re.search(r"\[1\]$", text, re.MULTILINE)
    assert "\n[1] https://example.org/cell\n" in text
    assert "[1]" not in run("explain", "toy", "cell").stdout


def laid(cells, width, names=("name_zh", "finding"), titles=("名称", "问题")):
    return lay_out(names, titles, cells, [False] * len(names), width)


def test_a_table_that_fits_stands_as_it_is_and_one_column_less_folds_it():
    cells = [["磷酸铁锂正极材料", "no maker seen here"]]
    natural = wcswidth("磷酸铁锂正极材料") + 2 + len("no maker seen here")
    fits = max(natural, NARROWEST)
    long = [["磷酸铁锂正极材料", "x " * 12]]
    assert len(laid(cells, fits).lines) == 3
    whole = 16 + 2 + len(("x " * 12).strip())
    assert len(laid(long, whole).lines) == 3
    assert len(laid(long, whole - 1).lines) == 4


def test_rows_are_set_out_vertically_where_a_cell_would_be_too_high():
    room = NARROWEST - 2 - 4
    words = "word " * (room // 5)
    held = laid([["甲甲", (words * MOST_LINES).strip()]], NARROWEST).lines
    assert not held[0].startswith("-- 1")
    tall = laid([["甲甲", (words * (MOST_LINES + 1)).strip()]], NARROWEST)
    assert tall.lines[0] == "-- 1 --"
    assert tall.gone == []
    assert all(wcswidth(line) <= NARROWEST for line in (*held, *tall.lines))


@pytest.mark.parametrize("width", [2, 7, 8, 20, 79])
@pytest.mark.parametrize(
    "text",
    [
        "磷酸铁锂（LFP）的缺口，至多 27,043 t。",
        "https://example.org/a/b?c=1",
        "a" * 50,
        "一、二；三",
    ],
)
def test_folding_loses_nothing_and_stays_within_the_width(text, width):
    lines = folded(text, width)
    assert "".join("".join(lines).split()) == "".join(text.split())
    fit = [line for line in lines if wcswidth(line) > width]
    assert fit == [] or width < 8
    assert not any(line[:1] in "，。；" for line in lines[1:] if width >= 8)


def test_a_wrapped_note_stands_below_its_words():
    assert wrapped("* one two three", 9) == ["* one two", "  three"]


# --- Chinese


def test_the_catalogue_is_made_of_its_source():
    """Else: ``python -m tests.helpers_help``."""
    assert CATALOGUE.read_bytes() == compiled()


def texts(name: str | None) -> list[str]:
    command = program if name is None else Program.get_command(program, None, name)
    options = [param.help for param in command.params if isinstance(param, click.Option)]
    return [help_key(text) for text in (command.help, *options) if text]


def test_every_help_text_has_chinese_and_none_is_left_over():
    told = json.loads(SOURCE.read_text(encoding="utf-8"))["help"]
    used = {text for name in (None, *COMMANDS) for text in texts(name)}
    assert used - set(told) == set()
    assert set(told) - used == {"Show this message and exit."}
    assert [text for text in told.values() if not CHINESE.search(text)] == []


def test_every_usage_sentence_has_chinese():
    told = json.loads(SOURCE.read_text(encoding="utf-8"))["usage"]
    said, raw = set(), []
    for path in (REPOSITORY / "chaingraph" / "cli").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = ast.unparse(node.func)
            if name == "said" and isinstance(node.args[0], ast.Constant):
                said.add(node.args[0].value)
            if name.endswith((".UsageError", ".BadParameter", "self.fail")):
                raw += [path.name] * isinstance(node.args[0], ast.JoinedStr)
    assert said - set(told) == set()
    assert raw == ["completion.py"]  # click offers no other shell: nobody sees it


@pytest.mark.parametrize("name", COMMANDS)
def test_help_is_chinese_in_a_chinese_locale_and_fits(name):
    lines = run(name, "--help", lang="zh_CN.UTF-8").stdout.splitlines()
    assert lines[0].startswith(f"用法： chaingraph {name}")
    assert CHINESE.search(lines[2])
    assert any(line.startswith("选项") for line in lines)
    assert max(map(wcswidth, lines)) <= 80
    english = run(name, "--help").stdout
    assert english.splitlines()[0].startswith("Usage: ")


def test_help_is_chinese_where_lang_says_so_wherever_it_stands():
    whole = run("--lang", "zh", "--help").stdout
    assert all(
        CHINESE.search(line) for line in whole.split("命令")[1].splitlines() if "  " in line[:3]
    )
    assert run("gaps", "--help", "--lang", "zh").stdout.startswith("用法")
    assert run("gaps", "--lang=en", "--help", lang="zh_CN.UTF-8").stdout.startswith("Usage")
    assert asked_language(["gaps", "--lang"]) is None


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (["gap"], "错误：没有命令“gap”。您是要：gaps？"),
        (["gaps"], "错误：缺少参数 'DATASET'"),
        (["gaps", "toy", "--sort", "x"], "错误：'--sort' 的值有误：'x' 不在可选值之内：'priority', 'value'。"),
        (["gaps", "toy", "--draws", "-1"], "-1 不在范围 0<=x<=100000 之内。"),
        (["gaps", "toy", "--goal", "x"], "“x”不是 NAME=FIGURE 的形式，例如 cell_lfp=23"),
        (["requirements", "toy"], "缺少选项“--goal”，例如 --goal cell_lfp=23。"),
        (["gaps", "toy", "--each", "city", "-r", "甲市"], "--region 不能与 --each 同用。"),
        (["view", "toy", "-o", "a.pdf"], "“a.pdf”不以 .html 结尾"),
        (["gaps", "toy", "--nix"], "没有选项"),
    ],
)  # fmt: skip
def test_usage_errors_are_chinese(args, sentence):
    for chosen in ((args, "zh_CN.UTF-8"), ([*args, "--lang", "zh"], "en_US.UTF-8")):
        done = run(*chosen[0], lang=chosen[1], status=2)
        assert sentence in done.stderr
        assert done.stdout == ""


# --- the README in both languages

README = {
    lang: (REPOSITORY / name).read_text(encoding="utf-8")
    for lang, name in (("en", "README.md"), ("zh", "README.zh.md"))
}


def without_blocks(text: str) -> str:
    return re.sub(r"```.*?```", "", text, flags=re.DOTALL)


@pytest.mark.parametrize(
    "part",
    [
        lambda text: {" ".join(s.split()) for s in re.findall(r"`([^`]+)`", without_blocks(text))},
        lambda text: [
            len(mark) for mark in re.findall(r"^(#+) ", without_blocks(text), re.MULTILINE)
        ],
        lambda text: len(re.findall(r"^\|", text, re.MULTILINE)),
        lambda text: len(re.findall(r"^- ", text, re.MULTILINE)),
        lambda text: set(re.findall(r"\]\(([^)]+)\)", text)) - {"README.md", "README.zh.md"},
        lambda text: re.findall(r"```(?:sh|toml|json)\n.*?```", text, re.DOTALL),
        lambda text: re.sub(r"#.*", "", re.findall(r"```python\n.*?```", text, re.DOTALL)[0]),
    ],
    ids=["commands and names", "headings", "rows of tables", "items", "links", "blocks", "Python"],
)
def test_the_readme_says_the_same_in_chinese(part):
    english, chinese = part(README["en"]), part(README["zh"])
    if isinstance(english, str):
        english, chinese = english.split(), chinese.split()
    assert chinese == english


def test_the_readmes_lead_to_each_other():
    assert "](README.zh.md)" in README["en"]
    assert "](README.md)" in README["zh"]
