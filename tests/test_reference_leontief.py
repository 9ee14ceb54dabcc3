"""Total requirements against published and independently computed numbers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import chaingraph as cg
from chaingraph import solving
from chaingraph.loops import find_loops, spectral_radius, strong_components
from chaingraph.products import goal_vector, product_graph
from chaingraph.solving import loops_of, total_requirements


def graph_of(matrix, names=None):
    """Return the product graph of a coefficient matrix and a share of 1 for each link."""
    matrix = np.asarray(matrix, dtype=float)
    names = names or [f"p{i:03d}" for i in range(len(matrix))]
    rows, columns = np.nonzero(matrix)
    inputs = pd.DataFrame(
        {
            "input_id": [names[i] for i in rows],
            "output_id": [names[j] for j in columns],
            "coefficient": matrix[rows, columns],
        }
    )
    ds = cg.dataset_from_frames({"products": pd.DataFrame({"product_id": names}), "inputs": inputs})
    return product_graph(ds.products, ds.inputs), np.ones(len(rows))


# Miller and Blair 2009, section 2.3: two sectors, Z, f and x of the first example.
FLOWS = np.array([[150.0, 500.0], [200.0, 100.0]])
OUTPUT = np.array([1000.0, 2000.0])
COEFFICIENTS = FLOWS / OUTPUT


def test_textbook_coefficients():
    assert COEFFICIENTS.tolist() == [[0.15, 0.25], [0.20, 0.05]]
    assert (FLOWS.sum(axis=1) + np.array([350, 1700])).tolist() == OUTPUT.tolist()


@pytest.mark.parametrize(
    ("final", "expected"),
    [
        ([350, 1700], [1000, 2000]),  # the old final demand gives back the old outputs
        ([600, 1500], [1247.5, 1841.6]),  # the new one: x printed in the book with one decimal
    ],
)
def test_textbook_outputs(final, expected):
    graph, share = graph_of(COEFFICIENTS)
    found = total_requirements(graph, np.array(final, dtype=float), share)
    assert found.total == pytest.approx(expected, abs=0.05)
    inverse = np.linalg.inv(np.eye(2) - COEFFICIENTS)
    assert found.total == pytest.approx(inverse @ final, rel=1e-9)
    assert found.residual <= 1e-10
    assert found.rounds > 2


@pytest.fixture(scope="module")
def pymrio_system():
    """Return A and L of pymrio's test system: 6 regions with 8 sectors each."""
    pymrio = pytest.importorskip("pymrio")
    system = pymrio.load_test().calc_all()
    return system.A.to_numpy(), system.L.to_numpy()


def test_pymrio_all_columns(pymrio_system):
    coefficients, inverse = pymrio_system
    graph, share = graph_of(coefficients)
    found = total_requirements(graph, np.eye(len(coefficients)), share)
    assert found.total == pytest.approx(inverse, abs=1e-8)


def test_pymrio_unit_goal_sums_to_the_documented_figure(pymrio_system):
    # 55.1196165: sum of all 48 x 48 entries of the Leontief inverse of pymrio's test system, which is
    # the total requirement, summed over products, of one unit of final demand for every product.
    coefficients, inverse = pymrio_system
    graph, share = graph_of(coefficients)
    one_of_each = total_requirements(graph, np.ones(len(coefficients)), share).total
    assert one_of_each.sum() == pytest.approx(55.1196165, abs=5e-8)
    assert inverse.sum() == pytest.approx(55.1196165, abs=5e-8)


def test_pymrio_flows_bring_back_its_outputs(pymrio_system):
    pymrio = pytest.importorskip("pymrio")
    system = pymrio.load_test().calc_all()
    graph, share = graph_of(pymrio_system[0])
    found = total_requirements(graph, system.Y.sum(axis=1).to_numpy(), share).total
    assert found == pytest.approx(system.x["indout"].to_numpy(), rel=1e-8)


def test_recycling_closed_form(build):
    # 1 t of can takes 0.9 t of metal; each t of metal takes 0.8 t of used cans (recycled) and 0.3 t of
    # ore: x_can = 100 + 0.8 x_metal, x_metal = 0.9 x_can, so x_can = 100 / (1 - 0.72) = 357.142857.
    ds = build(
        "can metal ore", [("metal", "can", 0.9), ("can", "metal", 0.8), ("ore", "metal", 0.3)], None
    )
    result = cg.calculate_requirements(ds, {"can": 100})
    required = result.frame.set_index("product_id")["required"]
    can = 100 / (1 - 0.72)
    assert required.to_dict() == pytest.approx(
        {"can": can, "metal": 0.9 * can, "ore": 0.27 * can}, rel=1e-8
    )
    assert result.params["residual"] <= 1e-10


def test_loop_that_takes_more_than_it_gives_is_named(build):
    ds = build(
        "ash brine coal", [("ash", "brine", 2), ("brine", "ash", 0.5), ("coal", "ash", 1)], None
    )
    with pytest.raises(cg.LoopError, match=r"ash -> brine .*takes more than it gives .*radius 1\)"):
        cg.calculate_requirements(ds, {"ash": 1})
    with pytest.raises(cg.LoopError, match="ash -> brine"):
        cg.trace_product(ds, "ash")
    assert cg.calculate_requirements(ds, {"coal": 1}).frame["required"].tolist() == [1]  # no loop


def test_product_that_takes_more_than_itself_is_named(build):
    ds = build("ash coal", [("ash", "ash", 1.2), ("coal", "ash", 1)], None)
    with pytest.raises(cg.LoopError, match="ash takes more than it gives"):
        cg.calculate_requirements(ds, {"ash": 1})


