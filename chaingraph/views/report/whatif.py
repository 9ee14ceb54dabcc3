"""The page of scenarios: what they change, new gaps first, and why; in the report's five formats."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from chaingraph import words
from chaingraph.files import write_file
from chaingraph.updates.gap_changes import is_unmet
from chaingraph.version import __version__
from chaingraph.views.report import model
from chaingraph.views.report.build import number_through, render_report, report_format
from chaingraph.views.report.model import Column, Paragraph, Report, Section, Table, make_row
from chaingraph.views.wording import clean, phrase
from chaingraph.words import term

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from chaingraph.planning.compare import Comparison
    from chaingraph.results import Result
    from chaingraph.views.report.model import Cell, Kind, Place
    from chaingraph.words import Language

_KINDS: Final[dict[str, Kind]] = {"ratio": "percent", "100m CNY": "money"}
_MEASURES: Final = {
    "scenario_measure": 26, "content_of": 12, "measure_unit": 10, "measure_before": 11,
    "measure_after": 11, "measure_change": 11,
}  # fmt: skip
_PRODUCTS: Final = {
    "gap_change": 8, "name": 16, "gap_kind_before": 11, "gap_kind_after": 11, "unit": 9,
    "capacity_before": 11, "capacity_after": 11, "demand_before": 11, "demand_after": 11,
    "shortage_before": 11, "shortage_after": 11, "gap_value_cny_change": 10, "because": 46,
}  # fmt: skip
_WHOLE: Final = _PRODUCTS | {
    "output_before": 11, "output_after": 11, "demand_low_before": 11, "demand_high_before": 11,
    "demand_low_after": 11, "demand_high_after": 11, "shortage_low_before": 11,
    "shortage_high_before": 11, "shortage_low_after": 11, "shortage_high_after": 11,
    "coverage_before": 10, "coverage": 10,
    "capacity_change": 11, "output_change": 11, "demand_change": 11, "shortage_change": 11,
}  # fmt: skip
"""Of a workbook, where there is room."""
_CAUSES: Final = {
    "name": 18, "cause": 12, "user": 18, "enterprise": 28, "own_before": 11, "own_after": 11,
    "effect": 11,
}  # fmt: skip
_GAPS: Final = {"name": 20, "unit": 9, "gap_base": 12}
_FIGURES: Final = ("measure_before", "measure_after", "measure_change", "own_before", "own_after")


def build_comparison_report(found: Comparison, *, lang: Language | None = None) -> Report:
    """Build the page of scenarios: the model that every format shows.

    Parameters
    ----------
    found
        What :func:`chaingraph.compare_scenarios` gave.
    lang
        ``zh`` or ``en``; the comparison's own by default.

    Returns
    -------
    Report
        Sections: before and after, with the gaps side by side where there are several scenarios; of each
        scenario the products that it changes, new gaps first; why; year by year.

    Examples
    --------
    >>> import chaingraph as cg
    >>> toy = cg.load_dataset("toy")
    >>> change = {"do": "build", "product": "foil", "size": 400}
    >>> page = build_comparison_report(cg.compare_scenarios(toy, {"foil": [change]}), lang="en")
    >>> [section.key for section in page.sections]
    ['totals', 'products-1', 'causes']
    """
    chosen: Language = found.totals.lang if lang not in words.LANGUAGES else lang
    page = _Page(chosen)
    params = found.totals.params
    names = list(found.scenarios)
    sections = [
        page.totals(found),
        *page.products(found, names),
        page.causes(found),
        page.years(found),
    ]
    pairs = (
        ("dataset", f"{params['dataset']} {params['version']}"), ("region", str(params["region"])),
        ("at", str(params["at"])), ("scenario", str(params["scenario"])),
    )  # fmt: skip
    meta = tuple((term("param", key, chosen), text) for key, text in pairs if text)
    region = str(params["region"])
    return Report(
        title=phrase("title-whatif", chosen, region=region),
        subtitle=phrase("subtitle-whatif", chosen, names=", ".join(names), at=params["at"]),
        lang=chosen,
        meta=(*meta, (phrase("program", chosen), f"chaingraph {__version__}")),
        sections=number_through([section for section in sections if section is not None]),
        sources=(),
        as_of=str(params["at"]),
        program=f"chaingraph {__version__}",
    )


def save_comparison(
    found: Comparison, path: str | Path, *, format_: str | None = None, lang: Language | None = None
) -> Path:
    """Write the page of scenarios as HTML, Excel, Word, Markdown or JSON.

    Parameters
    ----------
    found
        What :func:`chaingraph.compare_scenarios` gave.
    path
        The file to write; its suffix says the format unless `format_` does.
    format_
        ``html``, ``xlsx``, ``docx``, ``md`` or ``json`` (all parts with all columns).
    lang
        ``zh`` or ``en``; the comparison's own by default.

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
    >>> place = pathlib.Path(tempfile.mkdtemp()) / "whatif.md"
    >>> change = {"do": "build", "product": "foil", "size": 400}
    >>> found = cg.compare_scenarios(cg.load_dataset("toy"), {"foil": [change]})
    >>> cg.save_comparison(found, place).name
    'whatif.md'
    """
    return write_file(path, render_comparison(found, report_format(path, format_), lang=lang))


def render_comparison(
    found: Comparison, format_: str, *, lang: Language | None = None
) -> str | bytes:
    """Return the page of scenarios in a format: text, or bytes for xlsx and docx."""
    if format_ == "json":
        return found.to_json() + "\n"
    return render_report(build_comparison_report(found, lang=lang), format_)


class _Page:
    """Sections of the page in one language."""

    def __init__(self, lang: Language) -> None:
        self.lang = lang

    def totals(self, found: Comparison) -> Section:
        """Return before and after of each scenario, and the gaps side by side."""
        result, frame = found.totals, found.totals.frame
        title = result.title(self.lang)
        tables = [self._table("totals", title, frame, _MEASURES)]
        if len(found.scenarios) > 1:
            beside = found.totals_beside.frame
            own = [str(name) for name in beside.columns if name not in _MEASURES]
            kept = {key: _MEASURES[key] for key in _MEASURES if key in beside}
            tables = [self._table("totals", title, beside, kept | dict.fromkeys(own, 12))]
        if len(found.gaps):
            own = [str(name) for name in found.gaps.frame.columns if name not in _KEYS]
            widths = _GAPS | dict.fromkeys(own, 12)
            title = found.gaps.title(self.lang)
            tables.append(self._table("gaps", title, found.gaps.frame, widths))
        return Section(
            "totals", result.title(self.lang), self._notes(result), tuple(tables), wide=True
        )

    def products(self, found: Comparison, names: list[str]) -> list[Section]:
        """Return of each scenario the products that it changes: gaps of supply first, then others."""
        sections = []
        frame = found.products.frame
        for number, name in enumerate(names, 1):
            own = frame[frame["scenario"] == name]
            unmet = is_unmet(own)
            title = phrase("section-whatif", self.lang, name=name)
            tables = []
            parts = (
                ("gaps", "table-whatif-gaps", own[unmet]),
                ("others", "table-whatif-others", own[~unmet]),
            )
            for key, caption, part in parts:
                if len(part):
                    said = phrase(caption, self.lang, count=len(part))
                    tables.append(
                        self._table(f"{key}-{number}", said, part, _PRODUCTS, place="pages")
                    )
            tables.append(
                self._table(f"products-{number}", title, own, _WHOLE, place="workbook", apart=True)
            )
            lead = () if len(own) else (Paragraph(phrase("whatif-none", self.lang)),)
            sections.append(Section(f"products-{number}", title, lead, tuple(tables), wide=True))
        return sections

    def causes(self, found: Comparison) -> Section | None:
        """Return every part of every change."""
        frame = found.causes.frame
        if frame.empty:
            return None
        title = found.causes.title(self.lang)
        widths = ({"scenario": 14} if len(found.scenarios) > 1 else {}) | _CAUSES
        lead = Paragraph(phrase("lead-whatif-causes", self.lang))
        return Section(
            "causes", title, (lead,), (self._table("causes", title, frame, widths),), wide=True
        )

    def years(self, found: Comparison) -> Section | None:
        """Return the totals year by year."""
        frame = found.years.frame
        if frame.empty:
            return None
        title = found.years.title(self.lang)
        widths = {"scenario": 14, "by_year": 8} | _MEASURES
        lead = Paragraph(phrase("lead-whatif-years", self.lang))
        return Section(
            "years", title, (lead,), (self._table("years", title, frame, widths),), wide=True
        )

    def _notes(self, result: Result) -> tuple[Paragraph, ...]:
        """Return the notes of a result as sentences with a capital and a full stop."""
        end = "。" if self.lang == "zh" else "."
        return tuple(Paragraph(f"{t[:1].upper()}{t[1:]}{end}") for t in result.sentences(self.lang))

    def _table(
        self, key: str, title: str, frame: pd.DataFrame, widths: dict[str, int], *,
        place: Place = "all", apart: bool = False,
    ) -> Table:  # fmt: skip
        names = [name if name in frame else f"{name}_{self.lang}" for name in widths]
        columns = tuple(map(self._column, names, widths.values()))
        rows = tuple(
            make_row([self._cell(row[column.key], column) for column in columns])
            for row in frame.to_dict("records")
        )
        return Table(key, title, columns, rows, cited=False, place=place, apart=apart)

    def _column(self, name: str, width: int) -> Column:
        if not words.has_column(name):  # the gap in a scenario, under its name
            return Column(name, name, "", "number", width)
        known = words.column(name)
        kind = _KINDS.get(known.unit, "number" if known.unit or name in _FIGURES else "text")
        unit = phrase("unit-money", self.lang) if kind == "money" else ""
        return Column(name, known.title(self.lang), unit, kind, width)

    def _cell(self, value: Any, column: Column) -> Cell:
        show = {"number": model.number, "percent": model.percent, "money": model.money}
        if column.kind in show:
            return show[column.kind](float(value))
        if not isinstance(value, str):
            return model.text(None)
        if column.key == "unit":
            return model.text(phrase("per-year", self.lang, unit=clean(value)))
        word = column.key.removesuffix("_before").removesuffix("_after")
        known = word in words.vocabularies()
        return model.text(term(word, value, self.lang) if known else value)


_KEYS: Final = ("product_id", "name_zh", "name_en", "unit", "gap_base")
