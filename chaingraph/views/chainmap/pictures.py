"""The pictures of a chain map: which boxes each shows, where they stand, what is aggregated."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chaingraph import words
from chaingraph.views.drawing.palette import STAGES, STYLES
from chaingraph.views.layered.layout import Node, arrange
from chaingraph.words import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from chaingraph.views.facts.products import Fact, Facts

BOX_WIDTH, BOX_HEIGHT = 176, 46
COLUMN, ROW, BAND_GAP = 216, 62, 36
DETAIL_LIMIT = 80
"""Above this many boxes a map starts with an aggregated picture."""
_LANE_PAD = 34


@dataclass
class Picture:
    """One picture of a map, as the page reads it."""

    key: str
    titles: dict[str, str]
    width: float = 0
    height: float = 0
    bands: list[dict[str, Any]] = field(default_factory=list)
    lanes: list[dict[str, Any]] = field(default_factory=list)
    nodes: list[tuple[str, float, float]] = field(default_factory=list)
    links: list[tuple[str, str, int]] = field(default_factory=list)
    tab: bool = True
    crossings: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "key": self.key,
            **self.titles,
            "w": self.width,
            "h": self.height,
            "bands": self.bands,
            "lanes": self.lanes,
            "nodes": self.nodes,
            "links": self.links,
            "tab": self.tab,
            "labels": len(self.nodes) <= DETAIL_LIMIT,
        }


@dataclass(frozen=True)
class Group:
    """Products that one box of an aggregated picture stands for."""

    key: str
    titles: dict[str, str]
    chain: str
    stage: str
    members: tuple[str, ...]


def both(vocabulary: str, value: str) -> dict[str, str]:
    """Return a word of a vocabulary in both languages."""
    return {lang: words.term(vocabulary, value, lang) for lang in LANGUAGES}


def stage_of(fact: Fact) -> int:
    """Return the column band of a product; a product without a stage stands in the middle."""
    return STAGES.index(fact.stage) if fact.stage in STAGES else 1


def draw_products(
    key: str, titles: dict[str, str], facts: Facts, ids: Iterable[str], *, tab: bool = True
) -> Picture:
    """Return the picture of some products in their stage columns, with the links among them."""
    inside = sorted(set(ids))
    chosen = set(inside)
    links = sorted(
        (link.input_id, link.output_id)
        for link in facts.links
        if link.role == "consumed" and link.input_id in chosen and link.output_id in chosen
    )
    nodes = [Node(i, stage_of(facts.by_id[i])) for i in inside]
    heads = [both("stage", stage) for stage in STAGES]
    return draw(key, titles, nodes, links, heads, tab=tab)


def draw(
    key: str,
    titles: dict[str, str],
    nodes: Sequence[Node],
    links: Sequence[tuple[str, str]],
    heads: Sequence[dict[str, str]],
    *,
    tab: bool = True,
) -> Picture:
    """Return the picture of boxes in bands, laid out."""
    layout = arrange(
        nodes,
        links,
        max_rows=max(12, round(len(nodes) ** 0.5 * 1.4)),
        column_width=COLUMN,
        row_height=ROW,
        band_gap=BAND_GAP,
    )
    back = set(layout.reversed_links)
    bands = [{"x0": x0, "x1": x1, **heads[band]} for band, (x0, x1) in sorted(layout.bands.items())]
    return Picture(
        key,
        titles,
        layout.width,
        layout.height,
        bands,
        nodes=[(n.key, layout.place[n.key].x, layout.place[n.key].y) for n in nodes],
        links=[(a, b, int((a, b) in back)) for a, b in links],
        tab=tab,
        crossings=layout.crossings,
    )


def home_chain(fact: Fact, chains: Sequence[str]) -> str:
    """Return the first of some chains that a product is tagged with."""
    return next((chain for chain in chains if chain in fact.chains), "")


def make_groups(facts: Facts, ids: Iterable[str], chains: Sequence[str]) -> list[Group]:
    """Return the groups of an aggregated picture: by chain, stage and kind."""
    found: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for product_id in sorted(set(ids)):
        fact = facts.by_id[product_id]
        home = home_chain(fact, chains)
        found[home, STAGES[stage_of(fact)], fact.product_kind].append(product_id)
    groups = []
    for (chain, stage, kind), members in sorted(found.items()):
        titles: dict[str, str] = {
            lang: f"{words.term('product_kind', kind or 'other', lang)} {len(members)}"
            for lang in LANGUAGES
        }
        key = f"group/{chain}/{stage}/{kind}"
        groups.append(Group(key, titles, chain, stage, tuple(members)))
    return groups


def draw_overview(facts: Facts, groups: Sequence[Group], chains: Sequence[str]) -> Picture:
    """Return the aggregated picture: a lane a chain, stage columns, links between groups."""
    lanes = [chain for chain in [*chains, ""] if any(g.chain == chain for g in groups)]
    columns = 2
    band_width = columns * COLUMN
    picture = Picture("overview", both("page", "overview"))
    y = 0.0
    for lane in lanes:
        height = 0.0
        for number, stage in enumerate(STAGES):
            mine = [g for g in groups if g.chain == lane and g.stage == stage]
            for place, group in enumerate(mine):
                column, row = place % columns, place // columns
                x = number * (band_width + BAND_GAP) + COLUMN * (column + 0.5)
                box_y = y + _LANE_PAD + ROW * (row + 0.5)
                picture.nodes.append((group.key, x, box_y))
                height = max(height, ROW * (row + 1))
        titles = both("chain", lane) if lane else both("page", "other_chain")
        picture.lanes.append({"y0": y, "y1": y + height + _LANE_PAD, **titles})
        y += height + _LANE_PAD + 14
    owner = {member: group.key for group in groups for member in group.members}
    pairs = {
        (owner[link.input_id], owner[link.output_id])
        for link in facts.links
        if link.role == "consumed"
        and link.active
        and link.input_id in owner
        and link.output_id in owner
    }
    order = {key: x for key, x, _ in picture.nodes}
    picture.links = [(a, b, int(order[a] > order[b])) for a, b in sorted(pairs) if a != b]
    picture.bands = [
        {
            "x0": number * (band_width + BAND_GAP),
            "x1": number * (band_width + BAND_GAP) + band_width,
            **both("stage", stage),
        }
        for number, stage in enumerate(STAGES)
    ]
    picture.width = 3 * band_width + 2 * BAND_GAP
    picture.height = y
    return picture


def neighbours(facts: Facts, start: str, depth: int) -> set[str]:
    """Return the products within some links of one, in both directions."""
    near: dict[str, set[str]] = defaultdict(set)
    for link in facts.links:
        if link.role == "consumed":
            near[link.input_id].add(link.output_id)
            near[link.output_id].add(link.input_id)
    found = {start}
    frontier = {start}
    for _ in range(depth):
        frontier = {other for node in frontier for other in near[node]} - found
        found |= frontier
    return found


def group_box(group: Group, facts: Facts) -> dict[str, Any]:
    """Return the box of a group, with the count of each standing among its members."""
    standings = list(STYLES)
    counts = [0] * len(standings)
    for member in group.members:
        counts[standings.index(facts.by_id[member].standing)] += 1
    return {
        "id": group.key,
        **group.titles,
        "s": 0,
        "ch": sorted({c for m in group.members for c in facts.by_id[m].chains}),
        "members": list(group.members),
        "counts": counts,
        "view": f"in/{group.key}",
    }