def test_product_that_takes_a_part_of_itself(build):
    ds = build("ash coal", [("ash", "ash", 0.2), ("coal", "ash", 1)], None)
    required = cg.calculate_requirements(ds, {"ash": 4}).frame.set_index("product_id")["required"]
    assert required.to_dict() == pytest.approx({"ash": 5, "coal": 5})


def test_small_figures_are_not_drowned_by_large_ones(build):
    # 1e12 pieces beside a chain a <- b <- c of 1 t each: a residual relative to the largest figure
    # would stop before c is reached.
    products = [("goal", "set"), ("piece", "pcs"), ("a", "t"), ("b", "t"), ("c", "t")]
    links = [("piece", "goal", 1e12), ("a", "goal", 1), ("b", "a", 1), ("c", "b", 1)]
    frame = cg.calculate_requirements(build(products, links, None), {"goal": 1}).frame
    required = frame.set_index("product_id")["required"].to_dict()
    assert required == {"goal": 1, "piece": 1e12, "a": 1, "b": 1, "c": 1}


@pytest.mark.parametrize("seed", range(5))
def test_spectral_radius_against_numpy(seed, monkeypatch):
    matrix = np.random.default_rng(seed).random((6, 6))
    rows, columns = np.nonzero(matrix)
    expected = np.abs(np.linalg.eigvals(matrix)).max()
    assert spectral_radius(6, rows, columns, matrix[rows, columns]) == pytest.approx(expected)
    monkeypatch.setattr("chaingraph.loops._DENSE_LIMIT", 1)  # power iteration
    found = spectral_radius(6, rows, columns, matrix[rows, columns])
    assert found == pytest.approx(expected, rel=1e-9)


def test_power_iteration_on_a_periodic_loop(monkeypatch):
    # A ring of n has n eigenvalues of equal modulus, on which plain power iteration never settles.
    monkeypatch.setattr("chaingraph.loops._DENSE_LIMIT", 1)
    rows = np.arange(4)
    values = np.array([2.0, 0.5, 0.25, 1.0])
    assert spectral_radius(4, rows, (rows + 1) % 4, values) == pytest.approx(0.25**0.25, rel=1e-6)


# Two loops: a-b (0.2 x 0.5: radius sqrt 0.1) and c-d-e (1 x 1 x 0.512: radius 0.8), and f in none.
TWO_LOOPS = {
    ("a", "b"): 0.2, ("b", "a"): 0.5, ("b", "c"): 3.0, ("c", "d"): 1.0, ("d", "e"): 1.0,
    ("e", "c"): 0.512, ("f", "a"): 7.0,
}  # fmt: skip


def two_loops():
    matrix = np.zeros((6, 6))
    for (source, target), value in TWO_LOOPS.items():
        matrix["abcdef".index(source), "abcdef".index(target)] = value
    return graph_of(matrix, list("abcdef"))


def test_two_loops_largest_radius_first():
    loops = loops_of(*two_loops())
    assert [loop.members for loop in loops] == [("c", "d", "e"), ("a", "b")]
    radii = [loop.spectral_radius for loop in loops]
    assert radii == pytest.approx([0.8, 0.1**0.5])
    assert not any(loop.takes_more_than_it_gives for loop in loops)


def test_large_path_gives_the_same(monkeypatch):
    graph, share = two_loops()
    goal = goal_vector(graph, {"e": 2.0})
    small_loops = loops_of(graph, share)
    small = total_requirements(graph, goal, share)
    monkeypatch.setattr(solving, "_SMALL", 0)
    large = total_requirements(graph, goal, share)
    assert loops_of(graph, share) == small_loops
    assert large.total == pytest.approx(small.total, rel=1e-12)
    assert large.rounds == small.rounds


def test_large_path_names_a_product_that_takes_itself(monkeypatch):
    graph, share = graph_of([[1.5, 0.0], [1.0, 0.0]], ["ash", "coal"])
    monkeypatch.setattr(solving, "_SMALL", 0)
    assert [loop.members for loop in loops_of(graph, share)] == [("ash",)]


def test_loops_ignore_members_of_share_zero():
    graph, share = two_loops()
    share[(graph.source == 0) & (graph.target == 1)] = 0.0
    assert [loop.members for loop in loops_of(graph, share)] == [("c", "d", "e")]


def test_components_of_a_long_chain_need_no_recursion():
    count = 50_000
    successors = [[i + 1] for i in range(count - 1)] + [[]]
    found = strong_components(successors)
    assert len(found) == count
    assert found[0] == [count - 1]


def test_find_loops_of_nothing():
    nothing = np.array([], dtype=np.intp)
    assert find_loops(["a"], nothing, nothing, np.array([])) == []


def test_a_loop_that_hardly_gives_more_than_it_takes_is_solved():
    """x = 1 / (1 - 0.999999) by hand: far more rounds than the fixed point is given."""
    rows = {"input_id": ["a", "b"], "output_id": ["b", "a"], "coefficient": [1.0, 0.999999]}
    ds = cg.dataset_from_frames(
        {"products": pd.DataFrame({"product_id": ["a", "b"]}), "inputs": pd.DataFrame(rows)}
    )
    graph = product_graph(ds.products, ds.inputs)
    solved = total_requirements(graph, np.array([1.0, 0.0]), np.ones(2), limit=50)
    assert solved.total == pytest.approx([1e6, 999999.0], rel=1e-6)
