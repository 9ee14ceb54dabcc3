"""Results: one tidy frame each, with what was asked, what every column means, and ways to show it."""

from __future__ import annotations

import html
import io
import json
import math
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from chaingraph import words
from chaingraph.errors import MissingLibraryError, OptionError
from chaingraph.files import write_file
from chaingraph.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import pandas as pd

    from chaingraph.words import Language

SCHEMA_VERSION: Final = "1"
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")
_CNY_100M: Final = 1e8
_NAMED: Final = 3
_MEANINGS: Final = ("name", "title_zh", "title_en", "unit", "meaning")
_AS_THEY_ARE: Final = ("strings_to_formulas", "strings_to_urls", "strings_to_numbers")
_UNITS_IN_ROWS: Final = {"product unit", "product unit/a"}


@dataclass(frozen=True, eq=False)
class Call:
    """How a result came about: which function, of which data, with which options.

    Attributes
    ----------
    function
        The function that made it.
    source
        The dataset, study or state it was given; None once the result was pickled, as data are large.
    options
        All other arguments.
    """

    function: Callable[..., Result]
    source: Any
    options: Mapping[str, Any]

    @classmethod
    def of(cls, function: Callable[..., Result], given: Mapping[str, Any]) -> Call:
        """Return the call of a function from its arguments, the source first: its ``locals()``."""
        (_, source), *options = given.items()
        return cls(function, source, dict(options))

    def again(self, source: Any = None, /, **changes: Any) -> Result:
        """Call the function again with some options changed; see :meth:`Result.rerun`."""
        given = self.source if source is None else source
        if given is None:
            raise OptionError("no-source")
        options = dict(self.options)
        asked = getattr(getattr(given, "study", given), "asked", {})
        opened = {name: value for name, value in changes.items() if name in asked}
        if opened:  # what is open holds its assumptions: it is read anew under the changed ones
            given = given.with_assumptions(**opened)
            options = {name: value for name, value in options.items() if name not in asked}
        unknown = sorted(set(changes) - set(opened) - set(self.options))
        if unknown:
            choices = ", ".join(sorted({*self.options, *asked}))
            raise OptionError("bad-rerun", value=", ".join(unknown), choices=choices)
        return self.function(
            given, **options | {k: v for k, v in changes.items() if k not in opened}
        )

    def __getstate__(self) -> dict[str, Any]:
        """Leave the data out."""
        return {"function": self.function, "source": None, "options": self.options}


