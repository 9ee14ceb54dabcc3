"""Small questions with answers found by hand, and large ones drawn at random: for tests and benchmarks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from chaingraph.planning.instance import Instance

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def question(
    candidates: Sequence[Mapping[str, Any]],
    *,
    bought: Mapping[str, float] | None = None,
    **changes: Any,
) -> Instance:
    """Return a question written down by hand.

    Parameters
    ----------
    candidates
        Each with `name`, `gap`, `price` (100 m CNY a unit), `small`, `large`, `invest` (100 m CNY a
        unit), and where they differ from nothing `takes` (good -> units), `plants`, `lag`, `near`, `must`,
        `most`.
    bought
        Goods that nobody can start: name -> price.
    **changes
        Further fields of the question.
    """
    others = dict(bought or {})
    names = [str(c["name"]) for c in candidates]
    goods = [*names, *others]
    takes = np.zeros((len(goods), len(names)))
    for j, candidate in enumerate(candidates):
        for good, amount in candidate.get("takes", {}).items():
            takes[goods.index(good), j] = amount

    def column(key: str, default: float) -> Any:
        return np.array([float(c.get(key, default)) for c in candidates])

    fields: dict[str, Any] = {
        "products": tuple(names), "goods": tuple(goods), "own": np.arange(len(names)),
        "price": np.array([*column("price", 0.0), *others.values()]),
        "net": np.array([*column("gap", 0.0), *(0.0 for _ in others)]),
        "takes": takes, "small": column("small", 0.0), "large": column("large", 0.0),
        "plants": column("plants", 1).astype(np.intp), "near": column("near", 0.0),
        "lag": column("lag", 0).astype(np.intp), "most": column("most", np.inf),
        "must": column("must", 0.0), "free": column("must", 0.0) > 0,
        "use": {"investment_cny_100m": column("invest", 0.0)},
        "years": 1, "tail": 0, "rate": 0.0,
    }  # fmt: skip
    return Instance(**(fields | changes))


def part_size(budget: float = 70.0) -> Instance:
    """Return one gap of 100 that plants of 20 to 100 could close at 1 of investment a unit."""
    plant = {"name": "a", "gap": 100, "price": 1, "small": 20, "large": 100, "invest": 1}
    return question([plant], budget={"investment_cny_100m": budget})


def random_question(count: int, seed: int = 0, *, years: int = 3) -> Instance:
    """Return a question drawn at random: four levels, three inputs a product, half without supply here.

    Parameters
    ----------
    count
        Products, all of which could be started.
    seed
        Of the draw.
    """
    draw = np.random.default_rng(seed)
    level = np.sort(draw.integers(0, 4, count))
    price = draw.lognormal(0.0, 1.0, count)
    takes = np.zeros((count, count))
    for j in range(count):
        below = np.flatnonzero(level < level[j])
        if len(below) >= 3:  # noqa: PLR2004  three inputs
            inputs = draw.choice(below, 3, replace=False)
            shares = draw.dirichlet(np.ones(3)) * draw.uniform(0.3, 0.8)
            takes[inputs, j] = shares * price[j] / price[inputs]
    gap = draw.lognormal(0.0, 1.0, count) * 10 / price
    net = np.where(draw.random(count) < 0.5, gap, 0.2 * gap)  # noqa: PLR2004  half are supplied
    size = draw.uniform(0.4, 2.0, count) * gap
    starts = max(1, count // 20)
    return Instance(
        products=tuple(f"p{i:04d}" for i in range(count)), goods=tuple(f"p{i:04d}" for i in range(count)),
        own=np.arange(count), price=price, net=net, takes=takes, small=0.5 * size, large=1.5 * size,
        plants=np.ones(count, dtype=np.intp), use={"investment_cny_100m": 0.4 * price},
        near=np.zeros(count), lag=np.ones(count, dtype=np.intp), most=np.full(count, np.inf),
        must=np.zeros(count), free=np.zeros(count, dtype=bool), years=years, tail=1, ramp=(1.0,),
        per_year={"count": float(starts)},
    )  # fmt: skip
