"""The sheet of projects: those of a plan, and those that the data hold with their furthest stage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from chaingraph.engines import cell_texts
from chaingraph.events import known_events

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chaingraph.analysis.state import RegionState
    from chaingraph.planning.responsibility_plan import Project

_COLUMNS: Final = {"signed": "signed", "started": "started", "commissioned": "commissioned"}
"""Event of the table `projects` -> column of the sheet."""
_GONE: Final = frozenset({"cancelled", "superseded"})
_READ: Final = (
    "project_id", "date", "event", "park", "company_zh", "enterprise_id", "product_id", "product_zh",
    "investment_cny_100m", "source_url",
)  # fmt: skip


def recorded_projects(state: RegionState, planned: Sequence[Project]) -> list[dict[str, Any]]:
    """Return one row a project: first those of the plan, then one a maker and product of the data.

    Several events of one maker and product are one row; its first date of each stage counts. Cancelled and
    superseded ones are left out.
    """
    names = dict(
        zip(state.study.product_graph.ids, state.study.products["name_zh"].tolist(), strict=True)
    )
    rows: list[dict[str, Any]] = [
        {
            "project_id": p.key, "project_zh": names[p.product_id], "company_zh": p.company or None,
            "investment_cny_100m": p.investment, "start_planned": p.started or None,
            "commission_planned": p.commissioned or None, "basis": p.plan or None,
        } for p in planned
    ]  # fmt: skip
    return [*rows, *_of_data(state)]


def _of_data(state: RegionState) -> list[dict[str, Any]]:
    ds = state.study.dataset
    if not ds.has("projects"):
        return []
    events = known_events(ds, "projects")
    if not state.region.is_whole:
        for column in ("province", "city", "county", "park"):
            if column not in events:
                events = events.assign(**{column: None})
        events = events[state.region.mask(events)]
    found: dict[tuple[str, str], dict[str, Any]] = {}
    gone = set()
    for cells in zip(*(cell_texts(events, name) for name in _READ), strict=True):
        project, date, event, _, company, site, product, product_zh, money, source = cells
        key = (site or company or "", product or "")
        if event in _GONE:
            gone.add(key)
            continue
        row: dict[str, Any] = found.setdefault(
            key, {"project_id": project, "project_zh": product_zh, "company_zh": company}
        )
        _add_event(row, product_zh, _COLUMNS.get(event, ""), date, money, source)
    return [row for key, row in found.items() if key not in gone]


def _add_event(
    row: dict[str, Any], product_zh: str, column: str, date: str, money: Any, source: str
) -> None:
    """Add what one event says to the row of its project: the first date of a stage, the last sum."""
    row["project_zh"] = row["project_zh"] or product_zh
    if column and date and (not row.get(column) or date < row[column]):
        row[column] = date
    if money != "":
        row["investment_cny_100m"] = float(money)
    if source:
        row.setdefault("basis", source)
