"""Small economies worked out by hand: what is known, what is not, and what it calls for.

Each case stands for a wrong answer that a review found; the amounts are least, figure and most, and a figure
of nan says that none can be given.
"""

from __future__ import annotations

import numpy as np
import pytest

import chaingraph as cg

NAN, INF = float("nan"), float("inf")


class Answer:
    """The balance of one region: ends by column and product, kinds of gaps by product."""

    def __init__(self, ds, **options):
        self.study = cg.open_study(ds, **options)
        self.state = self.study.state()
        self.balance = cg.calculate_balance(self.study).frame.set_index("product_id")
        self.gaps = cg.find_gaps(self.state, draws=0).frame.set_index("product_id")

    def ends(self, column, product):
        row = self.balance.loc[product]
        return [float(row[name]) for name in (f"{column}_low", column, f"{column}_high")]

    def amount(self, name, product):
        part = getattr(self.state, name).take([self.study.product_graph.find(product)])
        return [float(part.low[0]), float(part.point[0]), float(part.high[0])]

    def kind(self, product):
        """Return the kind of gap; a product that calls for nothing is covered."""
        return self.gaps["gap_kind"].get(product, "covered")


def same(found, expected):
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-6)


def choice(lfp, ncm, output="cell"):
    """Return links of an output that takes one of two cathodes."""
    either = {"alternative_group": "cathode"}
    return [("lfp", output, lfp, either), ("ncm", output, ncm, either)]


def elsewhere(product, *figures):
    """Return makers of a product in another city, and their places."""
    makers = [(f"far_{product}{i}", product, figure) for i, figure in enumerate(figures)]
    return makers, {name: {"city": "away"} for name, *_ in makers}


LFP_AND_BARE_NCM = [("cells", "cell", 10), ("a", "lfp", 100), ("b", "ncm", None)]


def test_an_alternative_without_a_figure_leaves_both_open(build):
    """Case 3: 10 GWh take 100 t/GWh of either; 100 t of the one, a maker without figure of the other."""
    answer = Answer(build("lfp ncm cell", choice(100, 100), LFP_AND_BARE_NCM))
    for product in ("lfp", "ncm"):
        same(answer.ends("demand", product), [0, NAN, 1000])
        same(answer.ends("gap", product), [0, NAN, 900])
        assert answer.kind(product) == "unquantified"
    group = answer.state.allocation.group_gap
    same([group.low[0], group.high[0]], [0, 9])


def test_plants_elsewhere_narrow_an_alternative_without_a_figure(build):
    """Case 3b: plants of 50, 200 and 400 t are known of it, and the nation makes as much of both."""
    makers, sites = elsewhere("ncm", 50, 200, 400)
    more, places = elsewhere("lfp", 550)  # with the 100 t here as much as the other
    ds = build(
        "lfp ncm cell", choice(100, 100), [*LFP_AND_BARE_NCM, *makers, *more], sites=sites | places
    )
    answer = Answer(ds)
    same(answer.ends("demand", "lfp"), [100, 450, 1000])
    same(answer.ends("demand", "ncm"), [0, 550, 900])
    for product in ("lfp", "ncm"):
        same(answer.ends("gap", product), [0, 350, 900])
        assert answer.kind(product) == "unquantified"


def test_an_alternative_without_a_coefficient_is_no_reason_for_a_surplus(build):
    """Case 4: 22,000 t at 2200 t/GWh are just enough; of the other nobody knows how much it takes."""
    makers = [("cells", "cell", 10), ("a", "lfp", 11_000), ("b", "lfp", 11_000), ("c", "ncm", 100)]
    answer = Answer(build("lfp ncm cell", choice(2200, None), makers))
    same(answer.ends("demand", "lfp"), [0, NAN, 22_000])
    same(answer.ends("gap", "lfp"), [0, 0, 0])
    assert answer.kind("lfp") == "covered"
    same(answer.ends("demand", "ncm"), [0, NAN, INF])
    assert answer.kind("ncm") == "unquantified"


