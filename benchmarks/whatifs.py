"""Time 1,000 what-ifs of Qujing on one open state.

    python benchmarks/whatifs.py

Prints seconds for opening, for 1,000 states with more capacity, and for one full reading of the dataset.
"""

from __future__ import annotations

import time

import chaingraph as cg

COUNT = 1_000
LIMIT = 5.0


def what_ifs(state, count=COUNT):
    """Read the gap of every product after one product's capacity has grown, product after product."""
    ids = state.study.product_graph.ids
    total = 0.0
    for number in range(count):
        more = state.with_capacity([{"product_id": ids[number % len(ids)], "capacity": 1_000.0}])
        total += float(more.gap.low.sum())
    return total


def main():
    start = time.perf_counter()
    ds = cg.load_dataset("qujing")
    state = cg.open_study(ds).state()
    opened = time.perf_counter()
    what_ifs(state)
    done = time.perf_counter()
    cg.open_study(ds).state()
    again = time.perf_counter()
    print("| what | seconds |")
    print("|---|---|")
    print(f"| load and open | {opened - start:.2f} |")
    print(f"| {COUNT:,} what-ifs (limit {LIMIT:g}) | {done - opened:.2f} |")
    print(f"| one full reading | {again - done:.2f} |")


if __name__ == "__main__":
    main()
