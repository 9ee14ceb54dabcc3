"""Relatedness: how near each product is to what a region makes already, and how complex both are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args

import numpy as np
import pandas as pd

from chaingraph.analysis.settings import read_chain, read_lang, read_statuses
from chaingraph.enterprises import LEVELS, local_rows
from chaingraph.errors import OptionError
from chaingraph.gazetteer import find_region, find_regions, gazetteer
from chaingraph.results import Call, Result

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from chaingraph.dataset import Dataset
    from chaingraph.enterprises import LocalRows, Where
    from chaingraph.enterprises.sites import Level
    from chaingraph.products import Flags, Floats, Integers
    from chaingraph.regions import Region
    from chaingraph.words import Language

Diagonal = Literal["one", "zero"]
By = Literal["makers", "capacity"]
BY = get_args(By)
COLUMNS = (
    "region", "product_id", "name_zh", "name_en", "present", "makers", "rca", "density",
    "pci", "eci", "regions_present",
)  # fmt: skip
_TINY = 1e-9
_BLOCK = 1024


def rca(amounts: NDArray[Any]) -> Floats:
    r"""Return the revealed comparative advantage of each region in each product.

    Parameters
    ----------
    amounts
        Region by product, none below zero; nan where unknown.

    Returns
    -------
    numpy.ndarray
        Region by product: 1 where a region's share in the product equals its share in everything. It
        is nan for an unknown amount and where it is 0/0: a region or a product without any amount.

    Notes
    -----
    :math:`(x_{rp} / \sum_q x_{rq}) / (\sum_s x_{sp} / \sum_{sq} x_{sq})` (Balassa 1965); sums leave
    unknown amounts out, as in the PyPI package ecomplexity.

    Examples
    --------
    >>> rca(np.array([[3, 1], [1, 3]])).tolist()
    [[1.5, 0.5], [0.5, 1.5]]
    """
    values = np.asarray(amounts, dtype=float)
    region = np.nansum(values, axis=1, keepdims=True)
    product = np.nansum(values, axis=0, keepdims=True)
    share = np.divide(values, region, out=np.full(values.shape, np.nan), where=region > 0)
    usual = product / total if (total := product.sum()) > 0 else np.zeros(product.shape)
    result: Floats = np.divide(share, usual, out=np.full(values.shape, np.nan), where=usual > 0)
    return result


def proximity(
    presence: NDArray[Any], *, diagonal: Diagonal = "one", columns: Integers | None = None
) -> Floats:
    r"""Return how often two products are made in the same regions.

    Parameters
    ----------
    presence
        Region by product: true or 1 where the region makes the product.
    diagonal
        ``one``: :math:`\phi_{ii} = 1`; ``zero``: a product is not related to itself.
    columns
        Only the columns of these products; all by default.

    Returns
    -------
    numpy.ndarray
        Product by product, symmetric, 0 to 1. A product that nobody makes has 0 everywhere, on the
        diagonal too (ecomplexity: nan).

    Raises
    ------
    OptionError
        For another diagonal.

    Notes
    -----
    :math:`\phi_{ij} = \min(P(i|j), P(j|i))` (Hidalgo, Klinger, Barabasi and Hausmann 2007), which is
    the number of regions with both over the larger of those with either. ecomplexity keeps the
    diagonal at 1, as is the default here.

    Examples
    --------
    >>> proximity(np.array([[1, 1, 0], [1, 0, 1]])).tolist()
    [[1.0, 0.5, 0.5], [0.5, 1.0, 0.0], [0.5, 0.0, 1.0]]
    """
    if diagonal not in get_args(Diagonal):
        raise OptionError("bad-by", value=diagonal, choices=", ".join(get_args(Diagonal)))
    phi = _proximities(_zero_one(presence), slice(None) if columns is None else columns)
    if diagonal == "zero":
        phi[np.arange(len(phi)) if columns is None else columns, np.arange(phi.shape[1])] = 0.0
    return phi


def _zero_one(presence: NDArray[Any]) -> Floats:
    return np.asarray(presence, dtype=bool).astype(float)


def _proximities(made: Floats, columns: slice | Integers) -> Floats:
    """Return the columns of the proximity matrix of some products.

    Single precision holds every count of regions up to 16 million exactly, and takes half the time.
    """
    ubiquity = np.maximum(made.sum(axis=0), 1.0)
    either: Floats = np.maximum(ubiquity[:, np.newaxis], ubiquity[np.newaxis, columns])
    whole = made.astype(np.float32)
    np.divide(whole.T @ whole[:, columns], either, out=either)
    return either


def density(presence: NDArray[Any], phi: Floats) -> Floats:
    r"""Return how much of what is related to each product a region makes.

    Parameters
    ----------
    presence
        Region by product: true or 1 where the region makes the product.
    phi
        Product by product, of :func:`proximity`.

    Returns
    -------
    numpy.ndarray
        Region by product, 0 to 1; nan for a product that is related to none.

    Notes
    -----
    :math:`\omega_{rp} = \sum_q M_{rq} \phi_{qp} / \sum_q \phi_{qp}` (Hidalgo and others 2007). The sums
    run over all products, so that with :math:`\phi_{pp} = 1` a product counts as related to itself:
    the convention of ecomplexity. Make `phi` with ``diagonal="zero"`` to leave it out.

    Examples
    --------
    >>> made = np.array([[1, 1, 0], [1, 0, 1]])
    >>> density(made, proximity(made)).tolist()
    [[0.75, 1.0, 0.3333333333333333], [0.75, 0.3333333333333333, 1.0]]
    """
    near = _zero_one(presence) @ phi
    total = phi.sum(axis=0)
    result: Floats = np.divide(near, total, out=np.full(near.shape, np.nan), where=total > 0)
    np.minimum(result, 1.0, out=result)  # the sums may differ in their last digit
    return result


class Complexity(NamedTuple):
    """Complexity of regions and products, in standard deviations of the regions' figures.

    Attributes
    ----------
    eci
        Economic complexity index by region.
    pci
        Product complexity index by product.
    """

    eci: Floats
    pci: Floats


def complexity(presence: NDArray[Any]) -> Complexity:
    r"""Return the economic complexity of regions and the complexity of products.

    Parameters
    ----------
    presence
        Region by product: true or 1 where the region makes the product.

    Returns
    -------
    Complexity
        `eci` by region, of mean 0 and standard deviation 1, and `pci` by product. Both are nan for a
        region that makes nothing, a product that nobody makes, and what is undefined (see Notes).

    Notes
    -----
    :math:`\tilde M_{rs} = \sum_p M_{rp} M_{sp} / (k_r k_p)` with diversity :math:`k_r` and ubiquity
    :math:`k_p` (Hausmann, Hidalgo and others 2014). ECI is its eigenvector of the second largest
    eigenvalue, standardised with the population's standard deviation, PCI the one of the same matrix
    over products, scaled so that a region's ECI is the mean PCI of its products: PCI less ECI's mean,
    over ECI's standard deviation. The sign makes ECI rise with diversity. All as in ecomplexity, which
    however returns nan for all where one region or product is empty.

    Regions that share no product, not even through others, cannot be compared: then the eigenvalue 1
    is not single and its vectors are arbitrary. Here the group of regions with the most presences gets
    figures and all others are nan; nan for all where two groups are as large, where the second
    eigenvalue is 0 or not single, and where diversity does not tell the sign (|correlation| < 1e-9).

    Examples
    --------
    >>> made = np.array([[1, 1, 1, 1], [1, 1, 0, 0], [1, 0, 0, 0]])
    >>> [figures.round(3).tolist() for figures in complexity(made)]
    [[1.336, -0.267, -1.069], [-1.069, 0.535, 2.94, 2.94]]
    """
    made = np.asarray(presence, dtype=bool)
    rows, columns = _largest_group(made)
    regions, products = np.full(made.shape[0], np.nan), np.full(made.shape[1], np.nan)
    regions[rows], products[columns] = _second_vectors(made[np.ix_(rows, columns)].astype(float))
    return Complexity(regions, products)


def _largest_group(made: Flags) -> tuple[Flags, Flags]:
    """Return the regions and products of the largest connected group, none where two are as large."""
    count, width = made.shape
    label, product_label = np.full(count, -1), np.full(width, count)
    for start in range(count):
        if label[start] >= 0:
            continue
        group: Flags = np.zeros(count, dtype=bool)
        group[start] = True
        products: Flags = made[start]
        while True:
            grown = np.asarray(made[:, products].any(axis=1))
            grown[start] = True  # it may make nothing
            if np.array_equal(grown, group):
                break
            group, products = grown, np.asarray(made[grown].any(axis=0))
        label[group] = start
        product_label[products] = start
    presences = np.repeat(label, made.sum(axis=1))
    sizes = np.bincount(presences, minlength=1)
    largest = int(sizes.argmax())
    if sizes[largest] == 0 or (sizes == sizes[largest]).sum() > 1:
        return np.zeros(count, dtype=bool), np.zeros(width, dtype=bool)
    return label == largest, product_label == largest


def _second_vectors(made: Floats) -> tuple[Floats | float, Floats | float]:
    """Return ECI and PCI of connected regions and products, nan where they are undefined.

    The eigenvectors are those of a symmetric matrix of the smaller side, with the same eigenvalues.
    """
    undefined = (float("nan"), float("nan"))
    if min(made.shape) < 2:  # noqa: PLR2004
        return undefined
    diversity, ubiquity = made.sum(axis=1), made.sum(axis=0)
    scaled = made / np.sqrt(diversity)[:, np.newaxis]
    scaled /= np.sqrt(ubiquity)
    wide = made.shape[0] <= made.shape[1]
    values, vectors = np.linalg.eigh(scaled @ scaled.T if wide else scaled.T @ scaled)
    second, vector = values[-2], vectors[:, -2]
    if second - max([0.0, *values[:-2].tolist()]) < _TINY:
        return undefined
    region = (vector if wide else scaled @ vector) / np.sqrt(diversity)
    product = made.T @ region / ubiquity / second
    mean, spread = region.mean(), region.std()
    rising = ((region - mean) * (diversity - diversity.mean())).mean()
    if abs(rising) <= _TINY * spread * diversity.std():
        return undefined
    scale = np.sign(rising) / spread
    return (region - mean) * scale, (product - mean) * scale


def measure_relatedness(
    ds: Dataset,
    *,
    level: Level = "city",
    region: str | Region | None = None,
    chain: str | None = None,
    by: By = "makers",
    at: str | None = None,
    statuses: Mapping[str, float] | Iterable[str] | str = "operating",
    lang: Language | None = None,
) -> Result:
    r"""Measure how near each product is to what the regions of a level make already.

    Parameters
    ----------
    ds
        The dataset; needs enterprises and capacities.
    level
        ``province``, ``city``, ``county`` or ``park``: the regions that are compared.
    region
        Only rows of the regions inside this one, or around it; all by default.
    chain
        Only rows of the products of this chain. Figures rest on all regions and products all the same.
    by
        ``makers``: a region has a product where it has a maker of it. ``capacity``: where its RCA in
        known capacities is at least 1 (about half of the capacities may be unknown).
    at, statuses, lang
        As in :func:`chaingraph.calculate_balance`.

    Returns
    -------
    Result
        One row a region with a maker of anything and product with a maker anywhere, sorted by both:
        `present` (has a local maker, whatever `by` is), `makers` (number), `rca`, `density` (0 to 1),
        `pci` and `eci` (standard deviations), `regions_present` (number of regions with a maker).
        Unknown is missing, never zero.

    Raises
    ------
    OptionError, UnknownNameError, MissingTableError
        For options, names and tables that cannot be used.

    Notes
    -----
    See :func:`rca`, :func:`proximity` (with :math:`\phi_{ii} = 1`), :func:`density` and
    :func:`complexity` in this module for formulas and sources. Units differ between products, so that
    capacities do not add up: RCA is that of the number of makers, or by capacity that of each region's
    share in the known capacity of a product, in which every product weighs the same. Low and unknown
    are told apart: a maker without a figure has no RCA by capacity. Sites of an unknown region are
    left out.

    Examples
    --------
    >>> import chaingraph as cg
    >>> frame = measure_relatedness(cg.load_dataset("toy"), region="乙市").frame
    >>> frame.loc[frame["density"] > 0, ["product_id", "present", "density"]].to_numpy().tolist()
    [['foil', True, 0.75], ['pack', False, 0.3333333333333333], ['powder_b', True, 1.0]]
    """
    call = Call.of(measure_relatedness, locals())
    if level not in LEVELS:
        raise OptionError("bad-level", value=level, choices=", ".join(LEVELS))
    if by not in BY:
        raise OptionError("bad-by", value=by, choices=", ".join(BY))
    ds = ds if at is None else ds.at(at)
    factors = read_statuses(statuses)
    table = _region_table(ds, level, factors)
    wanted = _wanted_products(table, read_chain(ds, chain))
    frame = _measured(table, _wanted_regions(ds, table, region), wanted, by)
    asked = {"region": region, "chain": chain, "skipped_rows": ds.skipped_rows}
    params: dict[str, Any] = {"dataset": ds.name, "version": ds.version, "at": ds.as_of}
    params |= {"level": level, "statuses": factors, "by": by}
    params |= {name: value for name, value in asked.items() if value}
    return Result("relatedness", frame, params, read_lang(ds, lang), call=call)


class _Table(NamedTuple):
    """What all regions of a level make: regions and products with a maker, sorted; region by product."""

    regions: list[Region]
    products: pd.DataFrame
    makers: Integers
    capacity: Floats


def _region_table(ds: Dataset, level: str, statuses: Mapping[str, float]) -> _Table:
    """Lay the makers and known capacities of all regions of a level out by product."""
    regions = find_regions(ds, level)
    products = ds.products.sort_values("product_id", ignore_index=True)
    index = pd.Index(products["product_id"])
    makers = np.zeros((len(regions), len(products)), dtype=np.intp)
    capacity = np.zeros(makers.shape)
    for rows, number in _passes(ds, regions, level, statuses):
        column = index.get_indexer(pd.Index(rows.products))[rows.product]
        line = number[rows.region]
        known = (column >= 0) & (line >= 0)
        place = line[known], column[known]
        makers[place] = rows.numbers["makers"][known]
        capacity[place] = rows.numbers["capacity"][known]
    capacity[(makers > 0) & (capacity <= 0)] = np.nan
    some, made = np.flatnonzero(makers.any(axis=1)), np.flatnonzero(makers.any(axis=0))
    kept = np.ix_(some, made)
    listed = products.take(made).reset_index(drop=True)
    return _Table([regions[i] for i in some.tolist()], listed, makers[kept], capacity[kept])


def _passes(
    ds: Dataset, regions: list[Region], level: str, statuses: Mapping[str, float]
) -> Iterable[tuple[LocalRows, Integers]]:
    """Yield local rows with the number of each of their regions: all at once, namesakes one by one."""
    plain = {region.name: i for i, region in enumerate(regions) if region.is_plain}
    passes: list[tuple[str | None, Where, dict[str, int]]] = []
    if plain:
        passes.append((level, {level: list(plain)}, plain))
    passes += [
        (None, region, {"": i}) for i, region in enumerate(regions) if region.name not in plain
    ]
    for column, where, numbers in passes:
        rows = local_rows(
            ds.enterprises, ds.capacities, level=column, where=where,
            at=ds.as_of, statuses=statuses,
        )  # fmt: skip
        yield rows, np.array([numbers.get(name, -1) for name in rows.regions], dtype=np.intp)


def _wanted_products(table: _Table, chain: str | None) -> Integers:
    """Return the positions of the products of a chain, of all for None."""
    if chain is None:
        return np.arange(len(table.products))
    tags = table.products["chains"].fillna("").tolist()
    tagged = [chain in {part.strip() for part in tag.split(";")} for tag in tags]
    return np.flatnonzero(np.array(tagged, dtype=bool))


def _wanted_regions(ds: Dataset, table: _Table, name: str | Region | None) -> Integers:
    """Return the positions of the regions that lie in a place or around it, of all for None."""
    place = find_region(ds, name) if name is not None else None
    if place is None or place.is_whole:
        return np.arange(len(table.regions))
    places = gazetteer(ds)
    found = [places.overlap(place, region) for region in table.regions]
    return np.flatnonzero(np.array(found, dtype=bool))


def _measured(table: _Table, rows: Integers, columns: Integers, by: str) -> pd.DataFrame:
    """Return the figures of some regions and products of a table, one row a pair."""
    here = table.makers > 0
    advantage = rca(table.makers if by == "makers" else _shares(table.capacity))
    made = here if by == "makers" else np.nan_to_num(advantage) >= 1 - _TINY
    found = complexity(made)
    part = np.ix_(rows, columns)
    regions = pd.array([region.name for region in table.regions], dtype="str")
    values: dict[str, Any] = {"region": regions.take(np.repeat(rows, len(columns)))}
    product = np.tile(columns, len(rows))
    for name in ("product_id", "name_zh", "name_en"):
        values[name] = table.products[name].array.take(product)
    values |= {
        "present": here[part].ravel(),
        "makers": table.makers[part].ravel(),
        "rca": advantage[part].ravel(),
        "density": _densities(made, rows, columns).ravel(),
        "pci": found.pci[product],
        "eci": np.repeat(found.eci[rows], len(columns)),
        "regions_present": here.sum(axis=0)[product],
    }
    return pd.DataFrame(values, columns=list(COLUMNS), copy=False)


def _shares(capacity: Floats) -> Floats:
    """Return each region's share in the known capacity of each product, nan where it is unknown."""
    total = np.nansum(capacity, axis=0, keepdims=True)
    return capacity / np.where(total > 0, total, 1.0)


def _densities(made: Flags, rows: Integers, columns: Integers) -> Floats:
    """Return the densities of some regions and products; the proximity matrix is never held whole."""
    whole = _zero_one(made)
    result = np.empty((len(rows), len(columns)))
    for first in range(0, len(columns), _BLOCK):
        block = columns[first : first + _BLOCK]
        result[:, first : first + _BLOCK] = density(whole[rows], _proximities(whole, block))
    return result
