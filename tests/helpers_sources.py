"""The table of sources of the bundled datasets: which addresses lack a row, and how a host is graded.

``python -m tests.helpers_sources`` adds the missing rows: grade and medium by host from
``data/source_hosts.csv``, titles and dates empty until somebody has seen the page.
"""

from __future__ import annotations

import csv
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
DATASETS = HERE.parent / "datasets"
FOLDERS = ("battery", "photovoltaic", "aluminium", "qujing")
"""In this order: an address stands in the first folder that uses it."""
COLUMNS = ("source_url", "title", "medium", "publisher", "date", "grade", "archive_url", "note")
_IN_TEXT = re.compile(r"https?://[^\s;,()<>\"'\u3000-\u303f\uff00-\uffef\u201c\u201d]+")


class Host(NamedTuple):
    """What is known of an address by its host alone."""

    grade: str
    medium: str
    note: str


@cache
def hosts() -> dict[str, Host]:
    """Return the rules: end of a host, or start of a path on it, to grade and medium."""
    with (HERE / "data" / "source_hosts.csv").open(encoding="utf-8", newline="") as lines:
        return {
            row["host"]: Host(row["grade"], row["medium"], row["note"])
            for row in csv.DictReader(lines)
        }


def grade_of(address: str) -> Host:
    """Return what the host of an address says: the longest rule that fits, else unknown.

    >>> grade_of("https://www.stats.gov.cn/sj/1.html").grade
    'official'
    >>> grade_of("http://notgov.cn/").grade
    'unknown'
    """
    host, _, path = address.split("//", 1)[1].partition("/")
    name = host.lower().split(":")[0]
    parts = name.split(".")
    ends = [".".join(parts[start:]) for start in range(len(parts))]
    whole = [f"{end}/{path.split('/')[0]}" for end in ends]
    for rule in (*whole, *ends):
        if rule in hosts():
            return hosts()[rule]
    return Host("unknown", "", "")


def rows_of(folder: str, name: str) -> list[dict[str, str]]:
    """Return a table of a bundled dataset as it stands in its file."""
    with (DATASETS / folder / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, strict=True))


def used_addresses() -> dict[str, str]:
    """Return every address that a row rests on or that its note names, with the folder of its row."""
    found: dict[str, str] = {}
    for folder in FOLDERS:
        for file in sorted((DATASETS / folder).glob("*.csv")):
            if file.stem == "sources":
                continue
            for row in rows_of(folder, file.stem):
                named = _IN_TEXT.findall(row.get("note") or "")
                for address in (
                    row.get("source_url") or "",
                    *(text.rstrip(".:") for text in named),
                ):
                    if address:
                        found.setdefault(address, folder)
    return found


def listed_addresses() -> list[str]:
    """Return the addresses of all tables of sources, in their order."""
    return [row["source_url"] for folder in FOLDERS for row in rows_of(folder, "sources")]


def missing_addresses() -> dict[str, str]:
    """Return the addresses without a row, with the folder that theirs belongs to."""
    known = set(listed_addresses())
    return {address: folder for address, folder in used_addresses().items() if address not in known}


def main() -> None:
    """Add a row for each address that lacks one."""
    missing = missing_addresses()
    for folder in FOLDERS:
        rows = []
        for address in sorted(a for a, home in missing.items() if home == folder):
            host = grade_of(address)
            rows.append([address, "", host.medium, "", "", host.grade, "", host.note])
        with (DATASETS / folder / "sources.csv").open("a", encoding="utf-8", newline="") as lines:
            csv.writer(lines, lineterminator="\n").writerows(rows)


if __name__ == "__main__":
    main()
