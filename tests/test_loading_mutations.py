"""A sound dataset broken at random: the strict loader refuses each mutant with a place, or reads it right."""

from __future__ import annotations

import csv
import io
import random
import sys
from collections import Counter

import openpyxl
import pytest

import chaingraph as cg
from chaingraph.errors import ChaingraphError

TABLES = {
    "products": [
        ["product_id", "name_zh", "unit", "price_cny"],
        ["ore", "矿石", "t", "120"], ["metal", "金属", "t", "15000"], ["foil", "箔材", "t", "32000.5"],
        ["cell", "电芯", "GWh", "5e8"],
    ],
    "inputs": [
        ["input_id", "output_id", "coefficient", "unit"],
        ["ore", "metal", "4", "t/t"], ["metal", "foil", "1.05", "t/t"], ["foil", "cell", "600", "t/GWh"],
    ],
    "enterprises": [
        ["enterprise_id", "name_zh", "city"],
        ["e1", "甲厂", "甲市"], ["e2", "乙厂", "乙市"], ["e3", "丙厂", "甲市"],
    ],
    "capacities": [
        ["enterprise_id", "product_id", "capacity", "unit", "status", "since"],
        ["e1", "metal", "12000", "t", "operating", "2021-06"], ["e2", "foil", "3500", "t", "", "2020"],
        ["e3", "cell", "2.5", "GWh", "planned", ""], ["e1", "ore", "", "t", "", ""],
    ],
}  # fmt: skip
FIGURES = {"products": "price_cny", "inputs": "coefficient", "capacities": "capacity"}
KEYS = {"products": 1, "inputs": 2, "capacities": 2}
BAD = [
    "1,5",
    "12万",
    "0x1F",
    "NaN",
    "inf",
    "1e999",
    "１２",
    "=1+1",
    "#N/A",
    "-4",
    "1 5",
    "2024-06",
    "约3",
]
GOOD = {"1.5e3": 1500.0, "0017": 17.0, " 8 ": 8.0, "+9": 9.0, "": None, ".5": 0.5}
SEEDS = {"csv": 24, "xlsx": 12}  # of each of the six operations: 216 mutants


def drop(rng, tables):
    name, rows = pick(rng, tables)
    at = rng.randrange(len(rows[0]))
    kind = rng.choice(["cell", "row", "column", "header", "table"])
    if kind == "cell":
        rows[rng.randrange(1, len(rows))][at] = ""
    elif kind == "row":
        del rows[rng.randrange(1, len(rows))]
    elif kind == "column":
        for row in rows:
            del row[at]
    elif kind == "header":
        rows[0][at] = ""
    else:
        del tables[name]


def swap(rng, tables):
    _, rows = pick(rng, tables)
    one, other = rng.sample(range(len(rows)), 2)
    left, right = rng.sample(range(len(rows[0])), 2)
    kind = rng.choice(["cells", "rows", "columns", "figures"])
    if kind == "cells":
        rows[one][left], rows[one][right] = rows[one][right], rows[one][left]
    elif kind == "rows":
        rows[one], rows[other] = rows[other], rows[one]
    elif kind == "columns":
        for row in rows:
            row[left], row[right] = row[right], row[left]
    else:
        rows[one][left], rows[other][left] = rows[other][left], rows[one][left]


def retype(rng, tables):
    name, rows = pick(rng, tables)
    at = rows[0].index(FIGURES.get(name, rows[0][-1]))
    rows[rng.randrange(1, len(rows))][at] = rng.choice([*GOOD, *BAD])


def inject(rng, tables):
    _, rows = pick(rng, tables)
    row = rng.randrange(1, len(rows))
    kind = rng.choice(["cell", "cell", "row", "header", "wide", "total"])
    if kind == "cell":
        rows[row][rng.randrange(len(rows[0]))] = rng.choice(
            [*BAD, "\ufeff", "a\u202eb", "<b>", "x" * 140_000, "a\nb", 'say "x"', "a,b", "\0"]
        )
    elif kind == "row":
        rows.insert(row, list(rows[row]))
    elif kind == "header":
        rows.insert(row, list(rows[0]))
    elif kind == "wide":
        rows[row].append("x")
    else:
        rows.append(["合计", *[""] * (len(rows[0]) - 2), "99"])


def unchanged(rng, tables):
    del rng, tables


def recode(rng, data, suffix):
    """Write a text in another encoding, or change bytes of a workbook."""
    if suffix == "csv" and rng.random() < 0.5:
        return data.decode().encode(rng.choice(["gb18030", "utf-16", "utf-8-sig", "utf-16-le"]))
    broken = bytearray(data)
    for at in rng.sample(range(len(data)), 3):
        broken[at] ^= 1 << rng.randrange(8)
    return bytes(broken)


