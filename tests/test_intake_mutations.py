"""A good workbook broken at random: every mutant ends in a located problem or in the right figures."""

from __future__ import annotations

import csv
import io
import random

import openpyxl
import pandas as pd
import pytest

import chaingraph as cg

HEADER = ["序号", "企业名称", "所在市", "产品名称", "产能(万吨/年)", "状态", "投产时间"]
ROWS = [
    [1, "甲厂", "甲市", "金属", 1.2, "已投产", "2021年6月"],
    [2, "乙厂", "甲市", "箔材", 0.35, "在产", "2020.3"],
    [3, "丙厂", "乙市", "粉体甲", 10, "在建", "2024-09"],
    [4, "丁厂", "丙市", "粉体乙", 2.5, "规划", None],
    [5, "戊厂", "丙市", "废料", 7, "停产", 2015],
    [6, "己厂", "甲市", "金属", 120, "在产", "2019/5/1"],
]
PRODUCTS = {
    "金属": "metal",
    "箔材": "foil",
    "粉体甲": "powder_a",
    "粉体乙": "powder_b",
    "废料": "scrap",
}
MEANT = {  # what is injected as a capacity -> tonnes, None where it says unknown
    "１．５": 15000, "1,500": 15e6, "1.5万吨": 15000, "800吨": 800, "约30": 300000, "10-12": 100000,
    "暂无": None, "-": None, "": None,
}  # fmt: skip
REFUSED = [
    "1,5",
    "1.5万",
    "12-10",
    "十万",
    "#N/A",
    "3GWh",
    "=1+1",
    "a",
    "1 5",
    "5吨/天",
    "2024年6月",
    "1e40",
    "-4",
    True,
]
SEEDS = [range(12), pytest.param(range(12, 40), marks=pytest.mark.slow)]
TEXT_SEEDS = [range(5), pytest.param(range(5, 15), marks=pytest.mark.slow)]


def book(rows):
    target = openpyxl.Workbook()
    sheet = target.active
    sheet.title = "企业产能表"
    for row in rows:
        sheet.append(row)
    buffer = io.BytesIO()
    target.save(buffer)
    return buffer.getvalue()


def text(rows, codec, mark):
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=mark).writerows(rows)
    return buffer.getvalue().encode(codec)


def drop(rng, rows):
    kind = rng.choice(["cell", "row", "column", "header"])
    row, at = rng.randrange(1, len(rows)), rng.randrange(1, len(HEADER))
    if kind == "cell":
        rows[row][at] = None
    elif kind == "row":
        del rows[row]
    elif kind == "column":
        for each in rows:
            del each[at]
    else:
        rows[0][at] = None
    return book(rows), ".xlsx"


def swap(rng, rows):
    kind = rng.choice(["cells", "rows", "columns", "figures"])
    one, other = rng.sample(range(1, len(rows)), 2)
    left, right = rng.sample(range(1, len(HEADER)), 2)
    if kind == "cells":
        rows[one][left], rows[one][right] = rows[one][right], rows[one][left]
    elif kind == "rows":
        rows[one], rows[other] = rows[other], rows[one]
    elif kind == "columns":
        for each in rows:
            each[left], each[right] = each[right], each[left]
    else:
        rows[one][4], rows[other][4] = rows[other][4], rows[one][4]
    return book(rows), ".xlsx"


def retype(rng, rows):
    for row in rows[1:]:
        if rng.random() < 0.6:
            row[4] = rng.choice([str(row[4]), f" {row[4]} ", f"{row[4]}万吨", float(row[4])])
        if rng.random() < 0.3:
            row[6] = 44348 if row[6] else None
    return book(rows), ".xlsx"


def recode(rng, rows):
    codec, mark = rng.choice(["utf-8", "utf-8-sig", "utf-16", "gb18030"]), rng.choice(",\t;")
    data = text(rows, codec, mark)
    if rng.random() < 0.5:  # damage bytes of Chinese characters
        places = [at for at, byte in enumerate(data) if byte > 127]
        broken = bytearray(data)
        for at in rng.sample(places, min(3, len(places))):
            broken[at] = rng.choice([0xFF, 0x80, 0x3F])
        data = bytes(broken)
    return data, ".csv"


def truncate(rng, rows):
    if rng.random() < 0.5:
        data = book(rows)
        return data[: rng.randrange(len(data))], ".xlsx"
    order = rng.choice([[0, 1, 2, 3, 4, 5, 6], [0, 1, 2, 3, 5, 6, 4]])
    data = text([[row[at] for at in order] for row in rows], rng.choice(["utf-8", "gb18030"]), ",")
    return data[: rng.randrange(len(data))], ".csv"


