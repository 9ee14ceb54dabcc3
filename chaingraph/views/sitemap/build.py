"""Region map: where the sites of a region stand, how large they are, who supplies them."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from chaingraph.analysis.content import home_chains
from chaingraph.engines import cell_texts
from chaingraph.enterprises import site_rows
from chaingraph.recruit.evidence import city_points
from chaingraph.recruit.lists import LISTS, LOCAL
from chaingraph.results import Result
from chaingraph.views.facts.targets import FIRST_GAPS, TARGETS_EACH, name_group, read_rows
from chaingraph.views.sitemap.boundary import Boundary, load_boundary
from chaingraph.views.wording import FigureError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from chaingraph.views.facts.products import Facts
    from chaingraph.views.facts.targets import Target
    from chaingraph.words import Language

_ORDER = ("operating", "construction", "planned")
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True)
class Site:
    """One site of the region.

    Attributes
    ----------
    code
        Letter of its chain and a number, as the drawing writes it.
    value
        Capacity times price of what it makes or builds, CNY a year; nan where none is priced.
    lat, lon
        Degrees; nan where unknown.
    """

    code: str
    enterprise_id: str
    name_zh: str
    name_en: str
    group: str
    chain: str
    status: str
    products: tuple[str, ...]
    value: float
    lat: float
    lon: float
    sourced: bool

    def name(self, lang: Language) -> str:
        """Return the name in a language, the Chinese one or the id where there is none."""
        return (
            (self.name_zh if lang == "zh" else self.name_en) or self.name_zh or self.enterprise_id
        )

    @property
    def placed(self) -> bool:
        """Whether its coordinates are known."""
        return not (math.isnan(self.lat) or math.isnan(self.lon))


class Tie(NamedTuple):
    """A known supplier, or a proposed target, and the site that it would serve.

    `lat` and `lon` are those of the supplier's site nearest to the customer's; nan where unknown. Of
    a ranked target `product_id` is the gap, `rank` its place, `place` and `distance_km` its nearest site.
    """

    supplier: str
    customer_id: str
    product_id: str
    year: str
    lat: float
    lon: float
    local_id: str
    target: bool
    supplier_en: str = ""
    rank: int = 0
    place: str = ""
    distance_km: float = math.nan

    @property
    def far(self) -> bool:
        """Whether it is drawn to a place outside the region."""
        return not self.local_id and not math.isnan(self.lat)

    def name(self, lang: Language) -> str:
        """Return the supplier: its group, in English the site that is drawn where it has a name."""
        return self.supplier_en or self.supplier if lang == "en" else self.supplier


class Park(NamedTuple):
    """An industrial park."""

    name_zh: str
    name_en: str
    lat: float
    lon: float


@dataclass(frozen=True, eq=False)
class RegionMap:
    """The map of a region: sites, parks, ties to the outside, a boundary if one was given."""

    facts: Facts
    sites: tuple[Site, ...]
    parks: tuple[Park, ...]
    ties: tuple[Tie, ...]
    elsewhere: tuple[tuple[float, float], ...]
    boundary: Boundary | None = None
    letters: dict[str, str] = field(default_factory=dict)


def build_region_map(
    facts: Facts,
    *,
    boundary: str | Path | None = None,
    boundary_note: str | None = None,
    links: bool = True,
    targets: Result | Sequence[str] = (),
    chain: str | None = None,
) -> RegionMap:
    """Build the map of a region.

    Parameters
    ----------
    facts
        The region.
    boundary, boundary_note
        A GeoJSON file to draw underneath and where it comes from; see :func:`load_boundary`. None is
        shipped.
    links
        Show known suppliers.
    targets
        A result of :func:`chaingraph.rank_targets`, of which the first gaps' first targets are shown at
        their nearest sites; or groups or enterprise ids.
    chain
        Only sites that make a product of this chain.

    Returns
    -------
    RegionMap
        Sites by chain, largest first.

    Raises
    ------
    FileProblemError, OptionError
        For a boundary file that cannot be used.
    """
    outline = load_boundary(boundary, boundary_note) if boundary is not None else None
    state = facts.state
    ds = state.study.dataset
    rows = state.study.maker_rows
    inside = state.region.mask(rows)
    local = site_rows(rows[inside])
    if outline is not None and boundary is not None:
        _check_inside(outline, str(boundary), local)
    letters = {name: LETTERS[i] for i, name in enumerate(ds.chains[: len(LETTERS) - 1])}
    sites = _sites(facts, local, letters, chain)
    away = rows[~inside]
    points = away.dropna(subset=["lat", "lon"])[["lat", "lon"]].round(1).drop_duplicates()
    spots = _spots(rows)
    ties = _ties(facts, sites, spots) if links else []
    if isinstance(targets, Result):
        ties += ranked_ties(facts, targets, spots, sites)
    else:
        ties += _targets(targets, _spots(away), sites)
    return RegionMap(
        facts=facts,
        sites=sites,
        parks=_parks(facts),
        ties=tuple(ties),
        elsewhere=tuple(sorted(points.itertuples(index=False, name=None))),
        boundary=outline,
        letters=letters,
    )  # fmt: skip


def _check_inside(outline: Boundary, path: str, rows: pd.DataFrame) -> None:
    """Refuse a boundary around none of the region's sites."""
    west, south, east, north = outline.limits
    placed = rows.dropna(subset=["lat", "lon"])
    inside = placed["lon"].between(west, east) & placed["lat"].between(south, north)
    if len(placed) and not inside.any():
        raise FigureError("boundary-elsewhere", file=Path(path).name)