def truncate(rng, data, suffix):
    del suffix
    return data[: rng.randrange(len(data))]


def same(rng, data, suffix):
    del rng, suffix
    return data


OPERATIONS = {
    "drop": (drop, same), "swap": (swap, same), "retype": (retype, same), "inject": (inject, same),
    "recode": (unchanged, recode), "truncate": (unchanged, truncate),
}  # fmt: skip


def pick(rng, tables):
    name = rng.choice(sorted(tables))
    return name, tables[name]


def as_csv(rows):
    buffer = io.StringIO(newline="")
    csv.writer(buffer, lineterminator="\n").writerows(rows)
    return buffer.getvalue().encode()


def typed(cell):
    try:
        return float(cell) if cell.strip() == cell else cell
    except ValueError:
        return cell


def as_book(tables):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in tables.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append([typed(cell) for cell in row])
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def laid(rng, name, suffix, place):
    """Write a mutant; return its path and its tables before their bytes were changed."""
    tables = {table: [list(row) for row in rows] for table, rows in TABLES.items()}
    of_cells, of_bytes = OPERATIONS[name]
    of_cells(rng, tables)
    if suffix == "xlsx":
        for rows in tables.values():
            for row in rows:
                row[:] = [cell.replace("\0", "").replace("\u202e", "")[:30_000] for cell in row]
        path = place.with_suffix(".xlsx")
        path.write_bytes(of_bytes(rng, as_book(tables), suffix))
        return path, tables
    place.mkdir()
    broken = rng.choice(sorted(tables))
    for table, rows in tables.items():
        data = as_csv(rows)
        (place / f"{table}.csv").write_bytes(
            of_bytes(rng, data, suffix) if table == broken else data
        )
    return place, tables


def truth(tables):
    """Table and key -> figure, read in another, simpler way; unknown is None."""
    found = {}
    for name, column in FIGURES.items():
        header, *rows = tables.get(name, [[]])
        header = [cell.strip() for cell in header]
        for row in rows:
            cells = dict(zip(header, (cell.strip() for cell in row), strict=False))
            keys = [f.strip() for f in (TABLES[name][0][at] for at in range(KEYS[name]))]
            text = cells.get(column, "")
            try:
                figure = float(text) if text and text not in BAD else None
            except ValueError:
                figure = "refused"
            found[name, *(cells.get(key, "") for key in keys)] = figure
    return found


def judge(path, tables, label):
    """Load a mutant: an error has a place and a sentence, a figure is the one that stands there."""
    failure = None
    try:
        ds = cg.load_dataset(path)
    except ChaingraphError as error:
        failure = error
    if failure is not None:
        assert failure.text("zh"), label
        found = getattr(failure, "findings", ())
        assert all(f.place and f.text("zh") and f.remedy("zh") for f in found), label
        assert found or path.name in str(failure), label
        return "refused"
    if label[0] not in {"recode", "truncate"}:
        assert len(ds.products) == len(tables["products"]) - 1, label
    expected = truth(tables)
    for name, column in FIGURES.items():
        if not ds.has(name):
            continue
        keys = TABLES[name][0][: KEYS[name]]
        for *key, figure in ds.table(name)[[*keys, column]].itertuples(index=False):
            known = None if figure != figure else figure  # noqa: PLR0124  nan
            if label[0] == "recode" and known != expected.get((name, *key)):
                continue  # one letter or digit became another: nothing in the file says so
            assert known == expected[name, *key] or is_cut(known, label), (label, name, key, known)
    return "loaded"


def is_cut(figure, label):
    """Tell whether a figure is what is left of one where a file ends too early, in its last cell."""
    return label[0] == "truncate" and any(
        text.startswith(repr(figure).removesuffix(".0"))
        for rows in TABLES.values() for text in rows[-1]
    )  # fmt: skip


COUNTS: Counter[str] = Counter()


@pytest.mark.parametrize("suffix", SEEDS)
@pytest.mark.parametrize("name", OPERATIONS)
def test_every_mutant_is_refused_with_a_place_or_right(name, suffix, tmp_path):
    for seed in range(SEEDS[suffix]):
        rng = random.Random(f"{name} {suffix} {seed}")  # noqa: S311
        path, tables = laid(rng, name, suffix, tmp_path / str(seed))
        outcome = judge(path, tables, (name, suffix, seed))
        COUNTS[f"{name} {suffix}: {outcome}"] += 1


def test_counts_of_outcomes():
    for name, count in sorted(COUNTS.items()):
        sys.stderr.write(f"{name} {count}\n")
    assert sum(COUNTS.values()) in {0, 6 * sum(SEEDS.values())}
    if COUNTS:
        assert sum(count for name, count in COUNTS.items() if "refused" in name) > 80
        assert sum(count for name, count in COUNTS.items() if "loaded" in name) > 30
