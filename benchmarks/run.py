"""Measures every goal as a ratio of alternating runs in fresh processes; prints one Markdown table."""

from __future__ import annotations

import argparse
import compileall
import importlib.util
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

from province import Size, write_province, write_structure

HERE = Path(__file__).parent
QUICK = Size(enterprises=100_000, capacities=1_000_000)
CLICK = (
    "import click\n"
    "@click.group()\n"
    "def main(): 'Bare.'\n"
    "@main.command()\n"
    "def one(): 'One.'\n"
    "main(['--help'])\n"
)
HELP_SECONDS = 0.150


class Run(NamedTuple):
    """What one run took."""

    seconds: float
    cpu: float
    peak_mb: float


class Row(NamedTuple):
    """One line of the table."""

    goal: str
    what: str
    ours: float
    reference: float | None
    limit: str
    met: bool
    note: str = ""


def task(name: str, folder: Path) -> Run:
    """Run a task of tasks.py in a process of its own."""
    command = [sys.executable, str(HERE / "tasks.py"), name, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=HERE)
    return Run(**json.loads(done.stdout.splitlines()[-1]))


def process(*arguments: str) -> Run:
    """Time a whole Python process."""
    start = time.perf_counter()
    subprocess.run([sys.executable, *arguments], capture_output=True, check=True)
    return Run(time.perf_counter() - start, 0.0, 0.0)


def alternate(runs: int, ours, reference) -> tuple[Run, Run]:
    """Run both in turn and return the medians of each."""
    pairs = [(ours(), reference()) for _ in range(runs)]
    return tuple(
        Run(*(statistics.median(values) for values in zip(*side, strict=True)))
        for side in zip(*pairs, strict=True)
    )


def compared(goal: str, what: str, limit: float, pair: tuple[Run, Run], note: str = "") -> Row:
    """Make a row of two medians and the largest ratio that will do."""
    ours, reference = pair
    ratio = ours.seconds / reference.seconds
    if reference.cpu:
        note = (
            f"CPU ratio {ours.cpu / reference.cpu:.2f}; peak {ours.peak_mb:,.0f} MB. {note}".strip()
        )
    return Row(goal, what, ours.seconds, reference.seconds, f"{limit:g}x", ratio <= limit, note)


def relational(folder: Path, runs: int, rows: str) -> list[Row]:
    found = []
    for engine in ("polars", "pandas"):
        pair = alternate(
            runs,
            lambda e=engine: task(f"{e}-ours", folder),
            lambda e=engine: task(f"{e}-by-hand", folder),
        )
        found.append(
            compared("1", f"relational pass, {rows} rows, {engine} against by hand", 1.25, pair)
        )
    return found


def gaps(folder: Path, runs: int, rows: str) -> list[Row]:
    found = []
    for name, said, limit in (("points", "points alone", 3.0), ("gaps", "with bounds", 6.0)):
        ours, reference = alternate(
            runs, lambda n=name: task(n, folder), lambda: task("polars-by-hand", folder)
        )
        what = f"gaps of all regions from Parquet, {said}, {rows} rows, against the pass alone"
        row = compared("2", what, limit, (ours, reference))
        fits = ours.peak_mb < 4096
        found.append(row._replace(limit=f"{limit:g}x, 4 GB", met=row.met and fits))
    return found


def balances(folder: Path, runs: int) -> list[Row]:
    found = []
    for name, what, limit in (
        ("balance", "balance of Qujing with bounds, from the dataset in memory", 0.3),
        ("balance-cities", "the same of every city of the data", 15.0),
        ("what-ifs", "1,000 what-ifs of one plant in Qujing", 5.0),
        ("survey", "whom to ask in Qujing, from an open study", 2.0),
    ):
        done = [task(name, folder) for _ in range(runs)]
        seconds, cpu = (statistics.median(column) for column in list(zip(*done, strict=True))[:2])
        note = f"processor time {cpu:.2f} s"
        found.append(Row("7", what, seconds, None, f"{limit:g} s", seconds <= limit, note))
    return found


def requirements(folder: Path, runs: int) -> list[Row]:
    def pair(first: str, second: str) -> tuple[Run, Run]:
        return alternate(
            runs,
            lambda: task(f"requirements-{first}", folder),
            lambda: task(f"requirements-{second}", folder),
        )

    single = compared(
        "3", "requirements of one goal against the bare fixed point", 2, pair("ours", "bare")
    )
    many = compared("3", "the same, 300 regions", 2, pair("300-ours", "300-bare"))
    networkx = task("requirements-300-networkx", folder).seconds
    ratio = networkx / many.ours
    note = "networkx timed on 3 regions and scaled"
    what = f"300 regions against networkx ({ratio:.0f} times faster)"
    return [single, many, Row("3", what, many.ours, networkx, "1/100x", ratio >= 100, note)]


