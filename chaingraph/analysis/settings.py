"""What an analysis can be asked: statuses, utilisation, chain, goal, language."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Real
from typing import TYPE_CHECKING

from chaingraph.enterprises import STATUSES
from chaingraph.errors import OptionError, closest, unknown_name
from chaingraph.words import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from chaingraph.dataset import Dataset
    from chaingraph.words import Language


MOST_UNITS = 1e12
"""Largest goal: more than any chain makes of anything, in any unit."""


def read_statuses(statuses: Mapping[str, float] | Iterable[str] | str) -> dict[str, float]:
    """Return status -> commitment factor, in the order of the vocabulary; a factor of 0 is left out.

    Parameters
    ----------
    statuses
        ``"operating"``, ``["operating", "construction"]`` (factor 1 each) or
        ``{"operating": 1, "construction": 0.8}``.

    Raises
    ------
    OptionError
        For an unknown status or a factor outside 0 to 1.

    Examples
    --------
    >>> read_statuses(["construction", "operating"])
    {'operating': 1.0, 'construction': 1.0}
    """
    if isinstance(statuses, str):
        statuses = [statuses]
    if isinstance(statuses, Mapping):
        pairs = {status: float(factor) for status, factor in statuses.items()}
    else:
        pairs = dict.fromkeys(statuses, 1.0)
    for status, factor in pairs.items():
        if status not in STATUSES:
            near = ", ".join(closest(str(status), STATUSES) or STATUSES)
            raise OptionError("bad-status", value=status, suggestions=near)
        if not 0 <= factor <= 1:
            raise OptionError("bad-factor", value=factor, status=status)
    if not any(float(factor) > 0 for factor in pairs.values()):
        raise OptionError("no-status")
    return {status: pairs[status] for status in STATUSES if pairs.get(status)}


def read_goal(goal: Mapping[str, float] | None, products: pd.DataFrame) -> dict[str, float]:
    """Return a goal checked: product -> units a year, each a finite figure above zero.

    Parameters
    ----------
    goal
        Product -> units a year; a product's id, or its Chinese or English name.
    products
        The products of the dataset.

    Raises
    ------
    OptionError
        For a figure that is none, or a product named twice.
    UnknownNameError
        For a product that is not there.

    Examples
    --------
    >>> import chaingraph as cg
    >>> read_goal({"电芯": 2}, cg.load_dataset("toy").products)
    {'cell': 2.0}
    """
    for product_id, quantity in (goal or {}).items():
        if not isinstance(quantity, Real) or not 0 < float(quantity) <= MOST_UNITS:
            raise OptionError("bad-goal", value=f"{product_id}={quantity}")
    pairs = by_product_id(products, goal or {})
    return {product_id: float(quantity) for product_id, quantity in sorted(pairs.items())}


def by_product_id(products: pd.DataFrame, figures: Mapping[str, float]) -> dict[str, float]:
    """Return figures of products, named by id or name, under their ids."""
    found: dict[str, float] = {}
    for name, figure in figures.items():
        product_id = read_product(products, name)
        if product_id in found:
            raise OptionError("product-twice", value=name, product=product_id)
        found[product_id] = figure
    return found


def read_chain(ds: Dataset, chain: str | None) -> str | None:
    """Return a chain of the dataset, or raise the failure that names the ones it has."""
    if chain is None:
        return None
    if chain not in ds.chains:
        raise unknown_name("chain", chain, ds.chains)
    return chain


def read_lang(ds: Dataset, lang: str | None) -> Language:
    """Return the language asked for, the dataset's own by default."""
    if lang is None:
        return ds.language
    if lang not in LANGUAGES:
        raise OptionError("bad-lang", value=lang)
    return "en" if lang == "en" else "zh"


def read_product(products: pd.DataFrame, name: str) -> str:
    """Return the id of a product by its id in any case, or by its Chinese or English name.

    Raises
    ------
    UnknownNameError
        Where no product, or more than one, is called so.

    Examples
    --------
    >>> import chaingraph as cg
    >>> read_product(cg.load_dataset("toy").products, "箔材")
    'foil'
    """
    ids = products["product_id"]
    if (ids == name).any():
        return name
    for column in ("product_id", "name_zh", "name_en"):
        cells = products[column].fillna("").astype("str").str.casefold()
        hit = ids[(cells == name.casefold()) & (cells != "")]
        if len(hit) == 1:
            return str(hit.iloc[0])
    names = {cell for column in ("name_zh", "name_en") for cell in products[column].dropna()}
    meant = closest(name, names) and not closest(name, ids)
    raise unknown_name("product", name, names if meant else ids)