@dataclass(frozen=True, eq=False, repr=False)
class Result:
    """What an analysis found.

    Attributes
    ----------
    kind
        Name of the analysis, a word of the vocabulary ``result``.
    frame
        One tidy table. `columns` says what each column means and in which unit.
    params
        What was asked: dataset, version, date, region, statuses, options.
    lang
        Language in which it is shown unless another is asked for.
    shown
        The columns that fit a terminal or a page; every other format has all of them.
    notes
        Sentences a reader must know: message key and parameters each.
    call
        How it came about, for :meth:`rerun`; None where it can't be asked again.
    """

    kind: str
    frame: pd.DataFrame
    params: Mapping[str, Any]
    lang: Language = "zh"
    shown: tuple[str, ...] = ()
    notes: tuple[tuple[str, Mapping[str, Any]], ...] = field(default=())
    call: Call | None = None

    @property
    def columns(self) -> dict[str, words.Column]:
        """Meaning and unit of every column, by name; others than ours are said to be the user's own."""
        return {str(name): _column(str(name)) for name in self.frame.columns}

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.frame)

    def __getitem__(self, name: Any) -> Any:
        """Return a column of the frame, or a frame of several."""
        return self.frame[name]

    def __repr__(self) -> str:
        """Return one line: what, how large, of what; :meth:`to_text` and print show the table."""
        about = (
            f"{key} {self.params[key]}"
            for key in ("dataset", "region", "at")
            if self.params.get(key)
        )
        size = f"{len(self.frame)} rows x {self.frame.shape[1]} columns"
        return f"<Result {self.kind}: {'; '.join([size, *about])}>"

    def rerun(self, source: Any = None, /, **changes: Any) -> Result:
        """Ask the same again, with some options changed.

        Parameters
        ----------
        source
            Dataset, study or state to ask it of instead; needed after pickling, which leaves the data out.
        **changes
            Options of the function that made this result. Where it was asked of an open study or a state,
            assumptions may be changed too: the data are then read anew.

        Raises
        ------
        OptionError
            Where nobody knows how it came about, the data are gone, or the function has no such option.

        Examples
        --------
        >>> import chaingraph as cg
        >>> gaps = cg.find_gaps(cg.load_dataset("toy"), draws=0)
        >>> halved = gaps.rerun(load=0.5)
        >>> [float(r["gap"].iloc[0]) for r in (gaps, halved)], len(gaps.rerun(kinds="missing"))
        ([1000.0, 500.0], 3)
        """
        if self.call is None:
            raise OptionError("no-call", kind=self.kind)
        return self.call.again(source, **changes)

    @property
    def stamp(self) -> dict[str, str | None]:
        """What made it: version of chaingraph, and the hash of the dataset's tables.

        The hash is None where the data are not at hand, or where an engine holds them: these are too large.
        """
        source = self.call.source if self.call else None
        study = getattr(source, "study", source)
        data: Any = getattr(study, "dataset", study)
        small = getattr(data, "engine", "") == "pandas"
        return {"chaingraph": __version__, "dataset_sha256": data.sha256 if small else None}

    def title(self, lang: Language | None = None) -> str:
        """Return what this is, in a language."""
        return words.term("result", self.kind, lang or self.lang)

    def sentences(self, lang: Language | None = None) -> list[str]:
        """Return the notes as sentences in a language."""
        chosen = lang or self.lang
        return [words.message(key, chosen, **dict(params)) for key, params in self.notes]

    def to_rows(
        self, lang: Language | None = None, *, all_columns: bool = False, limit: int | None = None
    ) -> tuple[list[str], list[list[str]]]:
        """Return header and rows as a person reads them: words, rounded figures, percentages."""
        chosen = lang or self.lang
        names = [str(n) for n in self.frame.columns] if all_columns else self._shown(chosen)
        part = self.frame if limit is None else self.frame.head(limit)
        cells = [_shown_column(part[name], name, chosen) for name in names]
        header = [_header(name, chosen) for name in names]
        return header, [list(row) for row in zip(*cells, strict=True)]

    def _shown(self, lang: Language) -> list[str]:
        names = self.shown or tuple(str(n) for n in self.frame.columns)
        other, same = ("_en", "_zh") if lang == "zh" else ("_zh", "_en")
        siblings = {n.removesuffix(same) + other for n in names if n.endswith(same)}
        return [name for name in names if name in self.frame.columns and name not in siblings]

    def to_text(self, lang: Language | None = None, *, limit: int | None = None) -> str:
        """Return title, table and notes for a terminal; wide characters align."""
        from tabulate import tabulate

        header, rows = self.to_rows(lang, limit=limit)
        table = tabulate(rows, header, tablefmt="simple", disable_numparse=True,
                         colalign=self._alignment(lang)) if rows else ""  # fmt: skip
        left = len(self.frame) - len(rows)
        lines = [self.heading(lang), "", table or words.message("nothing-found", lang or self.lang)]
        if left > 0:
            lines.append(words.message("rows-left", lang or self.lang, count=left))
        notes = self.sentences(lang)
        if notes:
            lines += ["", *(f"* {note}" for note in notes)]
        return "\n".join(line.rstrip() for line in "\n".join(lines).splitlines())

    def heading(self, lang: Language | None = None) -> str:
        """Return the line above a table: what, of which region and dataset, at which date."""
        chosen = lang or self.lang
        parts = [
            f"{words.term('param', key, chosen)} {_shown_param(key, self.params[key], chosen)}"
            for key in (
                "dataset",
                "scenario",
                "region",
                "chain",
                "at",
                "statuses",
                "product",
                "goal",
            )
            if self.params.get(key)
        ]
        if not parts:
            return self.title(chosen)
        marks = ("（", "；", "）") if chosen == "zh" else (" (", "; ", ")")
        return f"{self.title(chosen)}{marks[0]}{marks[1].join(parts)}{marks[2]}"

    def _alignment(self, lang: Language | None) -> list[str]:
        names = self._shown(lang or self.lang)
        return ["right" if _is_number(self.frame[name]) else "left" for name in names]

    def to_markdown(self, lang: Language | None = None, *, limit: int | None = None) -> str:
        """Return heading, table and notes in Markdown."""
        from tabulate import tabulate

        header, rows = self.to_rows(lang, limit=limit)
        safe = [[cell.replace("|", "\\|").replace("\n", " ") for cell in row] for row in rows]
        table = tabulate(safe, header, tablefmt="pipe", disable_numparse=True,
                         colalign=self._alignment(lang) if rows else None)  # fmt: skip
        notes = "".join(f"\n- {note}" for note in self.sentences(lang))
        return f"## {self.heading(lang)}\n\n{table}\n" + (f"{notes}\n" if notes else "")

    def to_csv(self, path: str | Path | None = None, *, limit: int | None = None) -> str:
        """Return all columns as CSV under their names, written to a file too where one is named.

        One line a row; no cell can start a formula.
        """
        part = self.frame if limit is None else self.frame.head(limit)
        safe = part.copy(deep=False)
        for name in safe.columns:
            if not _is_number(safe[name]) and safe[name].dtype != bool:
                safe[name] = [_no_formula(cell) for cell in safe[name].tolist()]
        text: str = safe.to_csv(index=False, lineterminator="\n")
        if path is not None:
            write_file(path, text)
        return text

    def to_excel(self, path: str | Path) -> None:
        """Write all columns as an Excel workbook, with a sheet of their meanings and one of what was asked.

        Raises
        ------
        FileProblemError
            Where the file cannot be written.
        """
        import xlsxwriter

        file = io.BytesIO()
        with xlsxwriter.Workbook(
            file, dict.fromkeys(_AS_THEY_ARE, False) | {"in_memory": True}
        ) as book:
            book.set_properties({"created": datetime(2000, 1, 1)})  # noqa: DTZ001  Excel knows no zones
            whole = self.to_dict()
            names = [column["name"] for column in whole["columns"]]
            about = {**whole["params"], **whole["made_with"], **dict.fromkeys(whole["notes"])}
            sheets = {
                "data": [names, *([row[name] for name in names] for row in whole["rows"])],
                "columns": [
                    list(_MEANINGS),
                    *([c[k] for k in _MEANINGS] for c in whole["columns"]),
                ],
                "about": [[key, _text(value)] for key, value in about.items()],
            }
            for title, rows in sheets.items():
                sheet = book.add_worksheet(title)
                for number, row in enumerate(rows):
                    sheet.write_row(number, 0, [_cell(value) for value in row])
        write_file(path, file.getvalue())

    def to_parquet(self, path: str | Path) -> None:
        """Write all columns as a Parquet file, with what was asked in its metadata.

        Raises
        ------
        MissingLibraryError
            Without pyarrow.
        FileProblemError
            Where the file cannot be written.
        """
        try:
            import pyarrow as pa
            from pyarrow import parquet
        except ImportError as error:
            raise MissingLibraryError("missing-library", library="pyarrow", extra="big") from error
        table = pa.Table.from_pandas(self.frame, preserve_index=False)
        about = self.to_dict(limit=0)
        held = table.schema.metadata or {}
        table = table.replace_schema_metadata(
            {**held, "chaingraph": json.dumps(about, ensure_ascii=False)}
        )
        file = io.BytesIO()
        parquet.write_table(table, file)
        write_file(path, file.getvalue())

    def to_dict(self, *, limit: int | None = None) -> dict[str, Any]:
        """Return params, column meanings, notes and rows as plain values; unknown is None."""
        part = self.frame if limit is None else self.frame.head(limit)
        names = [str(name) for name in part.columns]
        values = [[_plain(cell) for cell in part[name].tolist()] for name in names]
        return {
            "schema_version": SCHEMA_VERSION,
            "kind": self.kind,
            "params": {key: _plain_param(value) for key, value in self.params.items()},
            "made_with": self.stamp,
            "columns": [
                {name: getattr(column, name) for name in _MEANINGS}
                for column in self.columns.values()
            ],
            "notes": self.sentences("en"),
            "notes_zh": self.sentences("zh"),
            "rows": [dict(zip(names, row, strict=True)) for row in zip(*values, strict=True)],
        }  # fmt: skip

    def to_json(self, *, limit: int | None = None) -> str:
        """Return :meth:`to_dict` as JSON text without NaN."""
        return json.dumps(self.to_dict(limit=limit), ensure_ascii=False, indent=1, allow_nan=False)

    def _repr_html_(self) -> str:
        header, rows = self.to_rows(limit=50)
        head = "".join(f"<th>{html.escape(cell)}</th>" for cell in header)
        body = "".join(
            "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>"
            for row in rows
        )
        notes = "".join(f"<li>{html.escape(note)}</li>" for note in self.sentences())
        return (
            f"<p><b>{html.escape(self.heading())}</b></p>"
            f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table><ul>{notes}</ul>"
        )

    def __str__(self) -> str:
        """Return the first 30 rows as text."""
        return self.to_text(limit=30)


