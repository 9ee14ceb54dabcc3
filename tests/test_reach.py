"""Size and reach: how far a product travels, and whether a gap carries a plant."""

from __future__ import annotations

import numpy as np
import pytest

from chaingraph.analysis.reach import (
    DETOUR,
    FREIGHT_SHARE,
    LOCAL_KM,
    NATIONAL_KM,
    TARIFF,
    USED_IN_REACH,
    Around,
    Cells,
    Reach,
    Spots,
    classify,
    measure_reach,
    weigh,
)
from chaingraph.quantity import Quantity

HERE = 1000.0
"""Price of a tonne at which a product travels 217 km."""
NAN = float("nan")


def known(*rows: list[float]) -> Quantity:
    """Return amounts of cities that are known exactly."""
    return Quantity.known(np.array(rows, dtype=float).reshape(len(rows), -1))


def cities(km: list[float], demand: list[list[float]], supply: list[list[float]]) -> Around:
    """Return cities around, named by their number; who supplies makes."""
    names = tuple(f"c{i}" for i in range(len(km)))
    taken, made = known(*demand), known(*supply)
    product, city = np.nonzero(made.high.T > 0)
    unmet, spare = Cells.of(taken.minus(made)), Cells.of(made.minus(taken))
    return Around(names, np.array(km), unmet, spare, Spots(city, product))


def reach_of(
    low: float,
    point: float,
    high: float,
    *,
    tonne: float = HERE,
    small: float = 100.0,
    around: Around | None = None,
    utility: bool = False,
) -> Reach:
    """Measure one product."""
    return measure_reach(
        Quantity.of([low], [point], [high]), tonne=np.array([tonne]), small=np.array([small]),
        around=around or Around.nothing(), utility=np.array([utility]),
    )  # fmt: skip


def verdict(*gap: float, **options: object) -> str:
    return str(reach_of(*gap, **options).verdict[0])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("tonne", "km", "name"),
    [
        (280, 61, "local"),  # nitrogen, the analyst's review: 60 to 80 km
        (750, 163, "regional"),  # coal, 163 to 214 km
        (985, 214, "regional"),
        (5730, 1246, "national"),  # alumina at the price of 2024-12
        (4075, 886, "regional"),  # coal-tar pitch
        (1800, 391, "regional"),  # nitric acid
        (75000, 16304, "national"),  # lithium carbonate
        (8000000, 1739130, "national"),  # silver paste
    ],
)
def test_goods_travel_as_far_as_the_reviews_say(tonne: float, km: float, name: str) -> None:
    reach = reach_of(1, 1, 1, tonne=tonne)
    assert round(float(reach.km[0])) == km
    assert reach.reach_class.tolist() == [name]


def test_classes_change_at_their_thresholds() -> None:
    steps = np.array([LOCAL_KM, NATIONAL_KM])
    assert classify(np.nextafter(steps, 0)).tolist() == ["local", "regional"]
    assert classify(steps).tolist() == ["regional", "national"]
    assert classify(np.array([NAN, 0.0])).tolist() == ["unknown", "local"]


def test_reach_is_the_freight_share_of_the_price_over_the_tariff() -> None:
    reach = reach_of(1, 1, 1, tonne=TARIFF / FREIGHT_SHARE * 300)
    assert reach.km[0] == pytest.approx(300)
    assert DETOUR == 1.3


LIMIT = USED_IN_REACH * 100
"""What a small plant of 100 must find used in its reach."""
LESS = float(np.nextafter(LIMIT, 0))


@pytest.mark.parametrize(
    ("gap", "expected"),
    [
        ((LIMIT, 60, 70), "alone"),
        ((LESS, 60, 70), "alone_if"),
        ((0, LIMIT, 70), "alone_if"),
        ((0, LESS, 70), "contract_only"),
        ((0, LESS, np.inf), "contract_only"),
        ((0, 0, 0), ""),
        ((0, NAN, LESS), "contract_only"),
        ((0, NAN, LIMIT), "unknown"),
        ((LIMIT, NAN, np.inf), "alone"),
    ],
)
def test_a_plant_stands_on_half_its_output(gap: tuple[float, ...], expected: str) -> None:
    assert verdict(*gap) == expected


@pytest.mark.parametrize(
    ("demand", "supply", "expected"),
    [
        ([[40.0]], [[0.0]], "neighbours"),  # 20 here and 40 there, beside each other
        ([[30.0]], [[0.0]], "neighbours"),  # exactly half a plant
        ([[29.0]], [[0.0]], "contract_only"),
        ([[40.0], [0.0]], [[0.0], [10.0]], "neighbours"),  # a spare 10 leaves 50
        ([[40.0], [0.0]], [[0.0], [10.5]], "contract"),  # others have the plant
        ([[40.0]], [[40.0]], "contract_only"),  # served where it is wanted
    ],
)
def test_neighbours_make_up_what_is_lacking(
    demand: list[list[float]], supply: list[list[float]], expected: str
) -> None:
    around = cities([0.0] * len(demand), demand, supply)
    assert verdict(20, 20, 20, around=around) == expected


