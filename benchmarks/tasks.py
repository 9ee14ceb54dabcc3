"""What is measured: each task runs once in a process of its own and prints seconds and peak memory.

python tasks.py TASK FOLDER
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

DAY, AT = "2025-12-31", "2025-12"
OPERATING = {"operating": 1.0}
REGIONS = 300
NETWORKX_REGIONS = 3
RELATED_REGIONS, RELATED_PRODUCTS = 340, 1000
CANDIDATES, GAPS, TOP, FEATURES = 1_000_000, 100, 20, 14
WHAT_IFS = 1000
Prepared = tuple[Any, ...]


def scan(folder: Path) -> Prepared:
    from references import scan_polars

    import chaingraph.enterprises  # noqa: F401  imports are not timed

    return scan_polars(folder)


def read(folder: Path) -> Prepared:
    import pandas as pd
    from references import COLUMNS, SITE_COLUMNS

    import chaingraph.enterprises  # noqa: F401

    enterprises = pd.read_parquet(folder / "enterprises.parquet", columns=list(SITE_COLUMNS))
    return enterprises, pd.read_parquet(folder / "capacities.parquet", columns=list(COLUMNS))


def ours_pass(enterprises: Any, capacities: Any) -> Any:
    from chaingraph.enterprises import local_capacity

    return local_capacity(enterprises, capacities, level="city", at=AT, statuses=OPERATING)


def polars_by_hand(enterprises: Any, capacities: Any) -> Any:
    from references import polars_pass

    return polars_pass(enterprises, capacities, DAY)


def pandas_by_hand(enterprises: Any, capacities: Any) -> Any:
    from references import pandas_pass

    return pandas_pass(enterprises, capacities, DAY)


def place(folder: Path) -> Prepared:
    import polars  # noqa: F401

    import chaingraph.analysis.gaps
    import chaingraph.frames
    import chaingraph.loading  # noqa: F401

    return (folder,)


def gaps_end_to_end(folder: Path) -> Any:
    import chaingraph as cg

    return cg.find_gaps(cg.load_dataset(folder, engine="polars"), region="city", draws=0)


def points_end_to_end(folder: Path) -> Any:
    """As :func:`gaps_end_to_end` without the ends of any quantity."""
    import chaingraph as cg

    study = cg.open_study(cg.load_dataset(folder, engine="polars"), bounds=False)
    return cg.find_gaps(study, region="city", draws=0)


def qujing(folder: Path) -> Prepared:
    """Return the bundled dataset; the tables of the toy have warmed what is imported on first use."""
    import chaingraph as cg

    del folder
    cg.find_gaps(cg.load_dataset("toy"))
    return (cg.load_dataset("qujing"),)


def balance_of_focus(ds: Any) -> int:
    import chaingraph as cg

    return len([cg.open_study(ds).state().gap])


def balance_of_cities(ds: Any) -> int:
    import chaingraph as cg

    return len([state.gap for state in cg.open_study(ds).states("city")])


def qujing_state(folder: Path) -> Prepared:
    import chaingraph as cg

    return (cg.open_study(*qujing(folder)).state(),)


def what_ifs(state: Any) -> int:
    """Put one more plant into the region, another each time, and read its gaps."""
    ids = state.study.product_graph.ids
    rows = ([{"product_id": ids[i % len(ids)], "capacity": 10.0}] for i in range(WHAT_IFS))
    return len([state.with_capacity(row).gap_value for row in rows])


def survey_plan(state: Any) -> int:
    import chaingraph as cg

    return len(cg.plan_survey(state).frame)


def solver(folder: Path, columns: int = 0) -> Prepared:
    """Return graph, goal (one column a region) and shares."""
    import numpy as np
    import pandas as pd
    import scipy.sparse.csgraph  # noqa: F401

    from chaingraph.frames import checked_frames
    from chaingraph.products import product_graph, split_alternatives
    from chaingraph.rawtables import Package

    frames = {t: pd.read_parquet(folder / f"{t}.parquet") for t in ("products", "inputs")}
    tables, _ = checked_frames(frames, Package("province", None))
    graph = product_graph(tables["products"], tables["inputs"])
    nothing = np.zeros(graph.size)
    share = split_alternatives(graph, local=nothing, present=nothing > 0, national=nothing)
    generator = np.random.default_rng(1)
    goal = generator.random((graph.size, columns or 1)) * (
        generator.random((graph.size, columns or 1)) < 0.02
    )
    return graph, goal if columns else goal[:, 0], share


def solver_regions(folder: Path) -> Prepared:
    return solver(folder, REGIONS)


def ours_requirements(graph: Any, goal: Any, share: Any) -> Any:
    from chaingraph.solving import total_requirements

    return total_requirements(graph, goal, share).total


def bare_requirements(graph: Any, goal: Any, share: Any) -> Any:
    """x <- y + A x to 1e-10 of the largest figure: no check of loops, no residual of each product."""
    import numpy as np
    from scipy.sparse import csr_array

    matrix = csr_array(
        (graph.amount * share, (graph.source, graph.target)), shape=(graph.size,) * 2
    )
    total = goal
    while True:
        following = goal + matrix @ total
        if np.abs(following - total).max() <= 1e-10 * np.abs(following).max():
            return following
        total = following


def networkx_regions(graph: Any, goal: Any, share: Any) -> Any:
    """A pass in topological order over the graph without its loops (so not even right), a few regions."""
    import networkx as nx

    whole = nx.DiGraph()
    whole.add_nodes_from(range(graph.size))
    amount = (graph.amount * share).tolist()
    for source, target, units in zip(
        graph.source.tolist(), graph.target.tolist(), amount, strict=True
    ):
        if units > 0 and source < target:  # ids rise with the layer: what points back is left out
            whole.add_edge(target, source, units=units)
    start = time.perf_counter()
    for region in range(NETWORKX_REGIONS):
        need = dict(enumerate(goal[:, region].tolist()))
        for node in nx.topological_sort(whole):
            for below, link in whole[node].items():
                need[below] += need[node] * link["units"]
    return (time.perf_counter() - start) * REGIONS / NETWORKX_REGIONS


def load_structure(folder: Path) -> Any:
    import chaingraph as cg

    return cg.load_dataset(folder)


def structure(folder: Path) -> Prepared:
    import chaingraph.analysis.trace  # noqa: F401

    ds = load_structure(folder)
    degree = ds.inputs["output_id"].value_counts()
    return ds, degree.index[0], ds.inputs["input_id"].value_counts().index[0]


def trace_both(ds: Any, high: str, low: str) -> Any:
    import chaingraph as cg

    up = cg.trace_product(ds, high, direction="up")
    return len(up), len(cg.trace_product(ds, low, direction="down"))


def trade(_: Path) -> Prepared:
    """Return amounts of 340 regions and 1,000 products in long form, a fifth of them above 0."""
    import numpy as np
    import pandas as pd

    import chaingraph.analysis.relatedness  # noqa: F401

    generator = np.random.default_rng(1)
    shape = (RELATED_REGIONS, RELATED_PRODUCTS)
    amounts = generator.lognormal(size=shape) * (generator.random(shape) < 0.2)
    region, product = np.divmod(np.arange(amounts.size), RELATED_PRODUCTS)
    names = {
        "region": [f"r{i:04d}" for i in region],
        "product": [f"p{i:05d}" for i in product],
    }
    return (pd.DataFrame({"year": 1} | names | {"amount": amounts.ravel()}),)


def trade_ecomplexity(folder: Path) -> Prepared:
    import ecomplexity  # noqa: F401

    return trade(folder)


def trade_matrix(folder: Path) -> Prepared:
    """Return the same amounts, region by product."""
    (rows,) = trade(folder)
    return (rows["amount"].to_numpy().reshape(RELATED_REGIONS, RELATED_PRODUCTS),)


def ours_arrays(amounts: Any) -> Any:
    """From region by product to RCA, density, ECI and PCI as arrays."""
    from chaingraph.analysis import relatedness

    advantage = relatedness.rca(amounts)
    made = advantage >= 1
    density = relatedness.density(made, relatedness.proximity(made))
    return advantage, density, relatedness.complexity(made)


def ours_relatedness(rows: Any) -> Any:
    """From the long table to RCA, density, ECI and PCI as columns of it."""
    import numpy as np
    import pandas as pd

    region, regions = pd.factorize(rows["region"])
    product, products = pd.factorize(rows["product"])
    place = region * len(products) + product
    amounts = np.zeros((len(regions), len(products)))
    amounts.put(place, rows["amount"].to_numpy())
    advantage, density, found = ours_arrays(amounts)
    columns = {name: rows[name] for name in rows}
    columns |= {"rca": advantage.take(place), "density": density.take(place)}
    columns |= {"eci": found.eci[region], "pci": found.pci[product]}
    return pd.DataFrame(columns, copy=False)


def reference_relatedness(rows: Any) -> Any:
    from references import ecomplexity_pass

    return ecomplexity_pass(rows)


def seen(folder: Path) -> Prepared:
    """Return a region's state and all that is read for 100 gaps of it."""
    import numpy as np

    import chaingraph as cg
    from chaingraph.analysis.study import open_study, region_state
    from chaingraph.recruit.ranking import open_view

    study = open_study(cg.load_dataset(folder, engine="polars"))
    state = region_state(study, cg.list_regions(study.dataset).frame["region"].iloc[0])
    gaps = np.random.default_rng(0).choice(study.product_graph.size, GAPS, replace=False)
    return state, open_view(state, gaps.tolist())


