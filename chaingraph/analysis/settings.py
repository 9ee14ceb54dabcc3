"""What an analysis can be asked: statuses, utilisation, chain, goal, language."""

from __future__ import annotations

import math
import re
from numbers import Real
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakKeyDictionary

from chaingraph.enterprises import STATUSES
from chaingraph.errors import OptionError, closest, unknown_name
from chaingraph.intake.keys import Products
from chaingraph.sheets import numbers as figures
from chaingraph.sheets.measures import factor_to
from chaingraph.sheets.synonyms import choices, folded, synonyms
from chaingraph.words import LANGUAGES, term

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

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
        ``"operating,construction=0.8"``; the words and shares as lists write them do too (``"在产,在建=80%"``).

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
    >>> read_statuses("在产，在建=80%")
    {'operating': 1.0, 'construction': 0.8}
    """
    if isinstance(statuses, str):
        given = dict(_status_pair(part) for part in re.split("[,，、]", statuses))
    elif hasattr(statuses, "items"):
        given = dict(statuses.items())
    else:
        given = dict.fromkeys(statuses or (), 1.0)
    pairs: dict[str, float] = {}
    known = choices("capacities", "status")
    for said, factor in given.items():
        status = known.get(folded(said), str(said))
        if status not in STATUSES:
            near = ", ".join(closest(status, STATUSES) or STATUSES)
            raise OptionError("bad-status", value=said, suggestions=near)
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
    found = figures.said_figure(text) if equals else 1.0
    return status, text if found is None else found


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


def read_goal(goal: Mapping[str, float | str] | None, ds: Dataset) -> dict[str, float]:
    """Return a goal checked: product -> units a year, each a finite figure above zero.

    Parameters
    ----------
    goal
        Product -> quantity a year: a product's id, name, or what the trade calls it; a figure in its unit,
        or one with a unit that converts to it (``"10万吨"``).
    ds
        The dataset.

    Raises
    ------
    OptionError
        For a figure that is none, a unit that does not convert, or a product named twice.
    UnknownNameError
        For a product that is not there.

    Examples
    --------
    >>> import chaingraph as cg
    >>> ds = cg.load_dataset("toy")
    >>> read_goal({"电芯": 2}, ds), read_goal({"metal": "1.5万吨"}, ds)
    ({'cell': 2.0}, {'metal': 15000.0})
    """
    if goal is None:
        return {}
    if not hasattr(goal, "items"):
        raise OptionError("bad-goal", value=goal)
    units = dict(zip(ds.products["product_id"], ds.products["unit"], strict=True))
    pairs = {
        product_id: _quantity(quantity, str(units[product_id]), product_id)
        for product_id, quantity in by_product_id(ds, goal).items()
    }
    return dict(sorted(pairs.items()))


def _quantity(said: object, unit: str, product_id: str) -> float:
    """Return a quantity in the unit of its product."""
    found = figures.said_figure(said, units=True) if isinstance(said, str) else said
    if isinstance(found, str):
        number = figures.read_number(found)
        factor = factor_to(number.unit, unit) if isinstance(number, figures.Number) else None
        if factor is None or not isinstance(number, figures.Number):
            raise OptionError("goal-unit", value=said, product=product_id, unit=unit)
        found = float(number.value * factor)
    figure = read_number(found)
    if figure is None or not 0 < figure <= MOST_UNITS:
        raise OptionError("bad-goal", value=f"{product_id}={said}")
    return figure


def by_product_id(ds: Dataset, said: Mapping[str, Any]) -> dict[str, Any]:
    """Return figures of products, named in any way, under their ids; a Series is read by its index."""
    found: dict[str, Any] = {}
    for name, figure in said.items():
        product_id = read_product(ds, str(name))
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
    names |= set(synonyms()["chains"].get(chain, ()))
    return {part.casefold() for name in names for part in (name, *name.split())}


def read_lang(ds: Dataset, lang: str | None) -> Language:
    """Return the language asked for, the dataset's own by default."""
    if lang is None:
        return ds.language
    if lang not in LANGUAGES:
        raise OptionError("bad-lang", value=lang)
    return "en" if lang == "en" else "zh"


_NAMES: Final[WeakKeyDictionary[Dataset, Products]] = WeakKeyDictionary()


def product_names(ds: Dataset) -> Products:
    """Return what the products of a dataset are called: the book that an import reads with, once a dataset."""
    if ds not in _NAMES:
        book = Products()
        columns = (ds.products[name] for name in ("product_id", "unit", "name_zh", "name_en"))
        cells = (column.fillna("").astype("str") for column in columns)
        for product, unit, *names in zip(*cells, strict=True):
            book.add(product, unit, names)
        if ds.has("aliases"):
            aliases = ds.table("aliases")
            for alias, product in zip(
                aliases["alias_zh"].fillna(""), aliases["product_id"].fillna(""), strict=True
            ):
                book.add_alias(alias, product)
        _NAMES[ds] = book
    return _NAMES[ds]


def read_product(ds: Dataset, name: str) -> str:
    """Return the id of a product by its id, its name, or what the trade calls it: as an import reads it.

    Raises
    ------
    UnknownNameError
        Where no product is called so.
    OptionError
        Where several are, such as those of a family (正极材料); they are named.

    Examples
    --------
    >>> import chaingraph as cg
    >>> read_product(cg.load_dataset("toy"), "箔材"), read_product(cg.load_dataset("battery"), "合成氨")
    ('foil', 'ammonia')
    """
    book = product_names(ds)
    found = book.find(name)
    if isinstance(found, str):
        return found
    if found.rule == "product-ambiguous":
        raise OptionError("ambiguous-product", value=name, **found.params)
    ids = set(book.units)
    names = {cell for titles in book.titles.values() for cell in titles}
    names |= {book.written[key] for key in book.aliases}
    meant = closest(name, names) and not closest(name, ids)
    raise unknown_name("product", name, names if meant else ids)