def relatedness(folder: Path, runs: int) -> list[Row]:
    what = "RCA, density, ECI, PCI of 340 regions x 1,000 products"
    if importlib.util.find_spec("ecomplexity") is None:
        ours = statistics.median(task("relatedness-ours", folder).seconds for _ in range(runs))
        return [Row("4", what, ours, None, "1/15x", met=False, note="ecomplexity is not installed")]
    ours, reference = alternate(
        runs,
        lambda: task("relatedness-ours", folder),
        lambda: task("relatedness-ecomplexity", folder),
    )
    arrays = statistics.median(task("relatedness-arrays", folder).seconds for _ in range(runs))
    note = "ecomplexity without its log-supermodularity check, but with COI and COG"

    def row(what: str, seconds: float, least: int) -> Row:
        ratio = reference.seconds / seconds
        what = f"{what} ({ratio:.1f} times faster)"
        return Row("4", what, seconds, reference.seconds, f"1/{least}x", ratio >= least, note)

    return [
        row(f"{what}, long table to long table, against ecomplexity", ours.seconds, 15),
        row("the same from a matrix to arrays", arrays, 80),
    ]


def targets(folder: Path, runs: int) -> list[Row]:
    ours, reference = alternate(
        runs, lambda: task("targets-ours", folder), lambda: task("targets-numpy", folder)
    )
    what = "1 M candidates x 100 gaps, top 20: real makers scored, against numpy over all"
    whole = task("targets-all", folder)
    note = "from evidence in memory; numpy is given its features, ours measures 14 of them"
    row = compared("6", what, 1.0, (ours, reference), note)
    end = f"`rank_targets` of 100 gaps from Parquet (peak {whole.peak_mb:,.0f} MB)"
    fits = whole.peak_mb < 2048 and whole.seconds <= 20
    return [row, Row("6", end, whole.seconds, None, "20 s, 2 GB", fits)]


def start_up(runs: int) -> list[Row]:
    # installed packages come compiled: without it every run of ours would compile the sources again
    compileall.compile_dir(HERE.parent / "chaingraph", quiet=2)
    gaps_pair = alternate(
        runs,
        lambda: process("-m", "chaingraph", "gaps", "qujing"),
        lambda: process("-c", "import pandas, networkx"),
    )
    help_pair = alternate(
        runs, lambda: process("-m", "chaingraph", "--help"), lambda: process("-c", CLICK)
    )
    row = compared("5", "`chaingraph --help` against bare click", 3, help_pair)
    fast = row.ours <= HELP_SECONDS
    return [
        compared("5", "`chaingraph gaps qujing` against `import pandas, networkx`", 2.0, gaps_pair),
        row._replace(limit="3x or 150 ms", met=row.met or fast),
    ]


def structure(folder: Path, runs: int) -> list[Row]:
    load = statistics.median(task("structure-load", folder).seconds for _ in range(runs))
    trace = statistics.median(task("structure-trace", folder).seconds for _ in range(runs)) / 2
    size = "100,000 products, 60,000 links"
    return [
        Row("-", f"load {size} from CSV", load, None, "3 s", load <= 3.0),
        Row("-", "one trace in it (mean of up and down)", trace, None, "0.5 s", trace <= 0.5),
    ]


def markdown(rows: list[Row]) -> str:
    """Return the rows as a Markdown table."""
    lines = [
        "| goal | what | ours, s | reference, s | ratio | limit | met | note |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        reference = "-" if row.reference is None else f"{row.reference:.3f}"
        ratio = "-" if row.reference is None else f"{row.ours / row.reference:.3g}"
        met = "yes" if row.met else "NO"
        cells = (row.goal, row.what, f"{row.ours:.3f}", reference, ratio, row.limit, met, row.note)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    """Run the benchmarks asked for."""
    parts = (
        "relational",
        "gaps",
        "balances",
        "requirements",
        "relatedness",
        "targets",
        "structure",
        "start_up",
    )
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", help=f"some of: {', '.join(parts)}; all by default")
    parser.add_argument("--quick", action="store_true", help="1 M capacity rows instead of 10 M")
    parser.add_argument("--runs", type=int, default=3, help="alternating runs of each pair")
    parser.add_argument(
        "--folder", type=Path, default=Path(os.environ.get("CHAINGRAPH_BENCH", "benchmark_data"))
    )
    options = parser.parse_args()
    wanted = options.parts or parts
    if unknown := set(wanted) - set(parts):
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    size = QUICK if options.quick else Size()
    rows = f"{size.capacities / 1e6:g} M"
    # processes run in this folder, so the data's path must not depend on where the caller stands
    data = options.folder.resolve()
    needed = {"relational", "gaps", "requirements", "targets"} & set(wanted)
    province = write_province(data, size) if needed else data
    found: list[Row] = []
    if "relational" in wanted:
        found += relational(province, options.runs, rows)
    if "gaps" in wanted:
        found += gaps(province, options.runs, rows)
    if "balances" in wanted:
        found += balances(data, options.runs)
    if "requirements" in wanted:
        found += requirements(province, options.runs)
    if "relatedness" in wanted:
        found += relatedness(data, options.runs)
    if "targets" in wanted:
        found += targets(province, options.runs)
    if "structure" in wanted:
        found += structure(write_structure(data), options.runs)
    if "start_up" in wanted:
        found += start_up(max(options.runs, 5))
    print(markdown(found))


if __name__ == "__main__":
    main()
