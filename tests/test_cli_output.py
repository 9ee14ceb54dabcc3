"""Where output goes and what it looks like: formats, files, languages, quiet, exit status."""

from __future__ import annotations

import json
import os

import pytest

from tests.helpers_cli import document, failure, folder, rows, run

BALANCE = """\
Balance (dataset toy; region 甲市; at 2024-12; counted operating)

Product id    Name      Unit      Makers (groups)    Capacity    Under construction     Demand    Balance    Coverage
------------  --------  ------  -----------------  ----------  --------------------  ---------  ---------  ----------
can           Can       pcs                     1           -                     0  2,000,000          -           -
cell          Cell      GWh                     1           2                     1          0          2           -
"""


def test_table():
    text = run("balance", "toy").stdout
    assert text.startswith(BALANCE)
    assert not any(line != line.rstrip() for line in text.splitlines())
    assert text.endswith("\n")
    assert not text.endswith("\n\n")


def test_table_in_chinese_aligns_wide_characters():
    lines = run("balance", "toy", "--lang", "zh").stdout.splitlines()
    assert lines[0] == "供需平衡（数据集 toy；地区 甲市；时点 2024-12；口径 在产）"
    assert lines[2].split()[:2] == ["产品编号", "名称"]
    widths = {sum(2 if ord(c) > 0x2E80 else 1 for c in line) for line in lines[2:4]}
    assert len(widths) == 1


def test_language_of_a_result_is_the_datasets_own_unless_asked():
    assert run("balance", "toy", lang="zh_CN.UTF-8").stdout.startswith("Balance (")
    assert run("balance", "toy", "--lang", "zh").stdout.startswith("供需平衡（")
    assert run("balance", "qujing", "--top", "1").stdout.startswith("供需平衡（")
    assert run("balance", "qujing", "--top", "1", "--lang", "en").stdout.startswith("Balance (")


def test_language_of_an_error_is_the_environments_unless_asked():
    zh, en = "没有产品“foill”；是否指：foil", "no product 'foill'; did you mean: foil"
    for lang, asked, sentence in [
        ("zh_CN.UTF-8", (), zh),
        ("en_GB.UTF-8", (), en),
        ("C", (), en),
        ("C", ("--lang", "zh"), zh),
        ("zh_CN.UTF-8", ("--lang", "en"), en),
    ]:
        found = failure("trace", "toy", "foill", *asked, lang=lang, status=2)
        assert found == f"chaingraph: {sentence}"


@pytest.mark.parametrize("suffix", ["csv", "CSV", "json", "md", "txt"])
def test_file_by_its_suffix_holds_what_stdout_shows(tmp_path, suffix):
    target = tmp_path / f"结果.{suffix}"
    result = run("gaps", "toy", "-o", target)
    assert result.output == ""
    kind = {"txt": "table"}.get(suffix, suffix.lower())
    expected = run("gaps", "toy", "--format", kind).stdout
    data = target.read_bytes()
    assert data.startswith(b"\xef\xbb\xbf") == (kind == "csv")
    assert data.decode("utf-8-sig") == expected
    assert b"\r" not in data
    assert [path.name for path in tmp_path.iterdir()] == [target.name]


def test_format_goes_before_suffix(tmp_path):
    run("balance", "toy", "-o", tmp_path / "x.txt", "-f", "json")
    assert json.loads((tmp_path / "x.txt").read_text(encoding="utf-8"))["kind"] == "balance"


def test_dash_is_stdout():
    assert run("balance", "toy", "-o", "-").stdout == run("balance", "toy").stdout
    assert run("balance", "toy", "-o", "-", "-f", "csv").stdout.startswith("region,product_id,")


def test_an_existing_file_is_replaced_and_keeps_its_mode(tmp_path):
    target = tmp_path / "gaps.csv"
    target.write_text("old")
    target.chmod(0o640)
    run("gaps", "toy", "-o", target)
    assert target.read_text(encoding="utf-8-sig").startswith("region,rank,")
    assert target.stat().st_mode & 0o777 == 0o640


