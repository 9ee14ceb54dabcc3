"""How much the bundled data know: what the trade knows, evidence and kinds over all cities, Qujing's demand.

Run `python benchmarks/knowledge.py`. The list of what the trade knows is `tests/data/sanity_pairs.csv`.
Of Qujing's demand in money (the figure, else the least, of products with a price) a product counts as
decided where it is known to be made, absent, or coming, or where its gap is known to within half. The width of
a gap is its ends' distance over its figure.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

import chaingraph as cg
from chaingraph.words import term
from tests.helpers_sanity import FIRST, sanity_table

if TYPE_CHECKING:
    from chaingraph.analysis.study import Study

DECIDED = ("rows", "rows_part", "rows_bare", "reported", "absent", "building", "announced")


def print_sanity(study: Study) -> None:
    """Print what is right of the list that the trade knows."""
    table = sanity_table(study)
    print(table.to_string())
    first = table[:FIRST]
    for name, part in (("first 51", first), (f"all {len(table)}", table)):
        print(f"{name}: right {part['right'].sum()}, opposite {part['opposite'].sum()}, ", end="")
        print(f"open {len(part) - part['right'].sum() - part['opposite'].sum()}")


def print_kinds(study: Study) -> None:
    """Print how many rows of all cities are of which kind and evidence."""
    frame = cg.find_gaps(study, region="city", draws=0).frame
    counts = frame.groupby(["gap_kind", "evidence"]).size().unstack(fill_value=0)
    print(f"\n{frame['region'].nunique()} cities, {len(frame)} rows")
    print(counts.assign(all=counts.sum(axis=1)).sort_values("all", ascending=False).to_string())


def print_demand(study: Study, region: str | None = None) -> None:
    """Print which share of the demand of a region in money is decided, and how wide its gaps are."""
    frame = cg.calculate_balance(study, region=region).frame
    frame = frame[frame["demand_high"] > 0]
    value = (frame["demand"].fillna(frame["demand_low"]) * frame["price_cny"]).fillna(0)
    width = frame["gap_high"] - frame["gap_low"]
    narrow = (width <= frame["gap"] / 2) & frame["gap"].notna()
    decided = frame["evidence"].isin(DECIDED) | narrow
    print(f"\n{study.state(region).region.name}: {len(frame)} products taken, ", end="")
    print(f"{value.sum() / 1e9:.1f} bn CNY a year where there is a price")
    for name, flags in (("decided", decided), ("gap known to within half", narrow)):
        print(
            f"{name}: {flags.sum()} products, {value[flags].sum() / value.sum():.0%} of the value"
        )
    some = frame["gap"] > 0
    relative = (width / frame["gap"])[some]
    print(
        f"median relative width of {some.sum()} gaps with a figure: {np.median(relative):.2f}, ",
        end="",
    )
    print(f"without end: {np.isinf(frame['gap_high']).sum()}")


def print_gaps(study: Study, rows: int = 18) -> None:
    """Print the gaps of the focus that weigh most, as Markdown: the table of `datasets/README.md`."""
    frame = cg.find_gaps(study, draws=0).frame
    frame = frame[frame["under"].isna()]
    weight = frame["gap_value_cny"].fillna(frame["gap_value_cny_low"])
    print("\n| product | what is known | gap: least / figure / most | 100 M CNY | do |")
    print("|---|---|---|---|---|")
    for place in weight.sort_values(ascending=False).index[:rows]:
        row = frame.loc[place]
        amount, money = (
            " / ".join(
                "?" if np.isnan(end) else "no end" if np.isinf(end) else f"{end / unit:,.{digits}f}"
                for end in (row[f"{name}_low"], row[name], row[f"{name}_high"])
            )
            for name, unit, digits in (("gap", 1, 0), ("gap_value_cny", 1e8, 1))
        )
        then = [
            term("verb", verb, "en") for verb in (row["verb"], row["then"]) if isinstance(verb, str)
        ]
        known = term("evidence", row["evidence"], "en")
        print(f"| {row['product_id']} | {known} | {amount} {row['unit']} | {money} | ", end="")
        print(f"{', then '.join(then)} |")


def main() -> None:
    """Print all of it."""
    study = cg.open_study(cg.load_dataset("qujing"))
    print_sanity(study)
    print_kinds(study)
    print_demand(study)
    print_gaps(study)


if __name__ == "__main__":
    main()
