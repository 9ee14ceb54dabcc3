"""A plan as tables that belong together, and in files: one to be read again, those that people read."""

from __future__ import annotations

import io
import json
import tomllib
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from chaingraph import words
from chaingraph.errors import FileProblemError, OptionError, file_problem
from chaingraph.files import write_file
from chaingraph.results import Result

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from chaingraph.words import Language

SUFFIXES: Final = (".toml", ".xlsx", ".md", ".json", ".csv", ".txt")
SCHEMA: Final = 1
_CNY: Final = 1e8
_PROJECT: Final = (
    "project_id", "product_id", "size", "unit", "plants", "started", "commissioned", "verb", "needs_first",
    "survey_first", "power_mw", "land_mu", "chosen_share",
)  # fmt: skip


@dataclass(frozen=True, eq=False, repr=False)
class Plan:
    """The programme of a region as tables that belong together.

    Attributes
    ----------
    projects
        What to start: one row a product and year.
    steps
        Year by year: what starts and runs, coverage, local content, purchases, output, investment, power.
    purchases
        What the region buys less and what it buys more once all has run in.
    outcomes
        What may come of it: the ends of draws of delay, failure, costs and recipes.
    budgets
        Each budget, what is used of it, whether it binds.
    revive
        Idle and suspended plants here, before anything new.
    too_small
        Gaps on which no plant could live, and in which market it could.
    cannot
        What cannot be judged or is not for a plan, because.
    ladder
        What other amounts of investment would come to.
    stability
        How often each product is chosen where prices and costs are other than known.
    params
        Everything that was asked and assumed.
    lang
        Language in which it is shown.
    seconds
        Time the solver took; not saved.
    """

    projects: Result
    steps: Result
    purchases: Result
    outcomes: Result
    budgets: Result
    revive: Result
    too_small: Result
    cannot: Result
    ladder: Result
    stability: Result
    params: Mapping[str, Any]
    lang: Language
    seconds: float = 0.0

    @property
    def parts(self) -> dict[str, Result]:
        """The tables by name, in their order."""
        return {
            field.name: getattr(self, field.name)
            for field in fields(self)
            if isinstance(getattr(self, field.name), Result)
        }

    def __iter__(self) -> Iterator[Result]:
        """Yield the tables."""
        return iter(self.parts.values())

    def __repr__(self) -> str:
        """Return one line."""
        about = "; ".join(str(self.params[key]) for key in ("dataset", "region", "years"))
        return f"<Plan {about}: {len(self.projects)} projects>"

    def __str__(self) -> str:
        """Return the tables as text."""
        return self.to_text()

    def to_text(self, lang: Language | None = None, *, limit: int | None = None) -> str:
        """Return the tables that hold anything as text."""
        shown = [part for part in self if len(part) or part is self.projects]
        return "\n\n".join(part.to_text(lang or self.lang, limit=limit) for part in shown) + "\n"

    def to_markdown(self, lang: Language | None = None, *, limit: int | None = None) -> str:
        """Return the tables that hold anything in Markdown."""
        shown = [part for part in self if len(part) or part is self.projects]
        return "\n".join(part.to_markdown(lang or self.lang, limit=limit) for part in shown)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return {
            "kind": "plan",
            "params": self.projects.to_dict(limit=0)["params"],
            "tables": {name: part.to_dict() for name, part in self.parts.items()},
        }

    def to_json(self) -> str:
        """Return :meth:`to_dict` as JSON text."""
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=1, allow_nan=False)

    def save(self, path: str | Path, *, lang: Language | None = None) -> None:
        """Write the plan to a file, by its suffix: .toml to be read again, .xlsx, .md, .json, .csv (projects).

        Raises
        ------
        OptionError
            For another suffix.
        FileProblemError
            Where the file cannot be written.
        """
        write_file(path, render_plan(self, PurePath(path).suffix.casefold(), path=path, lang=lang))


@dataclass(frozen=True, eq=False)
class SavedPlan:
    """A plan as a file holds it.

    Attributes
    ----------
    name
        Of the plan.
    params
        What was asked and assumed, what the programme is worth.
    projects
        One row a project: `project_id`, `product_id`, `size` (units a year), `unit`, `started`, `commissioned`
        (years), `investment_cny_100m`, `company`, `park` and what else was saved.
    changes
        The same as changes of a scenario: ``{"do": "build", "product": ..., "size": ..., "from": ...}``.
    """

    name: str
    params: dict[str, Any]
    projects: pd.DataFrame
    changes: tuple[dict[str, Any], ...]

    def capacities(self, year: int | None = None) -> list[dict[str, Any]]:
        """Return rows as :meth:`RegionState.with_capacity` takes them: what runs by a year, else all."""
        return [
            {"product_id": change["product"], "capacity": float(change["size"])}
            for change in self.changes
            if year is None or int(str(change["from"])[:4]) <= year
        ]


