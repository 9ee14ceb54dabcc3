"""The benchmarks run, and what they compare is equal, at a size that takes seconds."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import chaingraph as cg
from chaingraph.analysis.loads import read_load
from chaingraph.loops import spectral_radius
from chaingraph.products import product_graph
from chaingraph.solving import total_requirements

pl = pytest.importorskip("polars")
pytest.importorskip("pyarrow")

pytestmark = pytest.mark.slow
FOLDER = Path(__file__).parent.parent / "benchmarks"


@pytest.fixture(scope="module")
def benchmarks():
    """Return the modules of the benchmarks folder, which is no package."""
    sys.path.insert(0, str(FOLDER))
    try:
        import province
        import references
        import tasks

        yield province, references, tasks
    finally:
        sys.path.remove(str(FOLDER))
        for name in ("province", "references", "tasks"):
            sys.modules.pop(name, None)


@pytest.fixture(scope="module")
def folder(benchmarks, tmp_path_factory):
    size = benchmarks[0].Size(products=300, enterprises=800, capacities=6_000, regions=6, parts=2)
    return benchmarks[0].write_province(tmp_path_factory.mktemp("province"), size)


def test_the_files_of_the_memory_benchmark_load(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))
    memory = importlib.import_module("memory")
    monkeypatch.setattr(memory, "CHUNK", 500)
    monkeypatch.setattr(memory, "SITES", 100)
    memory.write_products(tmp_path, 100)
    rows = memory.write_capacities(tmp_path, 60_000)
    ds = cg.load_dataset(tmp_path)
    assert len(ds.capacities) == rows >= 500
    listed = memory.write_list(tmp_path / "list.csv", 2_000)
    assert len(cg.read_enterprise_list(tmp_path / "list.csv")) == listed
    sys.modules.pop("memory")


def test_all_regions_at_once_equal_each_alone(folder):
    ds = cg.load_dataset(folder, engine="polars")
    every = cg.find_gaps(ds, region="city", draws=0).frame
    cities = sorted(set(every["region"]))
    assert len(cities) == 6
    alone = pd.concat(
        [cg.find_gaps(ds, region=city, draws=0).frame for city in cities], ignore_index=True
    )
    pd.testing.assert_frame_equal(every, alone, rtol=1e-9)
    assert set(every["gap_kind"]) >= {"unseen", "coming", "short", "surplus", "single"}
    assert every["open_outputs"].notna().any()


def test_gaps_with_bounds_and_points_alone_are_those_of_the_folder(benchmarks, folder):
    tasks = benchmarks[2].TASKS
    bounds, points = (task(*prepare(folder)) for prepare, task in (tasks["gaps"], tasks["points"]))
    assert set(bounds.frame["gap_kind"]) >= {"short", "surplus"}
    both = bounds.frame.merge(points.frame, on=["region", "product_id"], suffixes=("", "_alone"))
    assert len(both) > 500
    for column in ("demand", "gap"):
        alone = both[f"{column}_alone"]
        pd.testing.assert_series_equal(both[column], alone, check_names=False, rtol=1e-9)


def test_what_ifs_states_and_surveys_are_counted(benchmarks, monkeypatch):
    tasks = benchmarks[2]
    monkeypatch.setattr(tasks, "WHAT_IFS", 3)
    state = tasks.qujing_state(Path())
    assert tasks.what_ifs(*state) == 3
    assert tasks.survey_plan(*state) > 10
    assert tasks.balance_of_focus(*tasks.qujing(Path())) == 1


def test_balance_of_all_regions_equals_each_alone(folder):
    ds = cg.load_dataset(folder, engine="polars")
    every = cg.calculate_balance(ds, region="city").frame
    alone = [cg.calculate_balance(ds, region=city).frame for city in sorted(set(every["region"]))]
    pd.testing.assert_frame_equal(every, pd.concat(alone, ignore_index=True), rtol=1e-9)


@pytest.mark.parametrize("engine", ["polars", "pandas"])
def test_pass_equals_the_one_by_hand(benchmarks, folder, engine):
    tasks = benchmarks[2].TASKS
    results = []
    for kind in ("ours", "by-hand"):
        prepare, task = tasks[f"{engine}-{kind}"]
        frame = task(*prepare(folder))
        results.append(frame.to_pandas() if isinstance(frame, pl.DataFrame) else frame)
    ours, by_hand = results
    by_hand = by_hand[list(ours.columns)]
    pd.testing.assert_frame_equal(ours, by_hand, rtol=1e-9, check_dtype=False)


def test_requirements_equal_the_bare_fixed_point(benchmarks, folder):
    tasks = benchmarks[2]
    graph, goal, share = tasks.solver(folder, 40)
    ours, bare = (
        task(graph, goal, share) for task in (tasks.ours_requirements, tasks.bare_requirements)
    )
    # the bare one stops at 1e-10 of the largest figure, ours at 1e-10 of each
    np.testing.assert_allclose(ours, bare, rtol=1e-8, atol=1e-8 * bare.max())
    single = total_requirements(graph, goal[:, 7], share)
    np.testing.assert_allclose(single.total, ours[:, 7], rtol=1e-8)
    assert single.residual <= 1e-10


def test_province_is_seeded_and_its_loops_give_more_than_they_take(benchmarks, folder, tmp_path):
    province = benchmarks[0]
    size = province.Size(products=300, enterprises=800, capacities=6_000, regions=6, parts=2)
    again = province.write_province(tmp_path, size)
    for part in ("capacities.parquet/part-001.parquet", "inputs.parquet"):
        assert pl.read_parquet(folder / part).equals(pl.read_parquet(again / part))
    ds = cg.load_dataset(folder, engine="polars")
    graph = product_graph(ds.products, ds.inputs)
    assert 0 < spectral_radius(graph.size, graph.source, graph.target, graph.amount) < 1
    assert (graph.group >= 0).any()
    assert read_load({graph.ids[0]: 0.5}, ds) == {graph.ids[0]: 0.5}


def test_structure_without_quantities_loads_and_traces(benchmarks, tmp_path):
    folder = benchmarks[0].write_structure(tmp_path, products=2_000, links=1_500)
    tasks = benchmarks[2]
    up, down = tasks.trace_both(*tasks.structure(folder))
    assert up > 0
    assert down > 0
