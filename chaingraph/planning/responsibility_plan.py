"""A plan as a responsibility list needs it: projects with product, size, months, park, money."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from chaingraph.errors import OptionError, unknown_name
from chaingraph.files import read_utf8
from chaingraph.words import Phrase

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chaingraph.dataset import Dataset

_MONTH: Final = re.compile(r"\d{4}(-(0[1-9]|1[0-2])(-\d{2})?)?")
_LISTS: Final = ("project", "projects", "plan", "change")
_YEAR: Final = 4
_CNY_100M: Final = 1e8


@dataclass(frozen=True)
class Project:
    """One project of a plan.

    Attributes
    ----------
    key
        Its id in the plan: stable as long as the plan is.
    size, unit
        Capacity a year; None where the plan says none.
    commissioned, started
        Months (``2027-12``); `started` may be empty.
    plan
        Name of the plan.
    """

    key: str
    product_id: str
    size: float | None
    unit: str
    commissioned: str
    started: str = ""
    park: str = ""
    company: str = ""
    investment: float | None = None
    plan: str = ""


def month_after(month: str, count: int) -> str:
    """Return the month some months later; of a year the last one counts; empty stays empty.

    Examples
    --------
    >>> month_after("2025-12", 1), month_after("2027", -14), month_after("", 3)
    ('2026-01', '2026-10', '')
    """
    if not month:
        return ""
    year, number = int(month[:_YEAR]), int(month[5:7] or 12)
    total = year * 12 + number - 1 + count
    return f"{total // 12:04d}-{total % 12 + 1:02d}"


def plan_projects(plan: object, ds: Dataset) -> list[Project]:
    """Return the projects of a plan: a result of :func:`chaingraph.build_plan`, a mapping, a TOML or JSON file.

    Raises
    ------
    FileProblemError
        Where the file cannot be read.
    OptionError
        Where it holds no projects, or a project lacks a product or a date.
    UnknownNameError
        Where the dataset does not have a product.
    """
    if plan is None:
        return []
    path = "plan"
    if isinstance(plan, str | Path):
        path = str(plan)
        entry: object = _parsed(Path(plan))
    else:
        entry = plan
    rows, title = _rows(entry, path)
    units = dict(zip(ds.products["product_id"].tolist(), ds.products["unit"].tolist(), strict=True))
    found: list[Project] = []
    for number, row in enumerate(rows, 1):
        found.append(_project(row, number, units, path=path, title=title))
    return _keyed(found)


def _keyed(found: list[Project]) -> list[Project]:
    """Return the projects under keys that no two share."""
    from dataclasses import replace

    taken: dict[str, int] = {}
    result = []
    for project in found:
        taken[project.key] = taken.get(project.key, 0) + 1
        again = taken[project.key]
        result.append(replace(project, key=f"{project.key}-{again}") if again > 1 else project)
    return result


def _parsed(path: Path) -> Any:
    text = read_utf8(path, "plan-file")
    try:
        return json.loads(text) if path.suffix.casefold() == ".json" else tomllib.loads(text)
    except (json.JSONDecodeError, tomllib.TOMLDecodeError) as error:
        raise OptionError("plan-file", path=path, detail=str(error)) from error


def _rows(entry: object, path: str) -> tuple[list[Mapping[str, Any]], str]:
    """Return the rows of projects and the plan's name."""
    frame = getattr(entry, "projects", None)
    frame = getattr(frame, "frame", frame)
    if frame is not None and hasattr(frame, "to_dict"):
        return frame.to_dict("records"), "plan"
    if isinstance(entry, Mapping):
        title = str(entry.get("name") or Path(path).stem)
        for name in _LISTS:
            rows = entry.get(name)
            if isinstance(rows, list) and rows and all(isinstance(r, Mapping) for r in rows):
                return [r for r in rows if r.get("do", "build") == "build"], title
    raise OptionError("plan-file", path=path, detail=Phrase("plan-no-projects"))


def _project(
    row: Mapping[str, Any], number: int, units: Mapping[str, str], *, path: str, title: str
) -> Project:
    product = _text(row, "product", "product_id")
    if not product:
        raise _lacks(path, number, "product")
    if product not in units:
        raise unknown_name("product", product, units)
    ready = _text(row, "commissioned", "from", "ready", "operating", "year_operating")
    begun = _text(row, "started", "start")
    if (
        not ready and not begun
    ):  # the year in which a plan decides: built in it, running from the next
        begun = _text(row, "year", "decided")
        ready = month_after(f"{begun}-12", 12) if begun else ""
        begun = ""
    if not ready:
        ready = month_after(begun, 14)
    if not _MONTH.fullmatch(ready) or (begun and not _MONTH.fullmatch(begun)):
        raise _lacks(path, number, "from")
    size = _number(row, "size", "capacity")
    key = _text(row, "project_id", "plant", "project", "id", "key") or product
    money = _number(row, "investment_cny_100m", "investment")
    whole = _number(row, "investment_cny")
    return Project(
        key, product, size, _text(row, "unit") or units[product],
        ready if len(ready) > _YEAR else f"{ready}-12", begun, _text(row, "park", "park_1"),
        _text(row, "company", "target_1", "group"),
        money if money is not None or whole is None else whole / _CNY_100M, title,
    )  # fmt: skip


def _lacks(path: str, number: int, name: str) -> OptionError:
    params = (("number", number), ("name", name))
    return OptionError("plan-file", path=path, detail=Phrase("plan-lacks", params))


def _text(row: Mapping[str, Any], *names: str) -> str:
    return next((text for text in _texts(row, names) if text), "")


def _texts(row: Mapping[str, Any], names: Iterable[str]) -> Iterable[str]:
    for name in names:
        value = row.get(name)
        if value is None or value != value:  # noqa: PLR0124  nan
            continue
        whole = isinstance(value, float) and value.is_integer()
        yield str(int(value)) if whole else str(value)


def _number(row: Mapping[str, Any], *names: str) -> float | None:
    for name in names:
        value = row.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool) and value == value:  # noqa: PLR0124
            return float(value)
    return None
