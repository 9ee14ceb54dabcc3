"""What lies around a region, how large plants are, and what to do: on datasets that can be worked out by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from chaingraph.analysis.neighbours import around_region
from chaingraph.analysis.reach import DETOUR, FREIGHT_SHARE, TARIFF
from chaingraph.analysis.study import Study, open_study

if TYPE_CHECKING:
    from chaingraph import Dataset
    from chaingraph.analysis.neighbours import Neighbours
    from chaingraph.analysis.reach import Cells
    from chaingraph.analysis.state import RegionState
    from chaingraph.quantity import Quantity
    from tests.conftest import Build

KM = 6371.0 * np.pi / 180
"""Of one degree along a meridian."""
PRICE = 1000 * TARIFF / FREIGHT_SHARE
"""CNY a tonne of what travels 1,000 km."""
PLACES = {
    "a": {"city": "here", "province": "p", "lat": 30.0, "lon": 100.0},
    "b": {"city": "near", "province": "p", "lat": 31.0, "lon": 100.0},
    "c": {"city": "far", "province": "q", "lat": 34.0, "lon": 100.0},
}


def fact(product: str, measure: str, value: float, **more: Any) -> dict[str, Any]:
    row = {"product_id": product, "measure": measure, "value": value, "date": "2024-06"}
    return row | {"source_url": "https://example.org/a"} | more


def goods(build: Build, makers: list[tuple[Any, ...]], **tables: Any) -> Dataset:
    """Return a dataset in which one unit of `out` takes two of `raw`."""
    tables = {"sites": PLACES, "as_of": "2024-12"} | tables
    tables.setdefault("product_facts", [fact("raw", "plant_size", 100.0, low=40.0)])
    products = [("raw", "t", PRICE), ("out", "t", PRICE)]
    return build(products, [("raw", "out", 2)], makers, **tables)


def place(study: Study, product: str = "raw") -> int:
    return study.product_graph.find(product)


def around(ds: Dataset, region: str = "here") -> dict[str, tuple[float, float, float]]:
    """Return kilometres, unmet demand and spare supply of `raw` by city around a region."""
    study = open_study(ds)
    found = around_region(study.neighbours, study.state(region).region)
    columns = []
    for cells in (found.unmet, found.spare):
        chosen = cells.product == place(study)
        points = cells.amount.point[chosen]
        columns.append(np.bincount(cells.city[chosen], points, len(found.cities)).tolist())
    return {
        city: (round(km, 1), unmet, spare)
        for city, km, unmet, spare in zip(found.cities, found.km.tolist(), *columns, strict=True)
        if km >= 0 and (unmet or spare)
    }


def ends_of(known: Neighbours, cells: Cells, size: int) -> Quantity:
    """Return the amounts of the city `near` by product."""
    chosen = cells.city == known.cities["city"].tolist().index("near")
    return cells.amount.take(chosen).gathered(cells.product[chosen], size)


MAKERS = [("a", "out", 10), ("b", "out", 15), ("b", "raw", 5), ("c", "raw", 50)]


def test_every_other_city_lies_around(build: Build) -> None:
    road = DETOUR * KM
    assert around(goods(build, MAKERS)) == {
        "near": (round(road, 1), 25, 0), "far": (round(4 * road, 1), 0, 50),
    }  # fmt: skip


def test_the_market_is_the_gap_here_and_those_around_each_less_with_distance(build: Build) -> None:
    reach = open_study(goods(build, MAKERS)).state("here").reach
    road = DETOUR * KM / 1000
    spot = 1
    assert reach.km[spot] == pytest.approx(1000)
    assert reach.market.point[spot] == pytest.approx(20 + 25 * np.exp(-road))
    assert reach.spare[spot] == pytest.approx(50 * np.exp(-4 * road))
    assert reach.fill[spot] == 0.5  # 20 of a small plant of 40
    assert reach.verdict[spot] == "alone"
    assert (reach.maker_city[spot], round(reach.maker_km[spot])) == ("near", round(DETOUR * KM))


def test_a_region_holds_none_of_its_own_cities_around_it(build: Build) -> None:
    assert set(around(goods(build, MAKERS), "p")) == {"far"}
    assert around(goods(build, MAKERS), "*") == {}
    assert set(around(goods(build, MAKERS), "here + far")) == {"near"}


def test_the_rest_of_a_city_lies_around_its_county(build: Build) -> None:
    sites = PLACES | {
        "a": PLACES["a"] | {"county": "x"},
        "d": PLACES["a"] | {"county": "y"},
        "e": PLACES["a"] | {"county": "x"},
    }
    makers = [*MAKERS, ("d", "raw", 7), ("e", "raw", 9)]
    found = around(goods(build, makers, sites=sites), "x")
    assert found["here"] == (0, 0, 7)
    assert set(found) == {"here", "near", "far"}
    alone = around(goods(build, [*MAKERS, ("e", "raw", 9)], sites=sites), "x")
    assert set(alone) == {"near", "far"}


def test_a_maker_without_a_figure_is_known_and_adds_nothing(build: Build) -> None:
    ds = goods(build, [("a", "out", 10), ("b", "raw", None), ("c", "raw", 50)])
    reach = open_study(ds).state("here").reach
    assert reach.maker_city[1] == "near"
    assert reach.market.point[1] == 20


def output(city: str, value: float, **more: Any) -> dict[str, Any]:
    row = {"region": city, "product_id": "raw", "year": "2023", "measure": "output", "unit": "t"}
    return row | {"value": value, "source_url": "https://example.org/b"} | more


TOTALS = (
    ([output("near", 5.25)], 5),  # 5% above the rows proves nobody else
    ([output("near", 5.3)], 5.3),
    ([output("near", 9), output("near", 8, measure="capacity")], 8),
    ([output("near", 9), output("near", 7, year="2022")], 9),
    ([output("near", 9, year="2021-12")], 9),  # 36 months
    ([output("near", 9, year="2021-11")], 5),
    ([output("near", 9, measure="capacity", status="with_construction")], 5),
    ([output("p", 90)], 5),
    ([output("nowhere", 90)], 5),
)


def test_totals_of_cities_count_above_their_rows(build: Build) -> None:
    names = [f"raw{i}" for i in range(len(TOTALS))]
    rows = [
        row | {"product_id": name}
        for name, (own, _) in zip(names, TOTALS, strict=True) for row in own
    ]  # fmt: skip
    ds = build(
        " ".join(names), (), [("b", name, 5) for name in names], sites=PLACES, as_of="2024-12",
        outputs=rows,
    )  # fmt: skip
    near = open_study(ds).neighbours
    assert ends_of(near, near.spare, len(names)).point.tolist() == [supply for _, supply in TOTALS]


def test_a_total_of_a_city_without_rows_is_a_known_maker(build: Build) -> None:
    makers = [("a", "out", 10), ("b", "out", 15), ("c", "raw", 50)]
    old = [output("near", 9, year="2019")]
    reach = open_study(goods(build, makers, outputs=old)).state("here").reach
    assert reach.maker_city[1] == "near"
    reach = open_study(goods(build, makers)).state("here").reach
    assert reach.maker_city[1] == "far"


def test_the_ends_around_are_those_of_the_loads(build: Build) -> None:
    facts = [fact("out", "load", 0.5, low=0.4, high=1.0)]
    ds = goods(build, MAKERS, product_facts=facts, load=None)
    study = open_study(ds)
    near, spot, size = study.neighbours, place(study), study.product_graph.size
    unmet = ends_of(near, near.unmet, size)
    # 12, 15 or 30 taken, 5 made
    assert [end[spot] for end in (unmet.low, unmet.point, unmet.high)] == [7, 10, 25]
    full = open_study(ds, load="full").neighbours
    assert ends_of(full, full.unmet, size).point[spot] == 25


def test_by_products_are_supply_around(build: Build) -> None:
    ds = build(
        [("carrier", "t"), ("raw", "t", PRICE), ("out", "t", PRICE)],
        [("carrier", "raw", 10, {"role": "byproduct"}), ("raw", "out", 2)],
        [("a", "out", 10), ("b", "carrier", 100)], sites=PLACES,
    )  # fmt: skip
    assert around(ds)["near"][2] == 10


def test_a_fact_of_a_plant_size_comes_before_the_plants_of_the_data(build: Build) -> None:
    row = fact("", "plant_size", 100.0, low=40.0, high=300.0, date="2022-12")
    old = row | {"date": "2022-11"}  # over 24 months before the date
    cases = {
        "fresh": ([row], 3, (40, 100, 300, "fact")),
        "old": ([old], 3, (40, 100, 300, "fact_old")),
        "newer": ([old, row | {"value": 90.0, "low": None, "high": None}], 3, (90, 90, 90, "fact")),
        "later": ([row | {"date": "2025-01"}], 3, (20, 20, 20, "data")),
        "three": ([], 3, (20, 20, 20, "data")),
        "two": ([], 2, None),
    }
    facts = [row | {"product_id": name} for name, (rows, _, _) in cases.items() for row in rows]
    makers = [(f"s{i}", name, 20) for name, (_, count, _) in cases.items() for i in range(count)]
    study = open_study(build(" ".join(cases), (), makers, as_of="2024-12", product_facts=facts))
    found = study.sizes
    for name, (_, _, expected) in cases.items():
        spot = place(study, name)
        ends = [float(end[spot]) for end in found[:3]]
        if expected is None:
            assert np.isnan(ends).all(), name
            assert found.basis[spot] == "", name
        else:
            assert (*ends, str(found.basis[spot])) == expected, name


def test_a_tonne_costs_the_unit_over_its_mass(build: Build) -> None:
    heavy = fact("", "mass", 50.0)
    cases = {
        "plain": ("t", [], 5000),
        "light": ("kg", [], 5000000),
        "bare": ("GW", [], np.nan),
        "weighed": ("GW", [heavy], 100),
        "weighed_later": ("GW", [heavy | {"date": "2030"}], 100),  # a good keeps its weight
        "by_unit": ("t", [heavy], 5000),
    }
    facts = [row | {"product_id": name} for name, (_, rows, _) in cases.items() for row in rows]
    products = [(name, unit, 5000) for name, (unit, _, _) in cases.items()]
    study = open_study(
        build(products, (), [("a", "plain", 1)], as_of="2024-12", product_facts=facts)
    )
    found = [float(study.tonne[place(study, name)]) for name in cases]
    assert found == pytest.approx([price for *_, price in cases.values()], nan_ok=True)


def words(state: RegionState, product: str = "raw") -> tuple[str, ...]:
    spot, found = place(state.study, product), state.advice
    return tuple(str(getattr(found, name)[spot]) for name in ("verb", "then", "list", "mark"))


def advised(build: Build, **options: Any) -> tuple[str, ...]:
    """Return what to do about `raw`, of which 20 are taken here and three cities elsewhere make it."""
    product, more = options.pop("product", {}), options.pop("more", [])
    figure = options.pop("figure", 1)
    options.setdefault("product_facts", [fact("raw", "plant_size", 100.0, low=40.0)])
    ds = build(
        [("raw", "t", PRICE, product), ("out", "t", PRICE)],
        [("raw", "out", 2)],
        [("a", "out", 10), *((site, "raw", figure) for site in "bcd"), *more],
        sites=PLACES | {"d": {"city": "other"}}, as_of="2024-12", surveyed=False, **options,
    )  # fmt: skip
    return words(open_study(ds).state("here"))


def survey(result: str, method: str = "register") -> list[dict[str, Any]]:
    row = {"region": "here", "products": "raw", "method": method, "as_of": "2024-06"}
    return [row | {"result": result}]


def test_what_nobody_saw_is_looked_for_and_then_recruited(build: Build) -> None:
    assert advised(build) == ("survey", "recruit", "recruit", "")


def test_what_is_confirmed_to_lack_is_recruited(build: Build) -> None:
    assert advised(build, surveys=survey("none")) == ("recruit", "", "recruit", "")


@pytest.mark.parametrize(("low", "then"), [(40.0, "recruit"), (41.0, "contract")])
def test_half_a_small_plant_decides(build: Build, low: float, then: str) -> None:
    facts = [fact("raw", "plant_size", 100.0, low=low)]
    assert advised(build, product_facts=facts)[1] == then


def test_without_a_plant_size_the_size_is_to_be_checked(build: Build) -> None:
    assert advised(build, product_facts=[], figure=None)[1] == "check_size"


def test_restricted_products_are_contracted(build: Build) -> None:
    product = {"restricted": "national cap"}
    assert advised(build, product=product) == ("survey", "contract", "cooperation", "restricted")
    here = advised(build, product=product, more=[("a2", "raw", 5)])
    assert here == ("strengthen", "contract", "cooperation", "restricted")


def test_declining_products_are_not_advised(build: Build) -> None:
    assert advised(build, product={"life_cycle": "declining"}) == (
        "not_advised", "", "cooperation", "declining",
    )  # fmt: skip
    assert advised(build, product={"life_cycle": "mainstream"})[0] == "survey"


def test_a_plant_that_stands_idle_here_comes_first(build: Build) -> None:
    idle = ("a2", "raw", 5, {"status": "suspended"})
    assert advised(build, more=[idle]) == ("revive", "recruit", "recruit", "revive")
    assert advised(build, more=[("a2", "raw", 5, {"status": "closed"})])[0] == "survey"


@pytest.mark.parametrize(
    ("load", "verb"), [(0.49, "not_advised"), (0.5, "survey"), (0.51, "survey")]
)
def test_more_of_what_the_nation_leaves_idle_is_not_advised(
    build: Build, load: float, verb: str
) -> None:
    size = fact("raw", "plant_size", 100.0, low=40.0)
    facts = [fact("out", "load", 0.5, low=0.0, high=1.0), fact("raw", "load", load), size]
    assert advised(build, product_facts=facts, load=None)[0] == verb


def test_an_idle_nation_is_no_reason_against_what_surely_lacks_here(build: Build) -> None:
    size = fact("raw", "plant_size", 100.0, low=40.0)
    facts = [fact("out", "load", 0.5, low=0.1, high=1.0), fact("raw", "load", 0.1), size]
    assert advised(build, product_facts=facts, load=None)[0] == "survey"


def test_goods_of_qujing_travel_as_they_do(qujing: Dataset) -> None:
    state = open_study(qujing).state("曲靖市")
    reach, study = state.reach, state.study

    def told(product: str) -> tuple[str, str]:
        spot = place(study, product)
        return str(reach.reach_class[spot]), str(reach.verdict[spot])

    assert told("nitrogen_gas") == ("local", "own_plant")
    assert told("lithium_carbonate") == ("national", "alone")
    assert told("silver_paste")[0] == "national"
    assert told("coal")[0] == "regional"
    assert told("coal_tar_pitch")[0] == "regional"
    assert told("nitric_acid")[0] == "regional"
    # the prototype's nearest maker of lithium carbonate lies 763 km away
    spot = place(study, "lithium_carbonate")
    assert round(float(reach.maker_km[spot])) == 763
    # a film for a tenth of a small plant is bought, never a reason to build one
    spot = place(study, "poe_film")
    assert reach.fill[spot] < 0.1
    assert reach.verdict[spot] == "contract_only"
