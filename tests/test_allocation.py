"""Who is served by whom: worked by hand, and invariants on random cases."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaingraph.allocation import OwnUse, allocate, contested, read_recipe
from chaingraph.products import product_graph
from chaingraph.quantity import Quantity
from tests.test_properties import examples

NAN, INF = float("nan"), float("inf")


class Case:
    """A small economy: links (input, output, coefficient, group, share), and what runs and could run."""

    def __init__(self, links, output, supply, *, national=None, own=None, wanted=None, value=None):
        rows = [(*link, *[None, NAN][len(link) - 3 :]) for link in links]
        names = ["input_id", "output_id", "coefficient", "alternative_group", "share"]
        inputs = pd.DataFrame(rows, columns=names).assign(low=NAN, high=NAN, role="consumed")
        ids = sorted({x for link in links for x in link[:2]})
        self.graph = graph = product_graph(pd.DataFrame({"product_id": ids}), inputs)
        self.recipe = read_recipe(graph)

        def amounts(given):
            ends = np.zeros((3, graph.size))
            for name, figure in given.items():
                ends[:, graph.find(name)] = figure if isinstance(figure, tuple) else (figure,) * 3
            return Quantity.of(*ends)

        def vector(given, empty):
            values = np.full(graph.size, empty)
            for name, figure in (given or {}).items():
                values[graph.find(name)] = figure
            return values

        served = np.zeros(len(graph.source))
        for (made, used), amount in (own or {}).items():
            pairs = list(zip(graph.source.tolist(), graph.target.tolist(), strict=True))
            served[pairs.index((graph.find(made), graph.find(used)))] = amount
        self.options = {
            "output": amounts(output),
            "supply": amounts(supply),
            "own": OwnUse(Quantity.known(served), served),
            "wanted": vector(wanted, 0.0),
            "national": vector(national, NAN),
            "value": vector(value, NAN),
        }
        self.answer = allocate(self.recipe, **self.options)

    def __call__(self, column, name):
        part = getattr(self.answer, column).take([self.graph.find(name)])
        return [float(part.low[0]), float(part.point[0]), float(part.high[0])]


CHOICE = [("lfp", "cell", 100, "c"), ("ncm", "cell", 100, "c")]


def same(found, expected):
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-6)


def test_a_member_without_a_figure_leaves_both_open():
    case = Case(CHOICE, {"cell": 10}, {"lfp": 100, "ncm": (0, NAN, INF)})
    for name in ("lfp", "ncm"):
        same(case("demand", name), [0, NAN, 1000])
        same(case("gap", name), [0, NAN, 900])
    same([case.answer.group_gap.low[0], case.answer.group_gap.high[0]], [0, 9])
    assert case.answer.gap.has("either_or")[case.graph.find("lfp")]


def test_plant_sizes_narrow_it():
    case = Case(
        CHOICE, {"cell": 10}, {"lfp": 100, "ncm": (0, 200, 400)}, national={"lfp": 1, "ncm": 1}
    )
    same(case("demand", "lfp"), [100, 450, 1000])
    same(case("demand", "ncm"), [0, 550, 900])
    same(case("gap", "lfp"), [0, 350, 900])
    same(case("gap", "ncm"), [0, 350, 900])


def test_a_member_without_a_coefficient_bounds_the_other():
    links = [("lfp", "cell", 2200, "c"), ("ncm", "cell", NAN, "c")]
    case = Case(links, {"cell": 10}, {"lfp": 22_000, "ncm": 100})
    same(case("demand", "lfp"), [0, NAN, 22_000])
    same(case("gap", "lfp"), [0, 0, 0])
    same(case("demand", "ncm"), [0, NAN, INF])
    same(case("gap", "ncm"), [0, NAN, INF])


def test_alternatives_share_by_what_can_run():
    case = Case(CHOICE, {"cell": 10}, {"lfp": 200, "ncm": 800})
    same(case("demand", "lfp"), [200, 200, 200])
    same(case("demand", "ncm"), [800, 800, 800])
    same(case("gap", "lfp"), [0, 0, 0])


def test_single_choices_are_served_first():
    links = [("lfp", "c1", 100, "c"), ("ncm", "c1", 100, "c"), ("lfp", "c2", 100)]
    case = Case(links, {"c1": 1, "c2": 1}, {"lfp": 100, "ncm": 100})
    for name in ("lfp", "ncm"):
        same(case("demand", name), [100, 100, 100])
        same(case("gap", name), [0, 0, 0])


def test_a_maker_with_a_phase_without_figure():
    case = Case([("foil", "cell", 100)], {"cell": 10}, {"foil": (100, NAN, INF)})
    same(case("gap", "foil"), [0, NAN, 900])
    case = Case([("foil", "cell", 100)], {"cell": 10}, {"foil": (100, 200, 400)})
    same(case("gap", "foil"), [600, 800, 900])


def test_a_user_without_a_figure_leaves_no_surplus():
    case = Case([("foil", "cell", 100)], {"cell": (10, NAN, INF)}, {"foil": 1500})
    same(case("demand", "foil"), [1000, NAN, INF])
    same(case("gap", "foil"), [0, NAN, INF])


def test_own_use_serves_its_own_site_only():
    """Site a makes 100 wafers and 100 cells, site b 100 cells: b lacks 100, a nothing."""
    case = Case([("wafer", "cell", 1)], {"cell": 200}, {"wafer": 100}, own={("wafer", "cell"): 100})
    same(case("demand", "wafer"), [200, 200, 200])
    same(case("own_use", "wafer"), [100, 100, 100])
    same(case("merchant", "wafer"), [0, 0, 0])
    same(case("gap", "wafer"), [100, 100, 100])


def test_own_use_leaves_the_rest_for_others():
    """A refinery of 1.4 Mt beside its smelter that takes 0.965 Mt has 435 kt to sell."""
    case = Case(
        [("alumina", "metal", 1.93)], {"metal": 0.5e6}, {"alumina": 1.4e6},
        own={("alumina", "metal"): 0.5e6},
    )  # fmt: skip
    same(case("gap", "alumina"), [0, 0, 0])
    same(case("merchant", "alumina"), [435_000] * 3)


def test_one_load_for_both_ends_of_own_use():
    """A site that runs between half and full always serves itself: no gap at any load."""
    links = [("wafer", "cell", 1)]
    case = Case(links, {"cell": (50, 75, 100)}, {"wafer": 100})
    own = OwnUse(Quantity.of([50], [75], [100]), np.array([100.0]))
    answer = allocate(case.recipe, **case.options | {"own": own})
    place = case.graph.find("wafer")
    assert answer.gap.high[place] == 0
    assert (answer.merchant.low[place], answer.merchant.high[place]) == (0, 50)


def test_what_is_bought_outside_follows_the_national_mix():
    case = Case(CHOICE, {"cell": 10}, {}, national={"lfp": 3, "ncm": 1})
    same(case("demand", "lfp"), [0, 750, 1000])
    same(case("demand", "ncm"), [0, 250, 1000])
    assert case.answer.group_gap.point[0] == 10
    unknown = Case(CHOICE, {"cell": 10}, {}, national={"lfp": 3})
    same(unknown("demand", "lfp"), [0, NAN, 1000])


def test_stated_shares_are_no_choice():
    links = [("lfp", "cell", 100, "c", 0.7), ("ncm", "cell", 100, "c", 0.3)]
    case = Case(links, {"cell": 10}, {"ncm": 1000})
    same(case("demand", "lfp"), [700] * 3)
    same(case("gap", "lfp"), [700] * 3)
    assert not len(case.answer.group_gap)


RIVALS = [
    ("lfp", "c1", 100, "c"),
    ("ncm", "c1", 100, "c"),
    ("lfp", "c2", 100, "d"),
    ("lmo", "c2", 100, "d"),
]


def test_groups_that_want_one_supply_leave_the_least_gap():
    """c2 could take lfp or lmo, c1 lfp or ncm: with 100 lfp and 100 lmo only, c1 takes the lfp."""
    case = Case(RIVALS, {"c1": 1, "c2": 1}, {"lfp": 100, "lmo": 100})
    same(case("demand", "lfp"), [100] * 3)
    same(case("demand", "lmo"), [100] * 3)
    same(case("gap", "lfp"), [0] * 3)
    same(case("gap", "ncm"), [0] * 3)


def test_a_contested_supply_is_not_counted_twice():
    links = [*RIVALS[:3], ("ncm", "c2", 100, "d")]
    case = Case(links, {"c1": 1, "c2": 1}, {"lfp": 120, "ncm": 100})
    same(case("demand", "lfp"), [100, 200 * 120 / 220, 120])
    same(case("demand", "ncm"), [80, 200 * 100 / 220, 100])


def test_a_contest_needs_two_groups_that_want_a_local_supply():
    group, product = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 2])
    room = np.array([5.0, 0.0, 5.0, 0.0])
    assert contested(group, product, room, np.array([1.0, 1.0])).all()
    assert not contested(group, product, room, np.array([1.0, 0.0])).any()
    assert not contested(group, product, np.zeros(4), np.array([1.0, 1.0])).any()


PRODUCTS = ["a", "b", "c", "d"]


@st.composite
def economies(draw):
    amount = st.integers(0, 20).map(float)

    def interval():
        low, point, high = sorted(draw(st.tuples(amount, amount, amount)))
        if draw(st.integers(0, 4)) == 0:
            return (low, NAN, INF)
        return (low, point, high)

    links = []
    for output in ("x", "y"):
        for name in PRODUCTS:
            kind = draw(st.sampled_from(["none", "single", "g", "g", "h"]))
            if kind != "none":
                unit = float(draw(st.sampled_from([1, 2, 5])))
                links.append((name, output, unit, None if kind == "single" else kind))
    if not links:
        links.append(("a", "x", 1.0, None))
    outputs = {name: interval() for name in {link[1] for link in links}}
    supply = {name: interval() for name in {link[0] for link in links}}
    return links, outputs, supply


@examples(10, shrink=False)
@given(economies())
def test_the_figure_lies_within_the_ends(economy):
    links, outputs, supply = economy
    case = Case(links, outputs, supply, national=dict.fromkeys(supply, 1.0))
    for name in ("demand", "gap", "group_gap"):
        part = getattr(case.answer, name)
        assert (part.low <= part.high).all()
        known = ~np.isnan(part.point)
        assert (part.low[known] <= part.point[known]).all()
        assert (part.point[known] <= part.high[known]).all()
        assert (part.low >= 0).all()


@examples(10, shrink=False)
@given(economies(), st.integers(1, 30))
def test_another_maker_never_raises_an_end_of_a_gap(economy, more):
    links, outputs, supply = economy
    before = Case(links, outputs, supply)
    for name in supply:
        low, point, high = supply[name]
        after = Case(links, outputs, supply | {name: (low + more, point + more, high + more)})
        for column in ("gap", "group_gap"):
            old, new = getattr(before.answer, column), getattr(after.answer, column)
            assert (new.low <= old.low + 1e-5).all()
            assert (new.high <= old.high + 1e-5).all()


@examples(10, shrink=False)
@given(economies(), st.sampled_from([0.0, 0.25, 1.0]))
def test_filling_an_unknown_never_widens(economy, place):
    links, outputs, supply = economy
    before = Case(links, outputs, supply)
    for name, (low, _, high) in supply.items():
        value = low + place * (min(high, 40.0) - low)
        after = Case(links, outputs, supply | {name: (value, value, value)})
        for column in ("demand", "gap"):
            old, new = getattr(before.answer, column), getattr(after.answer, column)
            assert (new.low >= old.low - 1e-5).all()
            assert (new.high <= old.high + 1e-5).all()


def test_points_alone_are_those_of_the_whole():
    case = Case(CHOICE, {"cell": 10}, {"lfp": 100, "ncm": 300}, national={"lfp": 1, "ncm": 1})
    lean = allocate(case.recipe, **case.options, lean=True)
    same(lean.demand.point, case.answer.demand.point)
    same(lean.gap.point, case.answer.gap.point)


def test_an_output_without_end_does_not_loosen_the_least_that_is_taken():
    """x takes c or d, y c or two of d; with at most one d the other takes a unit of c."""
    links = [("c", "x", 1, "g"), ("d", "x", 1, "g"), ("c", "y", 1, "g"), ("d", "y", 2, "g")]
    runs = {"x": (1, NAN, INF), "y": (1, NAN, INF)}
    for c, d, least in (((1, NAN, INF), (0, 0, 1), 1), (1, 0.25, 1), (10, (0, 0, 1), 1)):
        same(Case(links, runs, {"c": c, "d": d})("demand", "c"), [least, NAN, INF])


def test_the_most_that_is_taken_may_come_with_the_least_supply():
    """With none of a the one b leaves x or y without: two a are bought for y, and only one for x."""
    links = [("a", "x", 1, "g"), ("b", "x", 1, "g"), ("a", "y", 2, "g"), ("b", "y", 1, "g")]
    case = Case(links, {"x": 1, "y": 1}, {"a": (0, 0, 1), "b": 1})
    assert case("demand", "a")[2] == pytest.approx(2)
    assert case("gap", "a")[2] == pytest.approx(2)


@pytest.mark.parametrize("order", [[0, 1, 2, 3], [3, 1, 0, 2]])
def test_row_order_changes_nothing(order):
    case = Case([RIVALS[i] for i in order], {"c1": 1, "c2": 1}, {"lfp": 150, "lmo": 20})
    first = Case(RIVALS, {"c1": 1, "c2": 1}, {"lfp": 150, "lmo": 20})
    for column in ("demand", "gap"):
        for name in ("lfp", "ncm", "lmo"):
            same(case(column, name), first(column, name))
