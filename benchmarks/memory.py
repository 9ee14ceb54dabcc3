"""Peak memory and seconds of reading large text files, each in a process of its own; prints Markdown.

The files are made by seed and deleted afterwards: a dataset folder whose ``capacities.csv`` has the size asked
for, and a list of enterprises. Most cells repeat, as in real tables: ids, units, states, dates, addresses.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

MIB = 1 << 20
PRODUCTS, SITES = 2_000, 200_000
STATES = ("operating", "operating", "operating", "construction", "planned", "closed")
CITIES = [(f"省{i // 20}", f"市{i}", f"县{i}") for i in range(300)]
CAPACITIES = "enterprise_id,product_id,capacity,unit,scope,status,since,as_of,source_url,note"
CHUNK = 200_000


class Run(NamedTuple):
    """What one run took."""

    seconds: float
    peak: int
    said: str


def write_products(folder: Path, sites: int) -> None:
    """Write the tables that capacities point to."""
    with (folder / "products.csv").open("w", encoding="utf-8") as file:
        file.write("product_id,name_zh,unit\n")
        file.writelines(f"p{i},产品{i},t\n" for i in range(PRODUCTS))
    with (folder / "enterprises.csv").open("w", encoding="utf-8") as file:
        file.write("enterprise_id,name_zh,province,city,county\n")
        for i in range(sites):
            file.write(f"e{i},第{i}号企业有限公司,{','.join(CITIES[i % len(CITIES)])}\n")


def write_capacities(folder: Path, size: int) -> int:
    """Write a table of about a number of bytes, a chunk at a time; return the number of rows."""
    draw = random.Random(1)
    rows = 0
    with (folder / "capacities.csv").open("w", encoding="utf-8") as file:
        file.write(f"{CAPACITIES}\n")
        while file.tell() < size:
            lines = []
            for _ in range(CHUNK):
                site, product = draw.randrange(SITES), draw.randrange(PRODUCTS)
                figure = draw.lognormvariate(8, 2)
                since = f"20{draw.randrange(10, 25)}-{draw.randrange(1, 13):02d}"
                lines.append(
                    f"e{site},p{product},{figure:.4g},t,site,{draw.choice(STATES)},{since},2024-12,"
                    f"https://example.org/{site % 1000},第{rows // 7}条\n"
                )
                rows += 1
            file.writelines(lines)
    return rows


def write_list(path: Path, size: int) -> int:
    """Write a list as bureaus keep them, of about a number of bytes; return the number of rows."""
    rows = 0
    with path.open("w", encoding="utf-8") as file:
        file.write("序号,企业名称,统一社会信用代码,省,市,县\n")
        while file.tell() < size:
            for _ in range(CHUNK // 10):
                place = ",".join(CITIES[rows % len(CITIES)])
                file.write(f"{rows},第{rows}号企业有限公司,,{place}\n")
                rows += 1
    return rows


LOAD = "import chaingraph as cg; print(len(cg.load_dataset({path!r}).capacities), 'rows')"
LIST = "import chaingraph as cg; print(len(cg.read_enterprise_list({path!r})), 'rows')"
MATCH = (
    "import chaingraph as cg; ds = cg.load_dataset('qujing'); "
    "print(len(cg.match_enterprises(ds, cg.read_enterprise_list({path!r})).frame), 'rows')"
)
COMMAND = "import sys; sys.argv[1:] = {arguments!r}; from chaingraph.cli.main import main; main()"


def measured(code: str) -> Run:
    """Run code in a process of its own; return seconds, peak bytes and what it said last."""
    own = [sys.executable, __file__, "--run", code]
    start = time.perf_counter()
    done = subprocess.run(own, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - start
    told = json.loads(done.stdout.splitlines()[-1])
    return Run(seconds, told["peak"], told["said"])


def run(code: str) -> None:
    """Be the measured process: run code, print its peak and the last line that it said."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    lines = (done.stderr or done.stdout).strip().splitlines()
    scale = 1 if sys.platform == "darwin" else 1024
    print(json.dumps({"peak": peak * scale, "said": lines[-1][:120] if lines else ""}))


def row(what: str, path: Path, code: str) -> str:
    """Return a line of the table."""
    size = path.stat().st_size
    found = measured(code)
    cells = (what, f"{size / MIB:,.0f}", f"{found.seconds:.1f}", f"{found.peak / MIB:,.0f}",
             f"{found.peak / size:.1f}", found.said)  # fmt: skip
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Make the files, measure, delete them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mib", type=int, default=1024, help="size of capacities.csv")
    parser.add_argument("--list-mib", type=int, default=48, help="size of the list of enterprises")
    parser.add_argument("--match-rows", type=int, default=20_000, help="rows that are matched")
    parser.add_argument("--folder", type=Path, help="where the files are made")
    parser.add_argument("--run", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.run:
        run(options.run)
        return
    place = Path(tempfile.mkdtemp(dir=options.folder))
    try:
        folder, listed, short = place / "data", place / "list.csv", place / "short.csv"
        folder.mkdir()
        write_products(folder, SITES)
        rows = write_capacities(folder, options.mib * MIB)
        write_list(listed, options.list_mib * MIB)
        with listed.open(encoding="utf-8") as lines, short.open("w", encoding="utf-8") as file:
            file.writelines(line for _, line in zip(range(options.match_rows + 1), lines))  # noqa: B905
        big = folder / "capacities.csv"
        dry = ["import", str(big), "--dry-run"]
        print(
            "| what | file, MiB | s | peak, MiB | times the file | said |\n|---|---|---|---|---|---|"
        )
        print(row(f"`load_dataset`, {rows:,} rows", big, LOAD.format(path=str(folder))), flush=True)
        print(row("`chaingraph import --dry-run`", big, COMMAND.format(arguments=dry)), flush=True)
        print(row("`read_enterprise_list`", listed, LIST.format(path=str(listed))), flush=True)
        print(
            row("`match_enterprises` with qujing", short, MATCH.format(path=str(short))), flush=True
        )
    finally:
        shutil.rmtree(place)


if __name__ == "__main__":
    main()