def _sites(
    facts: Facts, rows: pd.DataFrame, letters: dict[str, str], chain: str | None
) -> tuple[Site, ...]:
    chains = [chain] if chain else list(facts.state.study.dataset.chains)
    homes_of = home_chains(facts.state.study)
    found = []
    for enterprise_id, own in rows.groupby("enterprise_id", sort=True):
        products = [facts.by_id[p] for p in sorted(set(own["product_id"])) if p in facts.by_id]
        if chain and not any(chain in product.chains for product in products):
            continue
        status = next((s for s in _ORDER if (own["status"] == s).any()), "planned")
        counted = own[own["status"] == status]
        worth: dict[str, float] = defaultdict(float)
        for product, capacity in zip(counted["product_id"], counted["capacity"], strict=True):
            value = float(capacity) * facts.by_id[product].price_cny
            worth[product] += 0.0 if math.isnan(value) else value
        homes = [next((c for c in chains if c in homes_of[p.position]), "") for p in products]
        home = min(sorted(set(homes)), key=lambda c: (-homes.count(c), [*chains, ""].index(c)))
        first = own.iloc[0]
        texts = {
            c: "" if pd.isna(first[c]) else str(first[c])
            for c in ("name_zh", "name_en", "group_zh")
        }
        made = sorted(set(counted["product_id"]), key=lambda p: (-worth[p], p))
        found.append(
            Site(
                "", str(enterprise_id), texts["name_zh"], texts["name_en"], texts["group_zh"], home, status,
                tuple(made), sum(worth.values()) or float("nan"), float(first["lat"]), float(first["lon"]),
                bool(counted["source_url"].notna().all()),
            )
        )  # fmt: skip
    return _coded(found, letters)


def _coded(sites: Iterable[Site], letters: dict[str, str]) -> tuple[Site, ...]:
    """Return the sites in the order of chains, operating ones and large ones first, each with its code."""
    from dataclasses import replace

    order = list(letters)
    ranked = sorted(
        sites,
        key=lambda s: (
            order.index(s.chain) if s.chain in order else len(order),
            _ORDER.index(s.status),
            -s.value if s.value > 0 else 0.0,
            s.enterprise_id,
        ),
    )
    numbers: dict[str, int] = defaultdict(int)
    coded = []
    for site in ranked:
        letter = letters.get(site.chain, LETTERS[-1])
        numbers[letter] += 1
        coded.append(replace(site, code=f"{letter}{numbers[letter]}"))
    return tuple(coded)


def _parks(facts: Facts) -> tuple[Park, ...]:
    state = facts.state
    ds = state.study.dataset
    if not ds.has("parks"):
        return ()
    frame = ds.table("parks").dropna(subset=["lat", "lon"])
    frame = frame[state.region.mask(frame.assign(park=frame["name_zh"]))]
    rows = frame.fillna({"name_zh": "", "name_en": ""})
    return tuple(
        Park(str(r.name_zh), str(r.name_en), float(r.lat), float(r.lon))
        for r in rows.sort_values("park_id").itertuples()
    )


