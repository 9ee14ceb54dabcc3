"""Whom to call for a project, and which parks could take it: after the programme, part by part."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pandas as pd

from chaingraph.enterprises import plant_rows
from chaingraph.words import LANGUAGES, Phrase, term

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chaingraph.analysis.state import RegionState
    from chaingraph.quantity import Integers

GROUP_PROJECTS: Final = 2
"""Projects of a plan for which one group is named first at most."""
NAMED: Final = 3
_MADE: Final = ("operating", "trial", "construction")


class Site(NamedTuple):
    """A park for a project, with what speaks for it.

    Attributes
    ----------
    park
        Its Chinese name.
    leading
        Whether its leading industries name the chain: True, False, None where none are known.
    makers, users
        Makers of products of the chain there; makers of what takes the product.
    chemical
        Whether it is known to be a recognised chemical park.
    land, power
        Free land in mu, power in MW; nan where not known.
    """

    park: str
    leading: bool | None
    makers: int
    users: int
    chemical: bool
    land: float
    power: float

    @property
    def merit(self) -> tuple[int, int, int]:
        """What parks are ordered by: leading industry, users there, makers of the chain there."""
        return (2 if self.leading else 1 if self.leading is None else 0, self.users, self.makers)

    def phrase(self) -> Phrase:
        """Return the parts as a sentence."""
        known = {None: "unknown", True: "yes", False: "no"}[self.leading]
        parts: list[tuple[str, object]] = [
            ("park", self.park), ("leading", Phrase(f"plan-park-leading-{known}")),
            ("users", self.users), ("makers", self.makers),
        ]  # fmt: skip
        return Phrase("plan-park", tuple(parts))


def find_sites(state: RegionState, products: Integers) -> dict[int, list[Site]]:
    """Return for each product the parks of the region that could take it, best first.

    A product that needs a recognised chemical park is placed in none that is not known to be one.
    """
    study = state.study
    ds = study.dataset
    if not ds.has("parks"):
        return {int(place): [] for place in products}
    parks = ds.table("parks")
    parks = parks.assign(chemical_park=parks["chemical_park"].fillna(value=False).astype(bool))
    parks = parks[state.region.mask(parks.rename(columns={"name_zh": "park"}))]
    made = _made_by_park(state)
    listed = parks.to_dict("records")
    needs = study.products["needs_chemical_park"].fillna(value=False).astype(bool).to_numpy()
    found: dict[int, list[Site]] = {}
    for place in products.tolist():
        rows = [row for row in listed if row["chemical_park"] or not needs[place]]
        sites = [_site(state, place, row, made.get(str(row["name_zh"]), ())) for row in rows]
        sites.sort(key=lambda site: (*(-part for part in site.merit), site.park))
        found[place] = sites
    return found


def needs_chemical_park(state: RegionState, place: int) -> bool:
    """Tell whether a product is made in recognised chemical parks only."""
    return bool(state.study.products["needs_chemical_park"].fillna(value=False).iloc[place])


def _made_by_park(state: RegionState) -> dict[str, list[tuple[str, int]]]:
    """Return park -> enterprise and position of each product that is made or being built there."""
    study = state.study
    plants = plant_rows(study.dataset.enterprises, study.standing, where=state.region)
    found: dict[str, list[tuple[str, int]]] = {}
    if "park" not in plants:
        return found
    position = study.product_graph.position
    rows = plants[plants["status"].isin(_MADE)]
    for park, firm, product in zip(
        rows["park"], rows["enterprise_id"], rows["product_id"], strict=True
    ):
        if isinstance(park, str) and product in position:
            found.setdefault(park, []).append((firm, position[product]))
    return found


def _site(
    state: RegionState, place: int, park: dict[str, Any], made: Sequence[tuple[str, int]]
) -> Site:
    study = state.study
    graph = study.product_graph
    name, tags = str(park["name_zh"]), study.chain_tags[place]
    takers = set(graph.target[(graph.source == place) & graph.consumed].tolist())
    same = {firm for firm, product in made if study.chain_tags[product] & tags}
    users = {firm for firm, product in made if product in takers}
    leading = park.get("leading_industries")
    return Site(
        name, _leads(leading, study.names_en[place], tags), len(same), len(users),
        bool(park["chemical_park"]),
        _number(park.get("free_land_mu")), _number(park.get("power_mw")),
    )  # fmt: skip


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) and not pd.isna(value) else float("nan")


def _leads(leading: Any, name: str, tags: set[str]) -> bool | None:
    """Tell whether a park's leading industries name the product or one of its chains."""
    if not isinstance(leading, str) or not leading.strip():
        return None
    text = leading.casefold()
    names = {name, *(term("chain", tag, lang) for tag in tags for lang in LANGUAGES)}
    names |= {tag for tag in tags if len(tag) > 2}  # noqa: PLR2004  a short id is inside any word
    return any(word.casefold() in text for word in names if word)


class Named(NamedTuple):
    """A group that could build a project: as the ranking of targets has it."""

    group: str
    reasons_zh: str
    reasons_en: str


def name_targets(
    state: RegionState, products: Sequence[str], limit: int = GROUP_PROJECTS
) -> dict[str, list[Named]]:
    """Return for each product up to three groups: whom to call first, and two reserves.

    Only groups that make the product count, or are closely related to it where none does; one group stands
    first for at most `limit` projects.
    """
    from chaingraph.recruit.targets import rank_targets

    if not products:
        return {}
    frame = rank_targets(state, list(products), limit=10).frame
    if "target_list" in frame and len(frame):
        outside = frame["target_list"].isin(["outside", "local"])
        frame = frame[outside]
    first: Counter[str] = Counter()
    found: dict[str, list[Named]] = {}
    for product in products:
        rows = frame[frame["product_id"] == product] if len(frame) else frame
        makers = rows[rows["makes_it"].astype(bool)] if len(rows) else rows
        rows = makers if len(makers) else rows
        free = [row for row in rows.to_dict("records") if first[row["group_zh"]] < limit]
        full = [row for row in rows.to_dict("records") if first[row["group_zh"]] >= limit]
        chosen = [*free, *full][:NAMED] if free else []
        if chosen:
            first[chosen[0]["group_zh"]] += 1
        found[product] = [
            Named(row["group_zh"], row["reasons_zh"], row["reasons_en"]) for row in chosen
        ]
    return found