def score_view(state: Any, view: Any) -> Any:
    """Measure 14 features of every candidate, score, rank, and say how firm each rank is."""
    from chaingraph.recruit.ranking import rank_view
    from chaingraph.recruit.scoring import read_weights

    ranking = rank_view(state, view, read_weights(None), "logit")
    return ranking.rows[ranking.rank <= TOP]


def matrix(folder: Path) -> Prepared:
    """Return 14 features of a million candidates, and weights for each gap."""
    import numpy as np

    del folder
    rng = np.random.default_rng(0)
    return rng.random((CANDIDATES, FEATURES)), rng.random((FEATURES, GAPS))


def numpy_blocks(features: Any, weights: Any) -> Any:
    """Score every candidate for every gap, ten gaps at a time, and keep the top 20 of each."""
    import numpy as np

    found = []
    for first in range(0, GAPS, 10):
        block = -(features @ weights[:, first : first + 10]).T
        top = np.argpartition(block, TOP, axis=1)[:, :TOP]
        order = np.argsort(np.take_along_axis(block, top, axis=1), axis=1)
        found.append(np.take_along_axis(top, order, axis=1))
    return found


def targets_end_to_end(folder: Path) -> Any:
    import chaingraph as cg

    ds = cg.load_dataset(folder, engine="polars")
    region = cg.list_regions(ds).frame["region"].iloc[0]
    return cg.rank_targets(
        ds, ds.products["product_id"].iloc[:GAPS].tolist(), region=region, limit=TOP
    )