def _column(name: str) -> words.Column:
    """Return what a column means; one that nobody described is the user's own."""
    if words.has_column(name):
        return words.column(name)
    return words.Column(name, name, name, "", words.message("own-column"))


def _text(value: Any) -> str | None:
    return (
        value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    )


def _cell(value: Any) -> Any:
    """Return a value as a workbook holds it."""
    plain = isinstance(value, str | int | float) or value is None
    return value if plain else str(value)


def _is_number(series: pd.Series[Any]) -> bool:
    return series.dtype.kind in "if"


def _header(name: str, lang: Language) -> str:
    column = _column(name)
    unit = words.term("unit", column.unit, lang)
    inside = column.unit in _UNITS_IN_ROWS or not unit
    return column.title(lang) if inside else f"{column.title(lang)} ({unit})"


def _shown_column(series: pd.Series[Any], name: str, lang: Language) -> list[str]:
    """Return a column's cells as a person reads them."""
    unit = _column(name).unit
    word = name.removesuffix("_before").removesuffix("_after")
    vocabulary = word if word in words.vocabularies() else ""
    return [_shown_cell(cell, unit, vocabulary, lang) for cell in series.tolist()]


def _shown_cell(cell: Any, unit: str, vocabulary: str, lang: Language) -> str:
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return "-"
    if isinstance(cell, bool):
        return words.term("flag", str(cell).lower(), lang)
    if isinstance(cell, float):
        return "∞" if math.isinf(cell) else _shown_float(cell, unit)
    if isinstance(cell, int):
        return f"{cell:,}"
    if not vocabulary:
        return " ".join(str(cell).split())
    mark = "；" if lang == "zh" else "; "
    return mark.join(words.term(vocabulary, part, lang) for part in str(cell).split("; "))


