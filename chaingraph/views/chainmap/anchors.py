"""The picture of one anchor enterprise: its suppliers, what it takes, what of that is missing here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from chaingraph import words
from chaingraph.analysis.anchors import named_enterprise
from chaingraph.errors import unknown_name
from chaingraph.views.chainmap.pictures import Picture, both, draw
from chaingraph.views.drawing.palette import STYLES
from chaingraph.views.layered.layout import Node
from chaingraph.words import LANGUAGES

if TYPE_CHECKING:
    from chaingraph.views.facts.products import Facts, Maker

_HEADS = ("suppliers", "inputs", "enterprise", "outputs")


def draw_anchor(facts: Facts, anchor: str) -> tuple[list[Picture], list[dict[str, Any]]]:
    """Return the picture of an enterprise and its boxes beyond the products.

    Columns: groups known to supply it (from the supplies table), the inputs of what it makes with their
    standing in the region, the enterprise, its products.

    Raises
    ------
    UnknownNameError
        Where no enterprise of the data has that id or name.
    """
    made, makers = _own_rows(facts, anchor)
    own = set(made)
    inputs = sorted(
        {link.input_id for link in facts.links if link.output_id in own and link.active}
    )
    first = makers[0]
    key = f"enterprise/{first.enterprise_id}"
    suppliers = _suppliers(facts, first.group_zh, set(inputs))
    nodes = [Node(key, 2), *(Node(i, 1) for i in inputs if i not in own)]
    nodes += [Node(product_id, 3) for product_id in made]
    nodes += [Node(f"group/{name}", 0) for name in sorted(suppliers)]
    links = [(i, key) for i in inputs if i not in own] + [(key, product_id) for product_id in made]
    links += [
        (f"group/{name}", i)
        for name, ids in sorted(suppliers.items())
        for i in sorted(ids)
        if i not in own
    ]
    heads = [both("page", f"head_{name}") for name in _HEADS]
    title: dict[str, str] = {
        lang: (first.name_zh if lang == "zh" else first.name_en) or first.name_zh
        for lang in LANGUAGES
    }
    picture = draw("anchor", title, nodes, links, heads)
    boxes = [_enterprise_box(key, title, makers)]
    boxes += [_group_box(name, sorted(ids)) for name, ids in sorted(suppliers.items())]
    return [picture], boxes


def anchor_id(facts: Facts, anchor: str) -> str:
    """Return the id of the enterprise that an id, a name or the unique part of one means; else the text."""
    makers = [maker for fact in facts.products for maker in fact.local]
    for maker in makers:
        if anchor in {maker.enterprise_id, maker.name_zh, maker.name_en}:
            return maker.enterprise_id
    columns = ("enterprise_id", "name_zh", "name_en", "group_zh")
    held = [[getattr(maker, name) for name in columns] for maker in makers]
    return named_enterprise(pd.DataFrame(held, columns=list(columns)), anchor) or anchor


def _own_rows(facts: Facts, anchor: str) -> tuple[list[str], list[Maker]]:
    """Return the products of an enterprise and its rows."""
    rows = {
        fact.product_id: maker
        for fact in facts.products
        for maker in fact.local
        if anchor in {maker.enterprise_id, maker.name_zh, maker.name_en}
    }
    if not rows:
        names = {m.enterprise_id for fact in facts.products for m in fact.local}
        raise unknown_name("enterprise", anchor, names)
    return sorted(rows), [rows[product_id] for product_id in sorted(rows)]


def _suppliers(facts: Facts, group: str, inputs: set[str]) -> dict[str, set[str]]:
    """Return the groups known to supply a group with some products."""
    ds = facts.state.study.dataset
    if not group or not ds.has("supplies"):
        return {}
    rows = ds.table("supplies")
    rows = rows[(rows["customer_group"] == group) & rows["product_id"].isin(list(inputs))]
    found: dict[str, set[str]] = {}
    for name, product_id in zip(rows["supplier_group"], rows["product_id"], strict=True):
        found.setdefault(name, set()).add(product_id)
    return found


def _enterprise_box(key: str, title: dict[str, str], makers: list[Maker]) -> dict[str, Any]:
    operating = any(maker.status == "operating" for maker in makers)
    name = "strong" if operating else "building"
    return {
        "id": key,
        **title,
        "s": list(STYLES).index(name),
        "ch": [],
        "n": 1,
        "cov": "",
        "plain": 1,
        "u": "",
        "d": "-",
        "k": "-",
        "more": 0,
        "local": [],
        **{
            f"why_{lang}": words.message("why-anchor", lang, count=len(makers))
            for lang in LANGUAGES
        },
    }


def _group_box(name: str, products: list[str]) -> dict[str, Any]:
    return {
        "id": f"group/{name}",
        "zh": name,
        "en": name,
        "s": list(STYLES).index("absent"),
        "ch": [],
        "n": 0,
        "cov": "",
        "plain": 1,
        "u": "",
        "d": "-",
        "k": "-",
        "more": 0,
        "local": [],
        "miss": products,
        **{f"why_{lang}": words.message("why-supplier", lang) for lang in LANGUAGES},
    }
