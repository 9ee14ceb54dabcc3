"""Making the blank template of a city: a folder of CSV files, or one workbook to fill in."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Final

from chaingraph.dataset import checked_date
from chaingraph.errors import FileProblemError, OptionError
from chaingraph.files import write_file, write_folder
from chaingraph.intake.cards import card_of, check_target, written_extends
from chaingraph.rawtables import Package
from chaingraph.schema import table_spec
from chaingraph.templates.content import PLACES, make_content, rows_of
from chaingraph.words import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chaingraph.templates.content import Content
    from chaingraph.words import Language

_SUFFIX: Final = ".xlsx"
_NO_FOLDERS: Final = frozenset({".xls", ".xlsm", ".xlsb", ".csv", ".ods", ".et", ".zip", ".docx"})
_CARD: Final = "datapackage.json"


def init_dataset(
    path: str | Path,
    *,
    extends: Sequence[str] = (),
    region: str = "",
    excel: bool = False,
    tables: Sequence[str] | None = None,
    as_of: str = "",
    lang: Language = "zh",
) -> Path:
    """Make the blank template of a city's own tables.

    Parameters
    ----------
    path
        A new or empty folder for CSV files; or a workbook to fill in, where it ends in ``.xlsx``.
    extends
        Datasets that the city builds on: bundled names (``"battery"``) or folders.
    region
        The region under study: official name, English name or code.
    excel
        Make the workbook ``PATH.xlsx`` instead of a folder.
    tables
        Which tables; by default those that a city fills in, and products and inputs where nothing is
        extended.
    as_of
        Date of the data, such as ``2024-12``.
    lang
        Language of the sheets and of the dataset.

    Returns
    -------
    pathlib.Path
        The folder, a dataset that loads, or the workbook, which :func:`import_file` understands without
        any option: it knows what it extends and skips its example rows.

    Raises
    ------
    FileProblemError
        Where the folder has files, the workbook exists, or neither can be written; or where the name
        is that of a file of another kind (.xls).
    UnknownNameError
        Where a dataset or the region is not known; the closest names are given.
    OptionError
        Where a table, a date or a language is none.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> place = pathlib.Path(tempfile.mkdtemp())
    >>> init_dataset(place / "yichun", extends=["battery"], region="宜春市").name
    'yichun'
    >>> init_dataset(place / "yichun.xlsx", extends=["battery"], region="宜春市").name
    'yichun.xlsx'
    """
    if lang not in LANGUAGES:
        raise OptionError("bad-lang", value=lang)
    if as_of:
        as_of = checked_date(as_of)
    target = Path(path)
    if excel and target.suffix.casefold() != _SUFFIX:
        target = target.with_name(f"{target.name}{_SUFFIX}")
    book = target.suffix.casefold() == _SUFFIX
    if target.suffix.casefold() in _NO_FOLDERS:
        raise FileProblemError("init-suffix", path=path, better=target.with_suffix(_SUFFIX))
    if book:
        _check_file(target)
    else:
        check_target(target)
    written = written_extends(extends, target)
    content = make_content(
        extends, written, region=region, as_of=as_of, lang=lang, tables=tables
    )  # fmt: skip
    if not book:
        return write_folder(target, _files(content, target).items())
    from chaingraph.templates.workbook import to_workbook

    return write_file(target, to_workbook(content, target))


def _check_file(target: Path) -> None:
    if target.exists():
        raise FileProblemError("unwritable-path", path=target, detail="it exists already")
    if not target.resolve().parent.is_dir():
        raise FileProblemError("no-such-path", path=target.parent)


def _files(content: Content, target: Path) -> dict[str, str]:
    """Return name and text of each file of a folder: the card, and tables without rows."""
    from chaingraph.writers.csv_folder import card_text

    rows: dict[str, list[Mapping[str, str]]] = {table: [] for table in content.tables}
    if _new_places(content):
        rows["regions"] = _new_places(content)
    package = Package(
        target.resolve().name or "dataset", None, as_of=content.as_of, language=content.lang,
        focus=content.region, extends=content.extends,
    )  # fmt: skip
    columns = {table: table_spec(table).field_names for table in rows}
    files = {f"{table}.csv": _csv(columns[table], held) for table, held in rows.items()}
    return files | {_CARD: card_text(card_of(package, columns, target))}


def _new_places(content: Content) -> list[Mapping[str, str]]:
    """Return the rows of the region, and of what lies above it, that no extended dataset has."""
    held = {row.get("name_zh", "") for row in rows_of(content.base.tables.get("regions"))}
    for row in rows_of(content.base.tables.get("enterprises")):
        held |= {row.get(level, "") for level in PLACES}
    wanted = set(content.above().values()) | {content.region}
    if content.region in held:
        return []
    return [
        place.row for place in content.places
        if place.name in wanted and place.name not in held and place.row.get("adcode")
    ]  # fmt: skip


def _csv(columns: Sequence[str], rows: Sequence[Mapping[str, str]]) -> str:
    import csv

    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