def _ties(facts: Facts, sites: Sequence[Site], spots: Mapping[str, list[_Spot]]) -> list[Tie]:
    """Return the known suppliers of what the region's sites take, each from its nearest site."""
    ds = facts.state.study.dataset
    if not ds.has("supplies"):
        return []
    takers: dict[str, set[str]] = defaultdict(set)
    for link in facts.links:
        if link.role == "consumed":
            takers[link.input_id].add(link.output_id)
    mine = {site.enterprise_id for site in sites}
    found: dict[tuple[str, str, str], Tie] = {}
    table = ds.table("supplies").astype("str").sort_values("year", na_position="first")
    for row in table.itertuples():
        for site in sites:
            asked = {site.group or site.enterprise_id, site.enterprise_id, site.name_zh}
            if row.customer_group not in asked or not takers[row.product_id] & set(site.products):
                continue
            own = spots.get(row.supplier_group, [])
            exact = [spot for spot in own if spot.product_id == row.product_id]
            spot = _nearest(exact or own, site)
            if spot[2] == site.enterprise_id:
                continue
            year = "" if pd.isna(row.year) else str(row.year)
            local = spot[2] if spot[2] in mine else ""
            key = (row.supplier_group, site.enterprise_id, row.product_id)
            found[key] = Tie(*key, year, spot[0], spot[1], local, target=False, supplier_en=spot[3])
    return sorted(found.values())


class _Spot(NamedTuple):
    """One capacity row of a site, as far as its place is concerned."""

    enterprise_id: str
    name_zh: str
    name_en: str
    city: str
    product_id: str
    lat: float
    lon: float

    @property
    def placed(self) -> bool:
        return not (math.isnan(self.lat) or math.isnan(self.lon))


def _spots(rows: pd.DataFrame) -> dict[str, list[_Spot]]:
    """Return rows by every name that a supplier may be called by: group, site, id."""
    texts = (cell_texts(rows, name) for name in _Spot._fields[:5])
    degrees = (rows[name].astype(float).tolist() for name in _Spot._fields[5:])
    groups = cell_texts(rows, "group_zh")
    found: dict[str, list[_Spot]] = defaultdict(list)
    for group, *cells in zip(groups, *texts, *degrees, strict=True):
        spot = _Spot(*cells)
        for name in {group, spot.enterprise_id, spot.name_zh} - {""}:
            found[name].append(spot)
    return found


def _nearest(spots: Sequence[_Spot], site: Site) -> tuple[float, float, str, str]:
    """Return place, id and English name of the row nearest to a site; nan where none has a place."""
    placed = [spot for spot in spots if spot.placed]
    if not placed:
        return float("nan"), float("nan"), "", ""
    lat, lon = site.lat, site.lon
    if not site.placed:
        lat, lon = (
            sum(degrees) / len(placed) for degrees in zip(*(s[5:] for s in placed), strict=True)
        )
    width = math.cos(math.radians(lat))
    best = min(placed, key=lambda spot: (spot.lat - lat) ** 2 + ((spot.lon - lon) * width) ** 2)
    return best.lat, best.lon, best.enterprise_id, best.name_en


def _targets(
    names: Sequence[str], spots: Mapping[str, list[_Spot]], sites: Sequence[Site]
) -> list[Tie]:
    """Return proposed targets at their site nearest to the region."""
    placed = [site for site in sites if site.placed]
    if not placed:
        return []
    ties = []
    for name in dict.fromkeys(names):
        lat, lon, _, name_en = _nearest(spots.get(name, []), placed[0])
        ties.append(Tie(name, placed[0].enterprise_id, "", "", lat, lon, "", True, name_en))
    return ties


def ranked_ties(
    facts: Facts, result: Result, spots: Mapping[str, list[_Spot]], sites: Sequence[Site]
) -> list[Tie]:
    """Return the first gaps' first targets at the site that the ranking names as their nearest."""
    points = city_points(facts.state.study.dataset)
    mine = {site.enterprise_id for site in sites}
    here = set(facts.state.region.path)
    customer = next((site.enterprise_id for site in sites if site.placed), "")
    ties = []
    for target in read_rows(result, gaps=FIRST_GAPS, each=TARGETS_EACH):
        if target.listed == LISTS[LOCAL]:  # who is here already comes from nowhere
            continue
        lat, lon, key, english = _nearest_site(target, spots, points)
        local = key if key in mine else target.nearest_site if target.nearest_site in here else ""
        ties.append(
            Tie(
                name_group(facts, target.group, "zh"), customer, target.product_id, "", lat, lon, local,
                target=True, supplier_en=english or name_group(facts, target.group, "en"), rank=target.rank,
                place=target.nearest_site, distance_km=target.distance_km,
            )
        )  # fmt: skip
    return ties


def _nearest_site(
    target: Target, spots: Mapping[str, list[_Spot]], points: Mapping[str, tuple[float, float]]
) -> tuple[float, float, str, str]:
    """Return place, id and English name of a target's nearest site: a project is placed by its city."""
    for spot in spots.get(target.group, []):
        if spot.placed and f"{spot.city} {spot.name_zh}".strip() == target.nearest_site:
            return spot.lat, spot.lon, spot.enterprise_id, spot.name_en
    return (*points.get(target.nearest_site, (math.nan, math.nan)), "", "")
