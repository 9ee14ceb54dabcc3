"""What an analysis can be asked: statuses, utilisation, chain, goal, language."""

from __future__ import annotations

import math
from numbers import Real
from typing import TYPE_CHECKING

from chaingraph.enterprises import STATUSES
from chaingraph.errors import OptionError, closest, unknown_name
from chaingraph.words import LANGUAGES, term

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

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
        ``"operating"``, ``["operating", "construction"]`` (factor 1 each),
        ``{"operating": 1, "construction": 0.8}``, or the same in a text:
        ``"operating,construction=0.8"``.

    Raises
    ------
    OptionError
        For an unknown status or a factor outside 0 to 1.

    Examples
    --------
    >>> read_statuses(["construction", "operating"])
    {'operating': 1.0, 'construction': 1.0}
    >>> read_statuses("operating,construction=0.8")
    {'operating': 1.0, 'construction': 0.8}
    """
    if isinstance(statuses, str):
        given = dict(_status_pair(part) for part in statuses.split(","))
    elif hasattr(statuses, "items"):
        given = dict(statuses.items())
    else:
        given = dict.fromkeys(statuses or (), 1.0)
    pairs: dict[str, float] = {}
    for status, factor in given.items():
        if status not in STATUSES:
            near = ", ".join(closest(str(status), STATUSES) or STATUSES)
            raise OptionError("bad-status", value=status, suggestions=near)
        figure = read_number(factor)
        if figure is None or not 0 <= figure <= 1:
            raise OptionError("bad-factor", value=factor, status=status)
        pairs[status] = figure
    if not any(factor > 0 for factor in pairs.values()):
        raise OptionError("no-status")
    return {status: pairs[status] for status in STATUSES if pairs.get(status)}


def _status_pair(part: str) -> tuple[str, object]:
    """Return a status and its factor from ``construction=0.8``; 1 where none is said."""
    status, equals, text = (piece.strip() for piece in part.partition("="))
    try:
        return status, float(text) if equals else 1.0
    except ValueError:
        return status, text


def read_number(value: object) -> float | None:
    """Return a figure as float, of numpy too; None for what is no finite number, texts and flags included.

    Examples
    --------
    >>> import numpy as np
    >>> read_number(np.float32(0.5)), read_number(np.int64(3)), read_number("0.5"), read_number(True)
    (0.5, 3.0, None, None)
    """
    if isinstance(value, bool) or not isinstance(value, Real):
        return None
    figure = float(value)
    return figure if math.isfinite(figure) else None


def read_count(value: object, key: str, *, least: int, most: float = math.inf) -> int:
    """Return a whole number, of numpy or as a float too.

    Raises
    ------
    OptionError
        With the sentence of `key` for anything else, or a number out of bounds.
    """
    figure = read_number(value)
    if figure is None or figure != int(figure) or not least <= figure <= most:
        raise OptionError(key, value=value)
    return int(figure)


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
    if goal is None:
        return {}
    if not hasattr(goal, "items"):
        raise OptionError("bad-goal", value=goal)
    for product_id, quantity in goal.items():
        figure = read_number(quantity)
        if figure is None or not 0 < figure <= MOST_UNITS:
            raise OptionError("bad-goal", value=f"{product_id}={quantity}")
    pairs = by_product_id(products, goal)
    return {product_id: float(quantity) for product_id, quantity in sorted(pairs.items())}


def by_product_id(products: pd.DataFrame, figures: Mapping[str, float]) -> dict[str, float]:
    """Return figures of products, named by id or name, under their ids; a Series is read by its index."""
    found: dict[str, float] = {}
    for name, figure in figures.items():
        product_id = read_product(products, str(name))
        if product_id in found:
            raise OptionError("product-twice", value=name, product=product_id)
        found[product_id] = figure
    return found


def read_chain(ds: Dataset, chain: str | None) -> str | None:
    """Return a chain of the dataset by its id, or by its Chinese or English name.

    Raises
    ------
    UnknownNameError
        Where it has no such chain; names the ones it has.

    Examples
    --------
    >>> import chaingraph as cg
    >>> read_chain(cg.load_dataset("qujing"), "电池")
    'battery'
    """
    if chain is None or chain in ds.chains:
        return chain
    asked = str(chain).casefold()
    hits = [name for name in ds.chains if asked and asked in _chain_names(name)]
    if not asked.isascii():  # 电池 for 新能源电池; of latin names only whole words count
        hits = hits or [name for name in ds.chains if asked in term("chain", name, "zh")]
    if len(hits) != 1:
        raise unknown_name("chain", chain, ds.chains)
    return hits[0]


def _chain_names(chain: str) -> set[str]:
    """Return what a chain is called: its id, its names, and the words of its English name."""
    names = {chain, *(term("chain", chain, lang) for lang in LANGUAGES)}
    return {part.casefold() for name in names for part in (name, *name.split())}


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