def _shown_float(value: float, unit: str) -> str:
    if unit == "ratio":
        return f"{value:.0%}"
    return shown_number(value / _CNY_100M if unit == "100m CNY" else value)


def shown_number(value: float) -> str:
    """Return a figure with at least three significant digits and no false precision.

    Examples
    --------
    >>> shown_number(74520.4), shown_number(6.254), shown_number(0.0123456)
    ('74,520', '6.25', '0.0123')
    """
    size = abs(value)
    if size < 1 and value != 0:
        return f"{value:.3g}"
    places = 0 if value == int(value) else max(0, 3 - len(str(int(size))))
    return f"{value:,.{places}f}"


def _shown_param(key: str, value: Any, lang: Language) -> str:
    if isinstance(value, dict):
        parts = [
            words.term("status", str(k), lang) + ("" if v == 1 else f"={v:g}")
            if key == "statuses"
            else f"{k}={v:g}"
            for k, v in value.items()
        ]
        return "+".join(parts) if key == "statuses" else ", ".join(parts)
    if isinstance(value, list | tuple):
        return f"{len(value)}" if len(value) > _NAMED else ", ".join(str(item) for item in value)
    return words.term(key, str(value), lang) if key in words.vocabularies() else str(value)


def _no_formula(cell: Any) -> Any:
    if not isinstance(cell, str):
        return cell
    line = " ".join(cell.splitlines()) if "\n" in cell or "\r" in cell else cell
    return "'" + line if line.startswith(_FORMULA_STARTS) else line


def _plain(cell: Any) -> Any:
    if isinstance(cell, float) and not math.isfinite(cell):
        return None
    return cell


def _plain_param(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