def render_plan(
    plan: Plan, suffix: str, *, path: object = "", lang: Language | None = None
) -> str | bytes:
    """Return a plan as the text or bytes of a file.

    Raises
    ------
    OptionError
        For a suffix that says no format.
    """
    if suffix not in SUFFIXES:
        raise OptionError("unknown-suffix", path=path, choices=" ".join(SUFFIXES))
    if suffix == ".toml":
        return to_toml(plan)
    if suffix == ".xlsx":
        return to_workbook(plan, lang or plan.lang)
    if suffix == ".json":
        return plan.to_json() + "\n"
    if suffix == ".csv":
        return "\ufeff" + plan.projects.to_csv()
    return plan.to_markdown(lang) if suffix == ".md" else plan.to_text(lang)


def to_toml(plan: Plan) -> str:
    """Return a plan as TOML: what was asked, its changes as a scenario has them, its projects."""
    params = plan.params
    name = f"{params['region']} {params['years'][0]}-{params['years'][-1]}"
    lines = [f"schema = {SCHEMA}", f"name = {_value(name)}", "", "[plan]"]
    lines += [f"{key} = {_value(value)}" for key, value in params.items() if _holds(value)]
    for row in plan.projects.frame.to_dict("records"):
        change = {
            "do": "build", "product": row["product_id"], "size": row["size"], "unit": row["unit"],
            "from": row["commissioned"], "park": row["park_1"],
        }  # fmt: skip
        lines += ["", "[[change]]", *_pairs(change)]
    for row in plan.projects.frame.to_dict("records"):
        held = {name: row[name] for name in _PROJECT} | {
            "investment_cny_100m": _hundred(row["investment_cny"]),
            "saves_cny_100m": _hundred(row["saves_cny"]),
            "company": row["target_1"], "park": row["park_1"],
        }  # fmt: skip
        lines += ["", "[[project]]", *_pairs(held)]
    return "\n".join(lines) + "\n"


def _hundred(value: float) -> float:
    return round(float(value) / _CNY, 6)


def _pairs(values: dict[str, Any]) -> list[str]:
    return [f"{key} = {_value(value)}" for key, value in values.items() if _holds(value)]


def _holds(value: Any) -> bool:
    if isinstance(value, dict | list | tuple):
        return bool(value)
    return value is not None and not pd.isna(value)