TASKS = {
    "targets-ours": (seen, score_view),
    "targets-numpy": (matrix, numpy_blocks),
    "targets-all": (place, targets_end_to_end),
    "polars-ours": (scan, ours_pass),
    "polars-by-hand": (scan, polars_by_hand),
    "pandas-ours": (read, ours_pass),
    "pandas-by-hand": (read, pandas_by_hand),
    "gaps": (place, gaps_end_to_end),
    "points": (place, points_end_to_end),
    "balance": (qujing, balance_of_focus),
    "balance-cities": (qujing, balance_of_cities),
    "survey": (qujing_state, survey_plan),
    "what-ifs": (qujing_state, what_ifs),
    "requirements-ours": (solver, ours_requirements),
    "requirements-bare": (solver, bare_requirements),
    "requirements-300-ours": (solver_regions, ours_requirements),
    "requirements-300-bare": (solver_regions, bare_requirements),
    "requirements-300-networkx": (solver_regions, networkx_regions),
    "relatedness-ours": (trade, ours_relatedness),
    "relatedness-arrays": (trade_matrix, ours_arrays),
    "relatedness-ecomplexity": (trade_ecomplexity, reference_relatedness),
    "structure-load": (place, load_structure),
    "structure-trace": (structure, trace_both),
}


def main() -> None:
    """Run one task and print what it took as JSON."""
    name, folder = sys.argv[1], Path(sys.argv[2])
    prepare, task = TASKS[name]
    prepared = prepare(folder)
    wall, cpu = time.perf_counter(), time.process_time()
    result = task(*prepared)
    seconds, cpu = time.perf_counter() - wall, time.process_time() - cpu
    if name == "requirements-300-networkx":
        seconds = cpu = result  # scaled from a few regions
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "cpu": cpu, "peak_mb": peak}))


if __name__ == "__main__":
    main()
