"""The dataset: frozen tables with their provenance."""

from __future__ import annotations

import hashlib
import importlib
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from chaingraph.days import read_day
from chaingraph.engines import collect, read_frame
from chaingraph.errors import MissingTableError, OptionError
from chaingraph.words import message

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd

    from chaingraph.checks import Finding
    from chaingraph.rawtables import Package
    from chaingraph.words import Language


@dataclass(frozen=True, eq=False)
class Supposed:
    """What a dataset supposes: that of a scenario, which is a base with some of its tables changed.

    Attributes
    ----------
    name
        Name of the scenario.
    base
        The dataset without it: shares between alternatives stay as they are there.
    load
        Product id -> how hard its makers run, above what is asked for all.
    goal
        Product id -> final demand to be added, units a year.
    again
        Makes the same of another base, such as the same dataset at another date.
    notes
        Keys and parameters of sentences about what was supposed.
    """

    name: str
    base: Dataset
    load: Mapping[str, float]
    goal: Mapping[str, float]
    again: Callable[[Dataset], Dataset]
    notes: tuple[tuple[str, Mapping[str, Any]], ...] = ()


@dataclass(frozen=True, eq=False)
class Dataset:
    """Tables of an industry chain, the date they are read at, and where each row comes from.

    Made by :func:`load_dataset` or :func:`dataset_from_frames`; never by hand. Frames handed out are
    copies that share memory, so that nothing a caller does reaches the dataset.

    Attributes
    ----------
    packages
        Cards of the folders behind the dataset; the named one is last.
    as_of
        The date at which capacities are read, ``YYYY``, ``YYYY-MM`` or ``YYYY-MM-DD``; empty where
        the data name none (then no row is left out for its date).
    skipped_rows
        Number of rows that were left out since they had errors.
    other_date
        Whether `as_of` was asked for, by :meth:`at`, and is not the data's own.
    supposed
        What a scenario supposes, where the dataset is one: see :func:`chaingraph.apply_scenario`.
    """

    packages: tuple[Package, ...]
    tables: Mapping[str, Any]
    as_of: str
    skipped_rows: int = 0
    engine: str = "pandas"
    findings: tuple[Finding, ...] = field(default=(), repr=False)
    other_date: bool = False
    supposed: Supposed | None = field(default=None, repr=False)

    @property
    def name(self) -> str:
        """Name of the dataset."""
        return self.packages[-1].name

    @property
    def version(self) -> str:
        """Version of the dataset."""
        return self.packages[-1].version

    @property
    def focus(self) -> str:
        """Name of the region under study; empty where the dataset has none."""
        return self.packages[-1].focus

    @property
    def language(self) -> Language:
        """Language in which results are shown unless another is asked for."""
        return "en" if self.packages[-1].language == "en" else "zh"

    @property
    def chains(self) -> tuple[str, ...]:
        """Chains of the dataset: those its card names, else all that its products name."""
        if self.packages[-1].chains:
            return self.packages[-1].chains
        if "chains" not in self.products:
            return ()
        cells = self.products["chains"].dropna()
        return tuple(sorted({part.strip() for cell in cells for part in cell.split(";")} - {""}))

    def title(self, lang: Language) -> str:
        """Return the title in a language, the name where there is none; of a scenario with its name."""
        package = self.packages[-1]
        title = (package.title_zh if lang == "zh" else package.title_en) or package.name
        if self.supposed is None:
            return title
        return message("title-supposed", lang, title=title, scenario=self.supposed.name or "-")

    def has(self, table: str) -> bool:
        """Tell whether the dataset has a table."""
        return table in self.tables

    def table(self, table: str) -> Any:
        """Return a table: a pandas frame, or the engine's own for enterprises and capacities.

        Raises
        ------
        MissingTableError
            Where the dataset does not have it.
        """
        if table not in self.tables:
            raise MissingTableError("missing-analysis-table", table=table, dataset=self.name)
        frame = self.tables[table]
        return frame.copy(deep=False) if type(frame).__module__.startswith("pandas") else frame

    @property
    def products(self) -> pd.DataFrame:
        """The products, one row an id."""
        frame: pd.DataFrame = self.table("products")
        return frame

    @property
    def inputs(self) -> pd.DataFrame:
        """The links input -> output, an empty frame where the dataset has none."""
        frame: pd.DataFrame = self.table("inputs")
        return frame

    @property
    def enterprises(self) -> Any:
        """The sites (pandas, or the engine's own frame)."""
        return self.table("enterprises")

    @property
    def capacities(self) -> Any:
        """What sites make (pandas, or the engine's own frame)."""
        return self.table("capacities")

    def at(self, date: str) -> Dataset:
        """Return the dataset read at another date.

        Parameters
        ----------
        date
            ``YYYY``, ``YYYY-MM`` or ``YYYY-MM-DD``; a year or month means its last day.

        Raises
        ------
        OptionError
            Where the text is no date.

        Examples
        --------
        >>> import chaingraph as cg
        >>> cg.load_dataset("toy").at("2021-12").as_of
        '2021-12'
        """
        asked = checked_date(date)
        if asked == self.as_of:
            return self
        if self.supposed is not None:
            return self.supposed.again(self.supposed.base.at(asked))
        return replace(self, as_of=asked, other_date=True)

    def with_rows(self, table: str, rows: Any) -> Dataset:
        """Return the dataset with further rows in a table; this one stays as it is.

        Parameters
        ----------
        table
            Name of a table; it need not be there yet.
        rows
            List of mappings (column -> value), one mapping, or a frame. Units are converted and cells
            checked as in a folder: capacities of 1,000 MWh of a product in GWh become 1.

        Returns
        -------
        Dataset
            With its date, focus, cards and engine; warnings and notes about the rows are in its
            `findings`.

        Raises
        ------
        DataError
            Where the rows have errors; a key that the table has already is one (:meth:`drop` it first).
        OptionError
            Where there is no table of the name, or the rows cannot be read.

        Examples
        --------
        >>> import chaingraph as cg
        >>> toy = cg.load_dataset("toy")
        >>> more = toy.with_rows("capacities", [
        ...     {"enterprise_id": "cell_jia", "product_id": "foil", "capacity": 5, "unit": "kt"}])
        >>> more.capacities["capacity"].iloc[-1], len(more.capacities) - len(toy.capacities)
        (np.float64(5000.0), 1)
        """
        edited: Dataset = _editing().with_rows(self, table, rows)
        return edited

    def with_tables(self, **frames: Any) -> Dataset:
        """Return the dataset with other tables in the place of its own; this one stays as it is.

        Parameters
        ----------
        **frames
            Table name -> frame, as in :func:`dataset_from_frames`; None takes a table out.

        Returns
        -------
        Dataset
            With its date, focus, cards and engine.

        Raises
        ------
        DataError
            Where the tables have errors or do not fit together.
        OptionError
            Where there is no table of the name.

        Examples
        --------
        >>> import chaingraph as cg
        >>> toy = cg.load_dataset("toy")
        >>> half = toy.capacities.assign(capacity=toy.capacities["capacity"] / 2)
        >>> toy.with_tables(capacities=half).focus
        '甲市'
        """
        edited: Dataset = _editing().with_tables(self, frames)
        return edited

    def drop(self, table: str, *, where: Any) -> Dataset:
        """Return the dataset without some rows of a table; this one stays as it is.

        Parameters
        ----------
        table
            Name of a table.
        where
            Mapping of column -> value or values: rows that match all of it go (None: an empty cell). For
            tables in pandas also a boolean mask with an entry a row.

        Returns
        -------
        Dataset
            With its date, focus, cards and engine.

        Raises
        ------
        MissingTableError
            Where the dataset has no such table.
        OptionError
            Where a column is unknown or the mask does not fit.
        DataError
            Where other rows need those that go: capacities of a site, links of a product.

        Examples
        --------
        >>> import chaingraph as cg
        >>> toy = cg.load_dataset("toy")
        >>> len(toy.drop("capacities", where={"enterprise_id": "cell_jia"}).capacities) < len(toy.capacities)
        True
        """
        edited: Dataset = _editing().drop(self, table, where)
        return edited

    @cached_property
    def sha256(self) -> str:
        """Hash of what all tables hold, whatever files they came from: hexadecimal.

        The order of rows and of columns does not matter, nor do empty columns and where a row was read from.

        Examples
        --------
        >>> import chaingraph as cg
        >>> len(cg.load_dataset("toy").sha256)
        64
        """
        whole = hashlib.sha256()
        for name in sorted(self.tables):
            frame = collect(read_frame(self.table(name)))
            texts = {str(own): _texts(frame[own]) for own in frame.columns if str(own) != "origin"}
            filled = sorted(own for own, cells in texts.items() if any(cells))
            rows = sorted(
                "\x1f".join(row) for row in zip(*(texts[own] for own in filled), strict=True)
            )
            whole.update("\x1e".join([name, "\x1f".join(filled), *rows, ""]).encode())
        if self.supposed is not None:  # figures rest on the base too, and on what no table holds
            told = (self.supposed.base.sha256, *(
                sorted(held.items()) for held in (self.supposed.load, self.supposed.goal)
            ))  # fmt: skip
            whole.update(repr(told).encode())
        return whole.hexdigest()

    def __repr__(self) -> str:
        """Return one line: name, version, date, number of rows of the tables in memory."""
        counts = ", ".join(
            f"{len(frame)} {name}" for name, frame in self.tables.items() if hasattr(frame, "iloc")
        )
        return f"<Dataset {self.name} {self.version} at {self.as_of or 'no date'}: {counts}>"


def _texts(values: pd.Series[Any]) -> list[str]:
    """Return cells as texts that do not depend on how a column holds them; empty where unknown."""
    known = values.notna().tolist()
    cells = values.tolist()
    return [
        (
            ""
            if not here or cell is False
            else repr(float(cell))
            if isinstance(cell, int | float)
            else str(cell)
        )
        for cell, here in zip(cells, known, strict=True)
    ]


def _editing() -> Any:
    """Return the module that makes datasets with other rows.

    It reads and checks frames and so stands above this one: it is found by its name when first used.
    """
    return importlib.import_module("chaingraph.editing")


def checked_date(date: object) -> str:
    """Return a date as the tables write it, or raise the OptionError that names it; see :func:`read_day`."""
    found = read_day(date)
    if not found:
        raise OptionError("bad-date-option", value=date)
    return found


def last_day(date: str) -> str:
    """Return the last day of a year or month as text that compares with partial dates.

    Every month gets a 31st: the text is only ever compared, never shown.

    Examples
    --------
    >>> last_day("2021"), last_day("2021-06"), last_day("2021-06-05")
    ('2021-12-31', '2021-06-31', '2021-06-05')
    """
    return date + {4: "-12-31", 7: "-31"}.get(len(date), "")