def test_top_of_every_list():
    assert len(rows("balance", "toy", "--top", "2")) == 2
    assert len(rows("balance", "toy", "--top", "0")) == 8
    assert len(document("balance", "toy", "--top", "2")["rows"]) == 2
    text = run("gaps", "toy", "--top", "1").stdout
    assert "... and 4 more rows (--top 0 shows all)" in text  # powder_b stands beneath powder_a
    assert "more rows" in run("gaps", "qujing", "--draws", "0", "--lang", "en").stdout
    assert "more rows" not in run("gaps", "toy", "--top", "0").stdout


def test_markdown():
    text = run("gaps", "toy", "--format", "md", "--top", "1").stdout
    headings = [line for line in text.splitlines() if line.startswith("## ")]
    assert len(headings) == 3
    assert headings[0].startswith("## Gaps")
    assert headings[1].startswith("## Supply security")
    assert headings[2].startswith("## Whom to ask")
    row = next(line for line in text.splitlines() if "| foil " in line)
    assert [cell.strip() for cell in row.split("|")][1:6] == [
        "1",
        "foil",
        "Foil",
        "missing",
        "recruit",
    ]


def test_csv_cannot_start_a_formula(tmp_path):
    place = folder(
        tmp_path,
        products="product_id,name_zh,unit\na,=1+1,t\nb,@x,t\n",
        inputs="input_id,output_id,coefficient,unit\na,b,1,t/t\n",
    )
    names = [row["name_zh"] for row in rows("trace", place, "b", "-r", "*")]
    assert names == ["'=1+1"]


def test_nothing_but_results_on_stdout_and_nothing_on_stderr():
    for command in ("show", "regions", "balance", "gaps", "content"):
        assert run(command, "toy").stderr == ""


def test_skipped_rows_are_told_on_stderr_unless_quiet(tmp_path):
    place = folder(
        tmp_path,
        products="product_id,name_zh,unit,price_cny,price_unit\na,甲,t,5,CNY/t\nb,乙,t,abc,CNY/t\nc,丙\n",
    )
    result = run("show", place, "--skip-bad-rows", "--lang", "en", "-f", "csv")
    assert result.stderr == "chaingraph: 2 rows with errors were left out\n"
    assert "products,Products,1," in result.stdout
    assert run("show", place, "--skip-bad-rows", "--lang", "zh").stderr == (
        "chaingraph: 已略去 2 行有错误的数据\n"
    )
    assert run("show", place, "--skip-bad-rows", "--quiet").stderr == ""


def test_a_dropped_row_takes_the_rows_that_point_at_it(tmp_path):
    place = folder(
        tmp_path,
        products="product_id,name_zh,unit,price_cny\na,甲,t,\nb,乙,t,-5\n",
        inputs="input_id,output_id\na,b\n",
    )
    assert "price_cny" in failure("show", place, status=1)
    result = run("show", place, "--skip-bad-rows", "--lang", "en")
    assert result.stderr == "chaingraph: 2 rows with errors were left out\n"


def test_a_file_that_cannot_be_read_cannot_be_skipped(tmp_path):
    place = folder(tmp_path, products="product_id,name_zh,unit\na,铜箔,t\n".encode("gbk"))
    assert "not UTF-8" in failure("show", place, "--skip-bad-rows", status=1)


def test_exit_status_of_check(tmp_path):
    good = folder(tmp_path, "good", products="product_id,name_zh,unit\na,甲,t\n")
    bad = folder(tmp_path, "bad", products="product_id,name_zh,unit\na,甲,t\na,乙,t\n")
    run("check", good, status=0)
    run("check", bad, status=1)
    run("check", bad, "--severity", "error", "-f", "json", status=1)
    assert [row["severity"] for row in rows("check", good)] == ["info"]
    assert rows("check", good, "--severity", "warning") == []
    assert rows("check", good, "--severity", "error") == []


def test_output_follows_a_link_and_feeds_a_pipe(tmp_path):
    real, link = tmp_path / "real.csv", tmp_path / "link.csv"
    real.write_text("old", encoding="utf-8")
    link.symlink_to(real)
    run("balance", "toy", "-o", link)
    assert link.is_symlink()
    assert real.read_text(encoding="utf-8-sig").startswith("region,")
    pipe = tmp_path / "pipe.csv"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    run("balance", "toy", "-o", pipe, "--top", "1")
    assert os.read(reader, 100).startswith(b"\xef\xbb\xbfregion,")
    os.close(reader)
