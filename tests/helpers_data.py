"""The bundled tables as they lie in the files, and what is wrong with single rows of them."""

from __future__ import annotations

import csv
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from chaingraph.checks.reconciling import months_apart
from chaingraph.schema import TABLE_NAMES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

Row = dict[str, str]

REPOSITORY = Path(__file__).parents[1]
CHAINS = ("battery", "photovoltaic", "aluminium")
CITY_AND_CHAINS = (*CHAINS, "qujing")
FOLDERS = {name: REPOSITORY / "datasets" / name for name in CITY_AND_CHAINS} | {
    "toy": REPOSITORY / "chaingraph" / "toy"
}
GENERAL = re.compile("general knowledge|without an? ?address|no address", re.IGNORECASE)
UNCONFIRMED = "running not confirmed"
RUNNING = ("operating", "trial")
PRICE_MONTHS = 12
"""A price that lies further from the dataset's date is used with a mark only."""
CONFIRMED_SINCE = "2025"
"""A running row of the focus has a page of this year or later, or says that it has none."""
PLAIN_UNITS = {
    "load": "", "availability": "", "recall": "", "land": "mu", "build_time": "months", "revenue": "CNY",
}  # fmt: skip
"""Measures whose unit is not of the product."""


@cache
def table(folder: str, name: str) -> list[Row]:
    """Return the rows of a table of a bundled folder, as text."""
    file = FOLDERS[folder] / f"{name}.csv"
    if not file.is_file():
        return []
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, strict=True))


def every_row(folder: str) -> Iterator[tuple[str, int, Row]]:
    """Yield table, line and row of all tables of a folder."""
    for name in TABLE_NAMES:
        for line, row in enumerate(table(folder, name), start=2):
            yield name, line, row


def rows_of(name: str) -> Iterator[Row]:
    """Yield the rows of a table of the three chains and of the city."""
    for folder in CITY_AND_CHAINS:
        yield from table(folder, name)


def wrong_unit(row: Row, units: Mapping[str, str]) -> str:
    """Return the unit that a row of capacities, outputs, product_facts or projects should have; '' if it has it.

    An event of a broad family has the unit that its members share, an event without a size may have none.
    """
    measure, product = row.get("measure", ""), row["product_id"]
    if product in units:
        unit = units[product]
    else:
        members = {units.get(member, "?") for member in row.get("product_ids", "").split(";")}
        unit = members.pop() if len(members) == 1 else "one that all members have"
    if measure in {"price", "investment"}:
        unit = f"CNY/{unit}"
    elif measure == "mass":
        unit = f"t/{unit}"
    unit = PLAIN_UNITS.get(measure, unit)
    sizeless = "project_id" in row and not row["capacity"] and not row["unit"]
    return "" if sizeless or row["unit"] == unit else unit or "none"


def without_page(row: Row, *, focus: bool) -> bool:
    """Tell whether a capacity row that runs has neither a page nor the word that it has none."""
    if row["status"] not in RUNNING:
        return False
    marked = UNCONFIRMED in row["note"]
    if focus:
        return not marked and row["last_confirmed"][:4] < CONFIRMED_SINCE
    return not (row["source_url"] or marked or GENERAL.search(row["note"]))


def unnamed_container(row: Row, rows: Iterable[Row]) -> bool:
    """Tell whether a row lies in a site that has no row of the product that could hold it."""
    if not row["included_in"]:
        return False
    return not any(
        other["enterprise_id"] == row["included_in"] != row["enterprise_id"]
        and other["product_id"] == row["product_id"]
        and (other["status"] in RUNNING or row["status"] not in RUNNING)
        and not other["included_in"]
        for other in rows
    )


def far_prices(
    products: Iterable[Row], facts: Iterable[Row], at: str, marked: Iterable[str] = ()
) -> dict[str, str]:
    """Return the nearest date of each product whose prices all lie too far from a date, unless it is marked."""
    dates: dict[str, list[str]] = {}
    for row in products:
        if row["price_cny"] and row["price_as_of"]:
            dates.setdefault(row["product_id"], []).append(row["price_as_of"])
    for row in facts:
        if row["measure"] == "price":
            dates.setdefault(row["product_id"], []).append(row["date"])
    nearest = {
        product: min(known, key=lambda date: months_apart(date, at))
        for product, known in dates.items()
    }
    return {
        product: date
        for product, date in nearest.items()
        if months_apart(date, at) > PRICE_MONTHS and product not in set(marked)
    }


def made_by_family(events: Iterable[Row]) -> dict[str, set[tuple[str, str]]]:
    """Return by city the (group, product) that only events of a broad family name."""
    named: dict[tuple[str, str, str], bool] = {}
    for row in events:
        for product in (row["product_ids"] or row["product_id"]).split(";"):
            key = (row["city"], row["group_zh"], product)
            named[key] = named.get(key, True) and product != row["product_id"]
    found: dict[str, set[tuple[str, str]]] = {}
    for (city, group, product), only in named.items():
        if only and city:
            found.setdefault(city, set()).add((group, product))
    return found