def test_what_lies_farther_counts_less() -> None:
    km = FREIGHT_SHARE * HERE / TARIFF
    around = cities([km, 2 * km], [[100.0], [0.0]], [[10.0], [50.0]])
    reach = reach_of(20, 20, 20, around=around)
    assert reach.market.point[0] == pytest.approx(20 + 90 * np.exp(-1))
    assert reach.spare[0] == pytest.approx(50 * np.exp(-2))


def test_the_ends_of_the_market_are_those_of_demand_and_supply_around() -> None:
    demand = Quantity.of([[20.0]], [[30.0]], [[40.0]])
    supply = Quantity.of([[10.0]], [[15.0]], [[25.0]])
    around = Around(
        ("c",), np.zeros(1), Cells.of(demand.minus(supply)), Cells.of(supply.minus(demand)),
        Spots(np.array([0]), np.array([0])),
    )  # fmt: skip
    reach = reach_of(1, 2, 3, around=around)
    assert [float(end[0]) for end in (reach.market.low, reach.market.point, reach.market.high)] == [
        1, 17, 33,
    ]  # fmt: skip
    assert reach.spare.tolist() == [0]


def test_a_place_nobody_knows_counts_nothing() -> None:
    around = cities([NAN], [[1000.0]], [[0.0]])
    assert reach_of(20, 20, 20, around=around).market.point.tolist() == [20]
    assert weigh(np.array([0.0, 5.0, 0.0, NAN]), np.array([0.0, NAN, NAN, 1.0])).tolist() == [0] * 4


@pytest.mark.parametrize(
    ("tonne", "small"), [(NAN, 100.0), (HERE, NAN), (HERE, 0.0)], ids=["price", "plant", "no plant"]
)
def test_without_a_price_or_a_size_nothing_is_said(tonne: float, small: float) -> None:
    assert verdict(1e6, 1e6, 1e6, tonne=tonne, small=small) == "unknown"


def test_without_a_price_the_market_is_open_upwards() -> None:
    around = cities([0.0], [[1000.0]], [[10.0]])
    reach = reach_of(20, 20, 20, tonne=NAN, around=around)
    assert str(reach.market) == "at least 20"
    assert np.isnan(reach.spare[0])
    assert reach.reach_class.tolist() == ["unknown"]


def test_a_utility_of_local_reach_is_made_at_its_users() -> None:
    near = TARIFF / FREIGHT_SHARE * LOCAL_KM
    assert verdict(90, 90, 90, tonne=near * 0.99, utility=True) == "own_plant"
    assert verdict(90, 90, 90, tonne=near * 1.01, utility=True) == "alone"
    assert verdict(90, 90, 90, tonne=near * 0.99) == "alone"
    assert verdict(90, 90, 90, tonne=near * 0.99, utility=True, small=NAN) == "own_plant"
    assert verdict(0, 0, 0, tonne=near * 0.99, utility=True) == ""


def test_a_gap_is_told_in_small_plants() -> None:
    assert reach_of(0, 25, 50).fill.tolist() == [0.25]
    assert np.isnan(reach_of(0, 25, 50, small=NAN).fill[0])
    assert np.isnan(reach_of(0, NAN, 50).fill[0])


def test_the_nearest_known_maker_elsewhere_is_told() -> None:
    none = [[0.0, 0.0]] * 3
    around = cities([300.0, 100.0, NAN], none, [[5.0, 0.0], [0.0, 0.0], [0.0, 9.0]])
    reach = measure_reach(
        Quantity.zeros(2), tonne=np.array([HERE, HERE]), small=np.array([1.0, 1.0]),
        around=around, utility=np.array([False, False]),
    )  # fmt: skip
    assert reach.maker_city.tolist() == ["c0", ""]
    assert reach.maker_km[0] == 300
    assert np.isnan(reach.maker_km[1])
    assert reach_of(1, 1, 1).maker_city.tolist() == [""]


def test_a_choice_of_share_and_tariff_moves_the_reach() -> None:
    gap = Quantity.known([10.0])
    options = {"tonne": np.array([HERE]), "small": np.array([15.0]), "around": Around.nothing()}
    flags = np.array([False])
    far = measure_reach(gap, utility=flags, freight_share=0.2, tariff=0.2, **options)  # type: ignore[arg-type]
    assert far.km.tolist() == [1000.0]
    strict = measure_reach(gap, utility=flags, used_in_reach=0.7, **options)  # type: ignore[arg-type]
    assert (far.verdict[0], strict.verdict[0]) == ("alone", "contract_only")
