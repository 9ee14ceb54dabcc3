"""The stages of a chain in their order: as the data name them, else by how far a product is from the start."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from chaingraph.products import CONSUMED, product_graph

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd

    from chaingraph.dataset import Dataset
    from chaingraph.words import Language

MOST_STAGES: Final = 10
"""Stages that a strip has room for; a longer chain without named stages is cut into so many."""
FOLDS: Final = ("resource", "auxiliary", "recycling", "equipment")
"""Where the products of a chain stand that are in no stage; words in the vocabulary ``fold``."""
_FOLD_OF: Final = {
    "resource": "resource", "energy": "resource", "recycling": "recycling", "equipment": "equipment",
}  # fmt: skip
_CORE: Final = ("material", "component", "product", "")
_NAMED: Final = 2


@dataclass(frozen=True)
class Stage:
    """One stage of a chain.

    Attributes
    ----------
    products
        Ids, the main one first.
    fold
        Shown folded together with other side stages.
    """

    chain: str
    stage_id: str
    name_zh: str
    name_en: str
    products: tuple[str, ...]
    fold: bool = False

    def name(self, lang: Language) -> str:
        """Return the name in a language, the other one or the id where there is none."""
        first, second = (
            (self.name_zh, self.name_en) if lang == "zh" else (self.name_en, self.name_zh)
        )
        return first or second or self.stage_id


@dataclass(frozen=True)
class ChainStages:
    """A chain: its stages in order, and what stands beside them, by fold.

    Attributes
    ----------
    named
        The data name the stages; else they are levels of the longest path from the chain's start.
    folds
        Fold -> ids of products of the chain in no stage.
    """

    chain: str
    stages: tuple[Stage, ...]
    folds: dict[str, tuple[str, ...]]
    named: bool

    @property
    def products(self) -> tuple[str, ...]:
        """Ids of all products, those of the stages first, each once."""
        own = (i for stage in self.stages for i in stage.products)
        rest = (i for ids in self.folds.values() for i in ids)
        return tuple(dict.fromkeys([*own, *rest]))


def chain_stages(ds: Dataset) -> tuple[ChainStages, ...]:
    """Return the chains of a dataset, each with its stages.

    A chain without rows in the table ``stages`` has one stage a level of the longest path over the links
    that are consumed, named after its first products; what is no material, component or product stands
    beside it.

    Parameters
    ----------
    ds
        The dataset.

    Returns
    -------
    tuple of ChainStages
        In the order of the dataset's chains; those of its products where it names none.

    Examples
    --------
    >>> import chaingraph as cg
    >>> [stage.name("en") for stage in chain_stages(cg.load_dataset("toy"))[0].stages]
    ['Metal, Powder A', 'Foil', 'Cell', 'Pack']
    """
    products = ds.products
    tags = {
        product: _tags(chains)
        for product, chains in zip(products["product_id"], products["chains"], strict=True)
    }
    chains = ds.chains or tuple(sorted({chain for own in tags.values() for chain in own}))
    rows = ds.table("stages") if ds.has("stages") else None
    kinds = dict(zip(products["product_id"], products["kind"].fillna(""), strict=True))
    return tuple(
        _chain(ds, chain, [i for i, own in tags.items() if chain in own], rows, kinds)
        for chain in chains
    )


def _tags(cell: Any) -> tuple[str, ...]:
    return tuple(t.strip() for t in cell.split(";")) if isinstance(cell, str) else ()


def _chain(
    ds: Dataset, chain: str, own: list[str], rows: pd.DataFrame | None, kinds: dict[str, str]
) -> ChainStages:
    known = set(kinds)
    stages = _named(chain, rows, known) if rows is not None else []
    named = any(not stage.fold for stage in stages)
    if not named:
        stages = [*_levels(ds, chain, own, kinds), *stages]
    placed = {i for stage in stages for i in stage.products}
    folds: dict[str, list[str]] = {fold: [] for fold in FOLDS}
    for stage in stages:
        if stage.fold:
            folds.setdefault(stage.stage_id, []).extend(stage.products)
    for product in own:
        if product not in placed:
            folds[_FOLD_OF.get(kinds[product], "auxiliary")].append(product)
    kept = {fold: tuple(ids) for fold, ids in folds.items() if ids}
    return ChainStages(chain, tuple(s for s in stages if not s.fold), kept, named)


def _named(chain: str, rows: pd.DataFrame, known: set[str]) -> list[Stage]:
    own = rows[rows["chain"] == chain].sort_values("position", kind="stable")
    stages = []
    for row in own.to_dict("records"):
        ids = tuple(i for i in _tags(row["products"]) if i in known)
        if ids:
            text = {name: row[name] if isinstance(row[name], str) else "" for name in _TEXTS}
            stages.append(Stage(chain, products=ids, fold=row["fold"] is True, **text))
    return stages


_TEXTS: Final = ("stage_id", "name_zh", "name_en")


def _levels(ds: Dataset, chain: str, own: list[str], kinds: dict[str, str]) -> list[Stage]:
    """Return a stage a level of the longest path; loops count as one step."""
    import networkx as nx

    core = [i for i in own if kinds[i] in _CORE] or own
    links = product_graph(ds.products, ds.inputs)
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(core)
    inside = set(core)
    ends = zip(links.source.tolist(), links.target.tolist(), links.role.tolist(), strict=True)
    for source, target, role in ends:
        pair = links.ids[source], links.ids[target]
        if role == CONSUMED and inside.issuperset(pair):
            graph.add_edge(*pair)
    parts = nx.condensation(graph)
    level: dict[str, int] = {}
    depth: dict[int, int] = {}
    for part in nx.topological_sort(parts):
        depth[part] = max((depth[before] + 1 for before in parts.predecessors(part)), default=0)
        level.update(dict.fromkeys(parts.nodes[part]["members"], depth[part]))
    return list(_of_levels(ds, chain, core, level))


def _of_levels(
    ds: Dataset, chain: str, core: Sequence[str], level: dict[str, int]
) -> Iterable[Stage]:
    names = ds.products.set_index("product_id")[["name_zh", "name_en"]]
    most = max(level.values(), default=0) + 1
    step = -(-most // MOST_STAGES)  # rounded up: neighbouring levels share a stage
    groups: dict[int, list[str]] = {}
    for product in core:
        groups.setdefault(level[product] // step, []).append(product)
    for number in sorted(groups):
        ids = groups[number]
        first = names.loc[ids[:_NAMED]].fillna("")
        zh, en = (
            between.join(name or i for name, i in zip(first[column], ids, strict=False))
            for column, between in (("name_zh", "、"), ("name_en", ", "))
        )
        yield Stage(chain, str(number + 1), zh, en, tuple(ids))
