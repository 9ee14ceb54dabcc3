"""The page of a diff: what changed in the gaps, why, and in which rows; in the report's five formats."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from chaingraph import words
from chaingraph.files import write_file
from chaingraph.schema import table_spec
from chaingraph.updates.gap_changes import GAP_CHANGES, is_unmet
from chaingraph.version import __version__
from chaingraph.views.report import model
from chaingraph.views.report.build import number_through, render_report, report_format
from chaingraph.views.report.context import Sources
from chaingraph.views.report.model import Column, Paragraph, Report, Section, Table, make_row
from chaingraph.views.report.sections.evidence import sources_table
from chaingraph.views.wording import clean, phrase
from chaingraph.words import term

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from chaingraph.results import Result
    from chaingraph.updates.diff import Diff
    from chaingraph.views.report.model import Cell, Kind, Place, Row
    from chaingraph.words import Language

_ON_PAGE: Final = 30
_KINDS: Final[dict[str, Kind]] = {"ratio": "percent", "100m CNY": "money"}
_GAPS: Final = {
    "gap_change": 10, "name": 18, "gap_kind_before": 13, "gap_kind_after": 13, "verb": 8, "unit": 9,
    "demand_before": 11, "demand_after": 11, "capacity_before": 11, "capacity_after": 11,
    "shortage_before": 11, "shortage_after": 11, "gap_value_cny_after": 10, "because": 52,
}  # fmt: skip
_SHORT: Final = {
    "name": 14, "verb": 8, "unit": 9, "demand_after": 11, "capacity_after": 11,
    "shortage_before": 11, "shortage_after": 11, "gap_value_cny_after": 10, "because": 52,
}  # fmt: skip
"""Of a page: the caption says what changed. Where the kind changed, both kinds come after the name."""
_TURNED: Final = {"name": 14, "gap_kind_before": 13, "gap_kind_after": 13} | _SHORT
_OTHERS: Final = {
    "gap_change": 10, "name": 14, "gap_kind_before": 13, "gap_kind_after": 13, "verb": 8, "unit": 9,
    "demand_after": 11, "capacity_before": 11, "capacity_after": 11, "because": 52,
}  # fmt: skip
_MOVES: Final = {
    "move": 9, "enterprise": 28, "name": 24, "status_before": 13, "status_after": 13,
    "capacity_before": 11, "capacity_after": 11, "unit": 9, "since": 10,
}  # fmt: skip
_CAUSES: Final = {
    "name": 18, "cause": 12, "user": 18, "enterprise": 28, "own_before": 11, "own_after": 11,
    "effect": 11, "unit": 9, "since": 10,
}  # fmt: skip
_CELLS: Final = {
    "table": 10, "change": 7, "row": 36, "column": 14, "value_before": 24, "value_after": 34,
}  # fmt: skip
_LISTED: Final = _CELLS | {"value_before": 34, "value_after": 72}
"""Of a workbook, where there is room for all that a row holds."""
_WORDS_OF: Final = {("products", "kind"): "product_kind"}
"""Vocabulary of a column of a table; of others the one of its own name, if any."""
_COUNTS: Final = {
    "table": 12, "rows_before": 9, "rows_after": 9, "rows_added": 8, "rows_gone": 8,
    "rows_changed": 8, "cells_changed": 10,
}  # fmt: skip


def build_diff_report(diff: Diff, *, lang: Language | None = None) -> Report:
    """Build the page of a diff: the model that every format shows.

    Parameters
    ----------
    diff
        What :func:`chaingraph.diff_datasets` gave.
    lang
        ``zh`` or ``en``; the diff's own by default.

    Returns
    -------
    Report
        Sections: gaps of supply that changed, with their causes and sources; other gaps that changed;
        capacities of the region that moved; rows and cells of the tables.

    Examples
    --------
    >>> import chaingraph as cg
    >>> toy = cg.load_dataset("toy")
    >>> page = build_diff_report(cg.diff_datasets(toy.at("2019"), toy.at("2024")), lang="en")
    >>> [section.key for section in page.sections]
    ['gap-changes', 'other-changes', 'moves', 'table-changes', 'evidence']
    """
    chosen: Language = diff.gaps.lang if lang not in words.LANGUAGES else lang
    page = _Page(diff, chosen)
    built = (page.gaps(), page.others(), page.moves(), page.tables(), page.evidence())
    params = diff.gaps.params
    at, named = (_arrow(params[key]) for key in ("at", "dataset"))
    region = str(params.get("region", ""))
    region = term("page", "whole", chosen) if region == "*" else region
    pairs = (("dataset", f"{named} {_arrow(params['version'])}"), ("region", region), ("at", at))
    meta = tuple((term("param", key, chosen), text) for key, text in pairs if text)
    return Report(
        title=phrase("title-diff", chosen, region=region or named),
        subtitle=phrase("subtitle-diff", chosen, at=at, dataset=named),
        lang=chosen,
        meta=(*meta, (phrase("program", chosen), f"chaingraph {__version__}")),
        sections=number_through([section for section in built if section is not None]),
        sources=tuple(page.sources.numbers),
        as_of=diff.as_of,
        program=f"chaingraph {__version__}",
    )


def _arrow(text: object) -> str:
    return str(text).replace("->", "→")


def save_diff(
    diff: Diff, path: str | Path, *, format_: str | None = None, lang: Language | None = None
) -> Path:
    """Write the page of a diff as HTML, Excel, Word, Markdown or JSON.

    Parameters
    ----------
    diff
        What :func:`chaingraph.diff_datasets` gave.
    path
        The file to write; its suffix says the format unless `format_` does.
    format_
        ``html``, ``xlsx``, ``docx``, ``md`` or ``json`` (all parts with all columns).
    lang
        ``zh`` or ``en``; the diff's own by default.

    Returns
    -------
    pathlib.Path
        The file. Two runs on the same data give the same bytes.

    Raises
    ------
    OptionError
        For a format that there is not.
    FileProblemError
        Where the file cannot be written; an existing one stays.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import chaingraph as cg
    >>> toy = cg.load_dataset("toy")
    >>> place = pathlib.Path(tempfile.mkdtemp()) / "changes.md"
    >>> print(cg.save_diff(cg.diff_datasets(toy.at("2019"), toy.at("2024")), place).name)
    changes.md
    """
    return write_file(path, render_diff(diff, report_format(path, format_), lang=lang))


def render_diff(diff: Diff, format_: str, *, lang: Language | None = None) -> str | bytes:
    """Return the page of a diff in a format: text, or bytes for xlsx and docx."""
    if format_ == "json":
        return diff.to_json() + "\n"
    return render_report(build_diff_report(diff, lang=lang), format_)


class _Page:
    """Sections of the page, with one list of sources."""

    def __init__(self, diff: Diff, lang: Language) -> None:
        self.diff, self.lang = diff, lang
        self.sources = Sources()
        self.behind: dict[str, list[str]] = {}
        causes = diff.causes.frame
        for product, url in zip(causes["product_id"], causes["source_url"], strict=True):
            if isinstance(url, str):
                self.behind.setdefault(product, []).append(url)

    def say(self, key: str, **params: object) -> str:
        """Return a phrase in the page's language."""
        return phrase(key, self.lang, **params)

    def _notes(self, result: Result) -> list[Paragraph]:
        """Return the notes of a result as sentences with a capital and a full stop."""
        end = "。" if self.lang == "zh" else "."
        return [Paragraph(f"{t[:1].upper()}{t[1:]}{end}") for t in result.sentences(self.lang)]

    def gaps(self) -> Section:
        """Return what happened to gaps of supply."""
        frame = self._changed(short=True)
        lead = self._notes(self.diff.gaps)
        if len(self.diff.causes):
            lead.append(Paragraph(self.say("lead-gap-changes")))
        tables = []
        for change in GAP_CHANGES:
            part = frame[frame["gap_change"] == change]
            if len(part):
                title = self.say(
                    "table-gap-change",
                    change=term("gap_change", change, self.lang),
                    count=len(part),
                )
                kinds = change in {"known", "turned", "closed", "quantified"}
                widths = _TURNED if kinds else _SHORT
                tables.append(self._table(f"gaps-{change}", title, part, widths, place="pages"))
        title = self.diff.gaps.title(self.lang)
        tables.append(self._table("gaps", title, frame, _GAPS, place="workbook"))
        causes = self.diff.causes.frame
        if len(causes):
            units = dict(
                zip(self.diff.gaps.frame["product_id"], self.diff.gaps.frame["unit"], strict=True)
            )
            causes = causes.assign(unit=causes["product_id"].map(units))
            title = self.diff.causes.title(self.lang)
            tables.append(
                self._table("causes", title, causes, _CAUSES, place="workbook", apart=True)
            )
        return Section(
            "gap-changes", self.say("section-gap-changes"), tuple(lead), tuple(tables), wide=True
        )

    def others(self) -> Section | None:
        """Return what happened to the other kinds of gaps."""
        frame = self._changed(short=False)
        if frame.empty:
            return None
        title = self.say("section-other-changes")
        table = self._table("other-changes", title, frame, _OTHERS)
        lead = Paragraph(self.say("lead-other-changes"))
        return Section("other-changes", title, (lead,), (table,), wide=True)

    def _changed(self, *, short: bool) -> pd.DataFrame:
        frame = self.diff.gaps.frame
        kinds = is_unmet(frame)
        return frame[(frame["gap_change"] != "same") & (kinds if short else ~kinds)]

    def moves(self) -> Section | None:
        """Return the capacities of the region that moved."""
        frame = self.diff.moves.frame
        if frame.empty:
            return None
        lead = self._notes(self.diff.moves)
        title = self.diff.moves.title(self.lang)
        table = self._table("moves", title, frame[frame["inside"]], _MOVES)
        outside = self._table(
            "moves-outside", self.say("table-moves-outside"), frame[~frame["inside"]], _MOVES,
            place="workbook", apart=True,
        )  # fmt: skip
        tables = (table, outside) if len(outside.rows) else (table,)
        return Section("moves", title, tuple(lead), tables, wide=True)

    def tables(self) -> Section:
        """Return the rows and cells that changed: on a page the first, in a workbook all."""
        title = self.diff.tables.title(self.lang)
        frame = self.diff.tables.frame
        lead = self._notes(self.diff.tables)
        if len(frame) > _ON_PAGE:
            lead.append(Paragraph(self.say("lead-table-changes", shown=_ON_PAGE, count=len(frame))))
        counts = self._table(
            "change-counts", self.diff.counts.title(self.lang), self.diff.counts.frame, _COUNTS,
            cited=False,
        )  # fmt: skip
        whole = self._table(
            "table-changes",
            self.say("table-all-changes"),
            frame,
            _LISTED,
            place="workbook",
            apart=True,
        )
        first = self._table("first-changes", title, frame.head(_ON_PAGE), _CELLS, place="pages")
        rows = (first, whole) if len(frame) else ()
        return Section("table-changes", title, tuple(lead), (counts, *rows), wide=True)

    def evidence(self) -> Section | None:
        """Return the sources that the other sections cite."""
        if not self.sources.numbers:
            return None
        table = sources_table(self.sources, self.lang)
        return Section("evidence", self.say("table-sources"), (), (table,))

    def _table(
        self, key: str, title: str, frame: pd.DataFrame, widths: dict[str, int], *,
        place: Place = "all", cited: bool = True, apart: bool = False,
    ) -> Table:  # fmt: skip
        """Return a result's frame as a table; names and sentences in the page's language."""
        names = {column: self._name(column, frame) for column in widths}
        columns = tuple(self._column(names[column], widths[column]) for column in widths)
        rows = tuple(
            self._row(record, [*names.values()], columns) for record in frame.to_dict("records")
        )
        return Table(key, title, columns, rows, cited=cited, place=place, apart=apart)

    def _name(self, column: str, frame: pd.DataFrame) -> str:
        return column if column in frame else f"{column}_{self.lang}"

    def _column(self, name: str, width: int) -> Column:
        known = words.column(name)
        kind = _KINDS.get(known.unit, "number" if known.unit else "text")
        if name.startswith(("rows_", "cells_")):
            kind = "count"
        if name.startswith("own_"):
            kind = "number"
        unit = self.say("unit-money") if kind == "money" else ""
        return Column(name, known.title(self.lang), unit, kind, width)

    def _row(self, record: dict[Any, Any], names: list[str], columns: tuple[Column, ...]) -> Row:
        urls = [record.get("source_url")] if "source_url" in record else []
        if "gap_change" in record:
            urls = list(self.behind.get(str(record["product_id"]), []))
        addresses = [url for url in urls if isinstance(url, str)]
        if "row_key" in record:
            record |= self._spoken(record)
        cells = [self._cell(record[n], c) for n, c in zip(names, columns, strict=True)]
        return make_row(cells, self.sources.cite(addresses))

    def _spoken(self, record: dict[Any, Any]) -> dict[str, Any]:
        """Return column and cells of a changed row with the titles and words of the page's language."""
        spec = table_spec(record["table"])
        sides = {side: record[side] for side in ("value_before", "value_after")}
        name = record["column"]
        if isinstance(name, str):
            title = spec.by_name[name].title(self.lang) if name in spec.by_name else name
            return {"column": title} | {
                side: self._word(spec.name, name, text) if isinstance(text, str) else text
                for side, text in sides.items()
            }
        known = "|".join(map(re.escape, spec.field_names))
        pairs = re.compile(rf"(^|; )({known})=(.*?)(?=; (?:{known})=|$)", re.DOTALL)

        def said(found: re.Match[str]) -> str:
            start, name, text = found.groups()
            title = spec.by_name[name].title(self.lang)
            mark = {"zh": ("；", "："), "en": ("; ", ": ")}[self.lang]
            return f"{start and mark[0]}{title}{mark[1]}{self._word(spec.name, name, text)}"

        return {
            side: pairs.sub(said, text) if isinstance(text, str) else text
            for side, text in sides.items()
        }

    def _word(self, table: str, column: str, text: str) -> str:
        """Return a cell with the word that its column's vocabulary has for it."""
        words_of = _WORDS_OF.get((table, column), column)
        known = words_of in words.vocabularies()
        return term(words_of, text, self.lang) if known else text

    def _cell(self, value: Any, column: Column) -> Cell:
        show = {
            "number": model.number, "percent": model.percent, "money": model.money,
            "count": model.count,
        }  # fmt: skip
        if column.kind != "text":
            return show[column.kind](float(value))
        if not isinstance(value, str):
            return model.text(None)
        if column.key == "unit":
            return model.text(self.say("per-year", unit=clean(value)))
        if column.key == "table":
            return model.text(table_spec(value).title(self.lang))
        word = column.key.removesuffix("_before").removesuffix("_after")
        known = word in words.vocabularies()
        return model.text(term(word, value, self.lang) if known else value)