def _value(value: Any) -> str:
    """Return a value as TOML writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, dict):
        inside = ", ".join(
            f"{json.dumps(str(k), ensure_ascii=False)} = {_value(v)}" for k, v in value.items()
        )
        return "{" + inside + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    figure = value.item() if hasattr(value, "item") else value
    return repr(figure)


def read_plan(path: str | Path) -> SavedPlan:
    """Read a plan that :meth:`Plan.save` wrote as TOML; changes by hand are read too.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    SavedPlan
        `name`, `params`, `projects` (a frame: `project_id`, `product_id`, `size`, `unit`, `started`,
        `commissioned`, `investment_cny_100m`, `company`, `park` and more), `changes` as those of a scenario.

    Raises
    ------
    FileProblemError
        Where the file cannot be read.
    OptionError
        Where it is no plan: names the entry and what is wrong.

    Examples
    --------
    >>> import chaingraph as cg
    >>> plan = cg.build_plan(cg.load_dataset("toy"), years=2025, stability=0, draws=0)
    >>> import tempfile, pathlib
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "plan.toml"
    >>> plan.save(file)
    >>> read_plan(file).params["years"]
    [2025]
    """
    data = _parsed(Path(path))
    if data.get("schema") != SCHEMA or not isinstance(data.get("plan"), dict):
        raise OptionError("plan-file-none", path=path)
    changes = _entries(data, "change", path)
    for number, change in enumerate(changes, 1):
        size, product, start = change.get("size"), change.get("product"), change.get("from")
        good = isinstance(size, int | float) and not isinstance(size, bool) and size > 0
        if not good or not isinstance(product, str) or not str(start)[:4].isdigit():
            raise OptionError("plan-file-entry", path=path, number=number)
    projects = pd.DataFrame(_entries(data, "project", path))
    return SavedPlan(str(data.get("name", Path(path).stem)), data["plan"], projects, tuple(changes))


def _entries(data: dict[str, Any], name: str, path: object) -> list[dict[str, Any]]:
    rows = data.get(name, [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise OptionError("plan-file-none", path=path)
    return rows


def _parsed(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise file_problem("unreadable-path", path, error) from error
    except UnicodeDecodeError as error:
        raise FileProblemError("plan-file-text", path=path) from error
    except tomllib.TOMLDecodeError as error:
        raise OptionError("plan-file-toml", path=path, detail=error) from error


# --- workbook


def to_workbook(plan: Plan, lang: Language) -> bytes:
    """Return a plan as an Excel workbook: one sheet a table, figures as figures, one of what was asked."""
    import xlsxwriter

    file = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "nan_inf_to_errors": False,
    }
    with xlsxwriter.Workbook(file, options) as book:
        book.set_properties({"created": datetime(2000, 1, 1)})  # noqa: DTZ001  Excel knows no zones
        looks = {
            "head": book.add_format(
                {"bold": True, "text_wrap": True, "valign": "top", "bg_color": "#DCE6F1"}
            ),
            "ratio": book.add_format({"num_format": "0%"}),
            "money": book.add_format({"num_format": "#,##0.00"}),
            "number": book.add_format({"num_format": "#,##0.##"}),
            "text": book.add_format({"text_wrap": True, "valign": "top"}),
        }
        for part in plan.parts.values():
            _write_part(book, part, lang, looks)
        sheet = book.add_worksheet(words.term("page", "plan_asked", lang))
        sheet.set_column(0, 0, 28)
        sheet.set_column(1, 1, 90)
        for number, (key, value) in enumerate(plan.params.items()):
            sheet.write_string(number, 0, words.term("param", key, lang))
            shown = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            sheet.write_string(number, 1, shown)
    return file.getvalue()


def _write_part(book: Any, part: Result, lang: Language, looks: dict[str, Any]) -> None:
    sheet = book.add_worksheet(part.title(lang)[:31])
    names = _ordered(part, lang)
    columns = part.columns
    sheet.freeze_panes(1, 0)
    sheet.set_landscape()
    sheet.set_paper(8)  # A3
    sheet.fit_to_pages(1, 0)
    for place, name in enumerate(names):
        column = columns[name]
        unit = words.term("unit", column.unit, lang)
        inside = column.unit.startswith("product unit") or not unit
        sheet.write_string(
            0,
            place,
            column.title(lang) if inside else f"{column.title(lang)} ({unit})",
            looks["head"],
        )
        wide = name.endswith(("_zh", "_en")) and not name.startswith("name")
        sheet.set_column(place, place, 36 if wide else 14)
        vocabulary = name if name in words.vocabularies() else ""
        for row, value in enumerate(part.frame[name].tolist(), 1):
            _write_cell(sheet, (row, place), value, (column.unit, vocabulary, lang), looks)
    last = len(part.frame) + 2
    shown = sum(name in part.shown for name in names)
    sheet.print_area(0, 0, last + len(part.notes), max(0, shown - 1))  # the rest is for the screen
    for number, sentence in enumerate(part.sentences(lang)):
        sheet.write_string(last + number, 0, sentence)


def _ordered(part: Result, lang: Language) -> list[str]:
    """Return the columns of a table in one language: those shown first, then the rest."""
    other = "_en" if lang == "zh" else "_zh"
    names = [str(name) for name in part.frame.columns]
    first = [name for name in part.shown if name in names]
    return [
        name for name in [*first, *(n for n in names if n not in first)] if not name.endswith(other)
    ]


def _write_cell(
    sheet: Any,
    place: tuple[int, int],
    value: Any,
    said: tuple[str, str, Language],
    looks: dict[str, Any],
) -> None:
    unit, vocabulary, lang = said
    if value is None or (not isinstance(value, str) and pd.isna(value)):
        return
    if isinstance(value, bool):
        sheet.write_string(*place, words.term("flag", str(value).lower(), lang))
    elif isinstance(value, int | float):
        if value in {float("inf"), float("-inf")}:
            sheet.write_string(*place, "∞")
        elif unit == "ratio":
            sheet.write_number(*place, value, looks["ratio"])
        elif unit == "100m CNY":
            sheet.write_number(*place, value / _CNY, looks["money"])
        else:
            sheet.write_number(*place, value, looks["number"])
    elif vocabulary:
        mark = "；" if lang == "zh" else "; "
        sheet.write_string(
            *place,
            mark.join(words.term(vocabulary, p, lang) for p in str(value).split("; ")),
            looks["text"],
        )
    else:
        sheet.write_string(*place, str(value), looks["text"])