def test_alternatives_are_split_by_what_can_run(build):
    """Case 5: 800 t of either, but a quarter only of the one can run: 200 and 800 t, no gap."""
    makers = [("cells", "cell", 10)] + [
        (f"{name}{i}", name, 400) for name in ("lfp", "ncm") for i in (1, 2)
    ]
    idle = {"product_id": "lfp", "measure": "availability", "value": 0.25, "date": "2028"}
    answer = Answer(build("lfp ncm cell", choice(100, 100), makers, product_facts=[idle]))
    for product, taken in (("lfp", 200), ("ncm", 800)):
        same(answer.ends("demand", product), [taken] * 3)
        same(answer.ends("gap", product), [0] * 3)
        assert answer.kind(product) == "covered"


def test_who_has_a_choice_leaves_the_supply_to_who_has_none(build):
    """Case 6: one line takes either, the other only lfp, 100 t each; 100 t of both are made."""
    links = [*choice(100, 100, "c1"), ("lfp", "c2", 100)]
    makers = [("x", "c1", 1), ("y", "c2", 1)] + [
        (f"{name}{i}", name, 50) for name in ("lfp", "ncm") for i in (1, 2)
    ]
    answer = Answer(build("lfp ncm c1 c2", links, makers))
    for product in ("lfp", "ncm"):
        same(answer.ends("demand", product), [100] * 3)
        same(answer.ends("gap", product), [0] * 3)
        assert answer.kind(product) == "covered"


def test_a_phase_without_a_figure_leaves_open_how_much_lacks(build):
    """Case 13: 1000 t are taken; one maker has a phase of 100 t and one without figure."""
    makers = [("cells", "cell", 10), ("a", "foil", 100), ("a", "foil", None, {"phase": "2"})]
    answer = Answer(build("foil cell", [("foil", "cell", 100)], makers))
    same(answer.amount("supply", "foil"), [100, NAN, INF])
    same(answer.ends("gap", "foil"), [0, NAN, 900])
    assert answer.kind("foil") == "unquantified"


def test_a_phase_without_a_figure_is_no_larger_than_plants_are(build):
    """Case 13, plants of 20, 100 and 300 t elsewhere: at best 600 t lack, so it is short."""
    far, sites = elsewhere("foil", 20, 100, 300)
    makers = [("cells", "cell", 10), ("a", "foil", 100), ("b", "foil", None), *far]
    answer = Answer(build("foil cell", [("foil", "cell", 100)], makers, sites=sites))
    same(answer.ends("gap", "foil"), [600, 800, 900])
    assert answer.kind("foil") == "short"


def test_a_user_without_a_figure_leaves_no_surplus(build):
    """Case 14: 1500 t are made, 1000 taken, and a second user has no figure."""
    links = [("foil", "cell", 100), ("foil", "can", 1), ("foil", "film", 1)]
    makers = [("a", "foil", 1500), ("cells", "cell", 10), ("cans", "can", None)]
    answer = Answer(build("foil cell can film", links, makers))
    same(answer.ends("demand", "foil"), [1000, NAN, INF])
    assert answer.kind("foil") == "unquantified"
    known = Answer(build("foil cell can film", links, makers[:2]))
    assert known.kind("foil") == "surplus"  # of film, which nobody here makes, it could be used


@pytest.mark.parametrize(
    ("figures", "kind"),
    [
        ((100, None, None), "covered"),  # how large the others are can't be told
        ((1, 1, 1), "covered"),  # several
        ((5,), "single"),
        ((9, 1), "single"),  # 90% of figures that are all known
    ],
)
def test_one_maker_is_told_from_several(build, figures, kind):
    """Case 15: concentration counts only where every maker has a figure."""
    makers = [(f"m{i}", "foil", figure) for i, figure in enumerate(figures)]
    ds = build("foil cell", [("foil", "cell", 1)], [*makers, ("x", "cell", 1)])
    assert Answer(ds).kind("foil") == kind


SITES = [("a", "wafer", 100), ("a", "cell", 100), ("b", "cell", 100)]