def inject(rng, rows):
    row = rng.randrange(1, len(rows))
    kind = rng.choice(["figure", "figure", "bad", "bad", "anywhere", "row", "byte"])
    if kind == "figure":
        rows[row][4] = rng.choice(list(MEANT))
    elif kind == "bad":
        rows[row][4] = rng.choice(REFUSED)
    elif kind == "anywhere":
        rows[row][rng.randrange(1, 7)] = rng.choice(
            [*REFUSED, "合计", "x" * 40_000, "_x0001_", "<b>", 1e18]
        )
    elif kind == "row":
        rows.insert(row, rng.choice([["合计", None, None, None, 99, None, None], list(HEADER), [None] * 7,
                                     [9, None, None, None, 99, None, None]]))  # fmt: skip
    data = bytearray(book(rows))
    if kind == "byte":
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return bytes(data), ".xlsx"


MUTATIONS = [drop, swap, retype, recode, truncate, inject]


def figure(raw):
    """What a capacity cell says, in tonnes; 'refused' where it says nothing clear."""
    if raw is None or (isinstance(raw, str) and raw in MEANT):
        return MEANT.get(raw)
    if isinstance(raw, bool) or raw in REFUSED:
        return "refused"
    try:
        return float(str(raw).strip().removesuffix("万吨")) * 1e4
    except ValueError:
        return "refused"


def truth(rows):
    """Name and product -> tonnes, read by another, simpler way."""
    header = rows[0]
    if None in header or "产能(万吨/年)" not in header:
        header = [name or place for name, place in zip(rows[0], HEADER, strict=False)]
    found = {}
    for row in rows[1:]:
        cells = dict(zip(header, row, strict=False))
        name, product = cells.get("企业名称"), cells.get("产品名称")
        if any(cell is not None for cell in row):
            found[str(name).strip(), PRODUCTS.get(product)] = figure(cells.get("产能(万吨/年)"))
    return found


def case_id(argument):
    return argument.__name__ if callable(argument) else f"to {argument.stop}"


@pytest.mark.parametrize("seeds", SEEDS, ids=case_id)
@pytest.mark.parametrize("mutation", MUTATIONS, ids=case_id)
def test_every_mutant_is_refused_with_a_place_or_right(mutation, seeds, tmp_path):
    for seed in seeds:
        rng = random.Random(f"{mutation.__name__} {seed}")  # noqa: S311
        rows = [list(HEADER), *[list(row) for row in ROWS]]
        data, suffix = mutation(rng, rows)
        path = tmp_path / f"{seed}{suffix}"
        path.write_bytes(data)
        judge(path, rows, tmp_path / f"out{seed}", (mutation.__name__, seed))


@pytest.mark.parametrize("seeds", TEXT_SEEDS, ids=case_id)
@pytest.mark.parametrize("mutation", [drop, swap, retype, inject], ids=case_id)
def test_every_mutant_in_text_is_refused_with_a_place_or_right(mutation, seeds, tmp_path):
    """What the others do to workbooks, done to text files; recode and truncate make some already."""
    for seed in seeds:
        rng = random.Random(f"text {mutation.__name__} {seed}")  # noqa: S311
        rows = [list(HEADER), *[list(row) for row in ROWS]]
        mutation(rng, rows)
        path = tmp_path / f"{seed}.csv"
        path.write_bytes(text(rows, rng.choice(["utf-8-sig", "gb18030"]), ","))
        judge(path, rows, tmp_path / f"out{seed}", (mutation.__name__, seed, "text"))


def judge(path, rows, target, label):
    done = cg.import_file(path, target, extends=["toy"], lang="en")
    problems = done.problems.frame
    told = problems[problems["severity"] != "info"]
    if done.errors:
        assert not target.exists(), label
        errors = problems[problems["severity"] == "error"]
        assert errors["file"].str.len().gt(0).all(), label
        assert errors["message"].str.len().gt(0).all(), label
        return
    cg.load_dataset(target)
    expected = truth(rows)
    names = dict(done.tables["enterprises"][["enterprise_id", "name_zh"]].to_numpy().tolist())
    frame = done.tables.get("capacities", pd.DataFrame({"enterprise_id": [], "product_id": []}))
    figures = frame["capacity"] if "capacity" in frame else [float("nan")] * len(frame)
    for site, product, tonnes in zip(
        frame["enterprise_id"], frame["product_id"], figures, strict=True
    ):
        right = expected.get((names[site], product), "nobody")
        if tonnes == tonnes:  # noqa: PLR0124  known
            silent = right != tonnes and told.empty
            wrong = right != tonnes and not set(told["rule"]) & {"no-last-line-end"}
            assert not silent, (label, names[site], product, tonnes, right)
            assert not wrong, (label, names[site], product, tonnes, right)
        else:
            assert right is None or not told.empty, (label, names[site], product, right)
    if label[0] == "truncate":  # a file cut between two lines is a shorter file
        return
    missing = len(expected) - len(frame)
    assert missing <= 0 or not told.empty or set(problems["rule"]) & {"total-row", "header-rows"}, (
        label
    )
