"""Edge crossings and time of the chain map's layout against graphviz dot.

Method. `arrange` cuts a graph into columns. Dot then gets the same layered graph: a rank for each
column (`rank=same`), the same boxes, and the layout's way points as nodes, so that every edge leads
to the next rank and dot adds none of its own. Dot stops after ordering the nodes (`phase=2`) and
states the order of each; `crossing_count` counts both drawings. Dot gets the nodes by column and
name and not our order, and runs with its default effort (mclimit 1).

Run `python benchmarks/layout.py [--big]`; `--big` adds 2,000 nodes with dot, which takes minutes, and
5,000 nodes without.
"""

from __future__ import annotations

import random
import re
import shutil
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from chaingraph.views.layered.layout import Node, arrange, crossing_count

if TYPE_CHECKING:
    from chaingraph.views.layered.layout import Layout

STAGES = {"upstream": 0, "midstream": 1, "downstream": 2}
DOT_SECONDS = 900
WIDTHS = (8, 8, 11, 9, 11, 9, 7)


def random_chain(size: int, links: int, seed: int) -> tuple[list[Node], list[tuple[str, str]]]:
    """Return a random graph: three equal bands, links from left to right but for three in 100."""
    chance = random.Random(seed)
    names = [f"n{i:04d}" for i in range(size)]
    found: set[tuple[str, str]] = set()
    while len(found) < links:
        a, b = sorted(chance.sample(range(size), 2))
        if chance.random() < 0.03:
            a, b = b, a
        found.add((names[a], names[b]))
    return [Node(name, 3 * i // size) for i, name in enumerate(names)], sorted(found)


def bundled_chains() -> dict[str, tuple[list[Node], list[tuple[str, str]]]]:
    """Return products and consumed links of each bundled chain."""
    import chaingraph as cg

    ds = cg.load_dataset("qujing")
    graphs = {}
    for chain in sorted({c for text in ds.products["chains"].dropna() for c in text.split(";")}):
        tags = ds.products["chains"].fillna("").str.split(";")
        chosen = ds.products[[chain in listed for listed in tags]]
        bands = {row.product_id: STAGES.get(row.stage, 1) for row in chosen.itertuples(index=False)}
        used = ds.inputs[ds.inputs["role"] == "consumed"]
        links = [
            (a, b)
            for a, b in zip(used["input_id"], used["output_id"], strict=True)
            if a in bands and b in bands
        ]
        graphs[chain] = (
            [Node(key, band) for key, band in sorted(bands.items())],
            sorted(set(links)),
        )
    return graphs


def dot_version() -> str:
    """Return dot's version, empty where there is no dot."""
    if shutil.which("dot") is None:
        return ""
    done = subprocess.run(["dot", "-V"], capture_output=True, text=True, check=True)
    return done.stderr.split("version ")[1].strip()


def dot_crossings(layout: Layout) -> tuple[int, float] | None:
    """Return the crossings of dot's order of the same layered graph and its seconds."""
    number = {
        name: i
        for i, name in enumerate(sorted((name for o in layout.orders for name in o), key=str))
    }
    lines = ["digraph { phase=2;"]
    for order in layout.orders:
        members = sorted(number[name] for name in order)
        lines.append("{ rank=same; " + " ".join(f"{i};" for i in members) + " }")
    lines += [f"{a} -> {b};" for a, b in sorted((number[a], number[b]) for a, b in layout.segments)]
    begin = time.perf_counter()
    try:
        done = subprocess.run(
            ["dot", "-Tcanon"], input="\n".join([*lines, "}"]), capture_output=True, text=True,
            check=True, timeout=DOT_SECONDS,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return None
    seconds = time.perf_counter() - begin
    found = re.findall(r"^\s*(\d+)\s+\[order=(\d+),\s+rank=(\d+)", done.stdout, re.MULTILINE)
    place = {int(node): int(where) for node, where, _ in found}
    orders = [sorted(order, key=lambda name: place[number[name]]) for order in layout.orders]
    return crossing_count(orders, layout.segments), seconds


def main() -> None:
    """Print the table."""
    big = "--big" in sys.argv[1:]
    version = dot_version()
    print(f"dot: {version or 'not installed'}")
    heads = ("columns", "pieces", "crossings", "CPU s", "dot", "s", "ratio")
    print(f"{'graph':24}" + "".join(f"{head:>{w}}" for head, w in zip(heads, WIDTHS, strict=True)))
    graphs = {f"chain {name}": graph for name, graph in bundled_chains().items()}
    for size, links, seeds in ((45, 90, (1, 2, 3)), (200, 500, (1, 2, 3))):
        graphs |= {f"{size}/{links} seed {s}": random_chain(size, links, s) for s in seeds}
    if big:
        graphs |= {
            f"{n}/{m} seed 1": random_chain(n, m, 1) for n, m in ((2_000, 5_000), (5_000, 10_000))
        }
    for name, (nodes, links) in graphs.items():
        seconds = []
        for _ in range(2 if len(nodes) > 1_000 else 5):
            begin = time.process_time()
            layout = arrange(nodes, links)
            seconds.append(time.process_time() - begin)
        row = f"{name:24}{len(layout.columns):8}{len(layout.segments):8}{layout.crossings:11,}"
        row += f"{min(seconds):9.3f}"
        dot = dot_crossings(layout) if version and len(nodes) <= 2_000 else None
        if dot is not None:
            row += f"{dot[0]:11,}{dot[1]:9.2f}{layout.crossings / dot[0] if dot[0] else 1:7.2f}"
        print(row, flush=True)


if __name__ == "__main__":
    main()