def test_a_site_serves_itself_before_others(build):
    """Case 16: site a makes 100 wafers and takes 100, site b takes 100: what lacks is all of b's."""
    anchors = {name: {"anchor": 1} for name in "ab"}
    products = [("wafer", "t", 1), ("cell", "t", 1)]
    ds = build(products, [("wafer", "cell", 1)], SITES, sites=anchors)
    answer = Answer(ds)
    same(answer.ends("gap", "wafer"), [100] * 3)
    assert answer.balance.loc["wafer", ["own_use", "merchant"]].tolist() == [100, 0]
    assert answer.kind("wafer") == "short"
    found = cg.find_anchors(ds).frame
    wafers = found[found["product_id"] == "wafer"].set_index("enterprise_id")
    assert wafers["gap"].to_dict() == {"a": 0, "b": 100}
    content = cg.measure_local_content(ds, by="anchor").frame.set_index("enterprise_id")
    assert content["local_content"].to_dict() == {"a": 1, "b": 0}


def test_a_site_that_only_serves_itself_is_captive(build):
    """Case 16, site a alone."""
    answer = Answer(build("wafer cell", [("wafer", "cell", 1)], SITES[:2]))
    same(answer.ends("gap", "wafer"), [0] * 3)
    assert answer.kind("wafer") == "captive"


def test_a_refinery_beside_its_smelter_has_the_rest_to_sell(build):
    """Case 16d: 1.4 Mt of alumina, the smelter of the same site takes 0.965 Mt."""
    makers = [("wenshan", "alumina", 1.4e6), ("wenshan", "metal", 0.5e6)]
    ds = build("alumina metal", [("alumina", "metal", 1.93)], makers)
    answer = Answer(ds)
    same(answer.ends("gap", "alumina"), [0] * 3)
    same(answer.amount("merchant", "alumina"), [435_000] * 3)


def test_a_by_product_supplies(build):
    """Case 17: 1000 t of the carrier give one of by-product for ten; 100 are taken."""
    links = [
        ("polysi", "sicl4", 10, {"role": "byproduct"}),
        ("sicl4", "silica", 1),
    ]
    answer = Answer(
        build("polysi sicl4 silica", links, [("a", "polysi", 1000), ("b", "silica", 100)])
    )
    same(answer.amount("supply", "sicl4"), [100] * 3)
    same(answer.ends("gap", "sicl4"), [0] * 3)
    assert answer.kind("sicl4") == "covered"


BUILDING = {"status": "construction", "since": "2022"}
RUNNING = {"since": "2023-05"}


@pytest.mark.parametrize(
    ("rows", "capacity"),
    [
        ([(100, BUILDING), (100, RUNNING)], 100),  # the one is the start of the other
        ([(300, BUILDING | {"phase": "2"}), (100, RUNNING | {"phase": "1"})], 340),
    ],
)
def test_a_phase_that_runs_is_no_longer_built(build, rows, capacity):
    """Case 20: construction counts 0.8; what has begun to run counts once, a second phase beside it."""
    makers = [("a", "foil", figure, more) for figure, more in rows]
    answer = Answer(
        build("foil", [], makers, as_of="2023-12"),
        statuses={"operating": 1, "construction": 0.8},
    )
    assert answer.balance.loc["foil", "capacity"] == pytest.approx(capacity)


CELLS = [("lfp", "cell", 2200), ("carbonate", "lfp", 0.24)]


def test_a_goal_is_taken_through_all_stages(build):
    """Case 21: 23 GWh are wanted, 10 made: 13 lack; all 23 take 50,600 t of lfp, and those 12,144 of carbonate."""
    ds = build("carbonate lfp cell", CELLS, [("a", "cell", 10)])
    answer = Answer(ds, goal={"cell": 23}, explode=True)
    assert answer.balance["gap"].to_dict() == pytest.approx(
        {"cell": 13, "lfp": 50_600, "carbonate": 12_144}
    )
    assert {answer.kind(name) for name in ("cell", "lfp", "carbonate")} <= {"short", "missing"}


def test_a_goal_alone_adds_to_what_is_wanted(build):
    """Case 21, not exploded: the cells that run take 22,000 t, whatever is wanted."""
    ds = build("carbonate lfp cell", CELLS, [("a", "cell", 10)])
    answer = Answer(ds, goal={"cell": 23})
    assert answer.balance["gap"].to_dict() == pytest.approx({"cell": 13, "lfp": 22_000})
