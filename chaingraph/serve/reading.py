"""Reading what was dropped: the import with what the page was told, and what is still to be asked."""

from __future__ import annotations

import datetime as dt
import zipfile
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from chaingraph import words
from chaingraph.bundled import list_datasets
from chaingraph.dataset import checked_date
from chaingraph.errors import ChaingraphError, OptionError, UnknownNameError
from chaingraph.intake.importing import import_file
from chaingraph.loading import find_folder, load_dataset
from chaingraph.matching.match import TAKING
from chaingraph.matching.review import CHOICES, decision_of
from chaingraph.matching.score import REVIEW
from chaingraph.readers import read_package
from chaingraph.schema import table_spec
from chaingraph.serve.uploads import as_source, safe_name
from chaingraph.serve.wording import remedy, say
from chaingraph.sheets.template import MARK_SHEET
from chaingraph.spoken import say_amount, say_unit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from chaingraph.dataset import Dataset
    from chaingraph.intake.importing import Imported
    from chaingraph.words import Language

_BOOK_PART: Final = 1_000_000
_CITIES: Final = 6
_ASKED_OF_PLACE: Final = frozenset({"ambiguous-region", "unknown-region"})
_ASKED_OF_DATE: Final = "bad-date-option"
_CHECK_ALL: Final = "toy"  # made up, for tests and examples: nobody's base unless it is asked for


class Base(NamedTuple):
    """A dataset that a list may be compared with: its name or folder, its title, its focus."""

    name: str
    titles: Mapping[Language, str]
    focus: str


@dataclass(frozen=True)
class Given:
    """What a person told the page.

    Attributes
    ----------
    region, as_of
        Place and date, as typed.
    bases
        What the list is compared with; None where nobody chose, so that a template may say it.
    skip
        Whether rows with errors are left out.
    decisions
        Decisions on rows that may mean a known firm, by name, place and code in the list.
    """

    region: str = ""
    as_of: str = ""
    bases: tuple[str, ...] | None = None
    skip: bool = False
    decisions: Mapping[tuple[str, str, str], Mapping[str, str]] = field(default_factory=dict)


class Question(NamedTuple):
    """What is asked of a person: ``region`` or ``as_of``, why, and what may be meant."""

    about: str
    why: str = ""
    choices: tuple[str, ...] = ()


class Choice(NamedTuple):
    """A firm that a row may mean: its id, name, place, points of the match."""

    enterprise: str
    name: str
    place: str
    points: str


class OpenRow(NamedTuple):
    """A row of which a person decides which firm it means."""

    number: int
    row: str
    name: str
    place: str
    why: str
    choices: tuple[Choice, ...]
    chosen: str


class Amount(NamedTuple):
    """What the list says of a product: how many firms, and how much in which unit and state."""

    product: str
    firms: int
    status: str
    total: str
    blanks: int


@dataclass(frozen=True)
class Reading:
    """What was understood of the files, and what the page asks.

    Attributes
    ----------
    done
        What the import gave.
    folder
        The dataset; None while something stands in its way.
    marked
        The copy in which each cell with a problem says so.
    questions
        What is asked: place, date.
    open_rows
        Rows that may mean a known firm.
    amounts
        Capacities by product and status, once the dataset stands.
    names
        Ids of products and what they are called, once the dataset stands.
    """

    done: Imported
    folder: Path | None
    marked: Path | None
    questions: tuple[Question, ...]
    open_rows: tuple[OpenRow, ...]
    amounts: tuple[Amount, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)

    @property
    def region(self) -> str:
        """The place as it was understood."""
        return str(self.done.understood.params.get("region") or "")

    @property
    def undecided(self) -> int:
        """How many of the open rows nobody has decided yet."""
        return sum(not row.chosen for row in self.open_rows)

    @property
    def refusal(self) -> tuple[str, ...]:
        """Why nothing at all was read, in a sentence a file; empty where something was."""
        if len(self.done.understood):
            return ()
        errors = self.done.problems.frame
        errors = errors[errors["severity"] == "error"]
        files = errors.drop_duplicates("file")
        return tuple(_sentence(row, self.done.problems.lang) for row in files.to_dict("records"))

    @property
    def tables(self) -> tuple[tuple[str, int], ...]:
        """How many rows of which table."""
        lang = self.done.understood.lang
        return tuple(
            (table_spec(name).title(lang), len(frame)) for name, frame in self.done.tables.items()
        )


def _sentence(problem: Mapping[Any, Any], lang: Language) -> str:
    """Return a problem of a file as one sentence with its remedy."""
    stop, colon = ("。", "：") if lang == "zh" else (". ", ": ")
    file, rule = str(problem["file"]), str(problem["rule"])
    broken = rule == "zip-broken" and file.casefold().endswith(".xlsx")
    message = say("broken-workbook", lang) if broken else str(problem["message"]).rstrip("。.")
    return f"{file}{colon}{message}{stop}{remedy(rule, file, str(problem['remedy']), lang)}"


def known_bases(own: str | None = None) -> tuple[Base, ...]:
    """Return what a list may be compared with: the bundled chains and cities, and the folder of a person.

    Examples
    --------
    >>> [base.name for base in known_bases()]
    ['aluminium', 'battery', 'photovoltaic', 'qujing']
    """
    names = [name for name in list_datasets() if name != _CHECK_ALL]
    found = []
    for name in [*([own] if own else []), *(n for n in names if n != own)]:
        card, _ = read_package(find_folder(name))
        titles: dict[Language, str] = {
            "zh": card.title_zh or card.name, "en": card.title_en or card.name,
        }  # fmt: skip
        found.append(Base(name, titles, card.focus))
    return tuple(found)


def usual_bases(bases: Iterable[Base], own: str | None = None) -> tuple[str, ...]:
    """Return the bases where nobody chose: one's own, else all chains that are of no city."""
    return (own,) if own else tuple(base.name for base in bases if not base.focus)


def read_files(
    files: tuple[Path, ...], given: Given, place: Path, usual: tuple[str, ...], lang: Language
) -> Reading:
    """Import files into a folder of `place`, with what a person said.

    Parameters
    ----------
    files
        One file, or several in a folder of their own.
    given
        What the page was told. A place or date that cannot be used becomes a question.
    place
        A new folder for all that is made here.
    usual
        What the list is compared with where nobody chose and the file does not say.
    lang
        Language of what is said.

    Raises
    ------
    ChaingraphError
        Where the files cannot be read at all.
    """
    place.mkdir()  # not its parents: those of an ended program stay away
    source = as_source(files)
    target = place / _dataset_name(files)
    bases = given.bases if given.bases is not None else (() if _is_template(files) else usual)
    asked: list[Question] = []
    told = given
    for _ in range(3):  # the file, less what could not be used of place and date
        try:
            done = _imported(source, target, told, bases, place, lang)
            break
        except (OptionError, UnknownNameError) as error:
            question, told = _question_of(error, told, lang)
            asked.append(question)
    else:
        raise OptionError("import-needs-folder")
    folder, marked = done.folder, place / "marked.xlsx"
    amounts: tuple[Amount, ...] = ()
    names: dict[str, str] = {}
    if folder is not None:
        ds = load_dataset(folder)
        names = _names(ds, lang)
        amounts = tuple(amounts_of(ds, done, lang))
    return Reading(
        done, folder, marked if marked.is_file() else None,
        (*asked, *_missing(done, {q.about for q in asked}, lang)),
        tuple(sorted(_open_rows(done, given, lang), key=lambda row: bool(row.chosen))), amounts, names,
    )  # fmt: skip


def _imported(
    source: Path, target: Path, given: Given, bases: tuple[str, ...], place: Path, lang: Language
) -> Imported:
    as_of = checked_date(given.as_of) if given.as_of else ""
    asked: dict[str, Any] = {
        "extends": list(bases), "region": given.region, "as_of": as_of, "skip_bad_rows": given.skip,
        "decisions": list(given.decisions.values()), "lang": lang,
    }  # fmt: skip
    marked = place / "marked.xlsx"
    try:
        return import_file(source, target, **asked, marked=marked)
    except (OptionError, UnknownNameError):
        raise
    except ChaingraphError:
        raise
    except Exception:  # a damaged workbook is read as far as it goes; no copy of it can be made
        if target.exists():
            raise
        return import_file(source, target, **asked)


def _dataset_name(files: tuple[Path, ...]) -> str:
    """Return the name of a dataset by that of the first file."""
    return safe_name(files[0].stem).replace(" ", "_").strip("._") or "list"


def _is_template(files: tuple[Path, ...]) -> bool:
    """Tell whether a workbook has the sheet by which templates say what they extend."""
    if len(files) != 1 or files[0].suffix.casefold() != ".xlsx":
        return False
    try:
        with zipfile.ZipFile(files[0]) as book, book.open("xl/workbook.xml") as part:
            return f'name="{MARK_SHEET}"'.encode() in part.read(_BOOK_PART)
    except (zipfile.BadZipFile, KeyError, OSError, RuntimeError, NotImplementedError):
        return False  # the import says what is wrong with it


def _question_of(
    error: OptionError | UnknownNameError, told: Given, lang: Language
) -> tuple[Question, Given]:
    """Return what to ask where place or date cannot be used, and what is left of what was told."""
    if error.key in _ASKED_OF_PLACE:
        paths = str(error.params.get("paths", ""))
        choices = tuple(path for path in paths.split(", ") if path)
        return Question("region", error.text(lang), choices), replace(told, region="")
    if error.key == _ASKED_OF_DATE:
        return Question("as_of", error.text(lang)), replace(told, as_of="")
    raise error


def _missing(done: Imported, asked: set[str], lang: Language) -> Iterable[Question]:
    """Ask for the place and the date where nobody said them; cities of the list are offered."""
    params = done.understood.params
    if not len(done.understood):
        return
    if not params.get("region") and "region" not in asked:
        yield Question("region", "", tuple(_cities(done)))
    if not done.as_of and "as_of" not in asked:
        yield Question("as_of")
    del lang


def _cities(done: Imported) -> list[str]:
    """Return the cities of the list, most rows first."""
    frame = done.tables.get("enterprises")
    if frame is None or "city" not in frame:
        return []
    return [str(city) for city in frame["city"].dropna().value_counts().index[:_CITIES]]


def _open_rows(done: Imported, given: Given, lang: Language) -> Iterable[OpenRow]:
    """Return the rows of which a person must decide, with the likeliest firms."""
    if done.open_matches is None:
        return
    for number, row in enumerate(_rows_of(done)):
        if row["decision"] in {*TAKING, "new"}:
            continue
        held = given.decisions.get(_row_key(row))
        chosen = "" if held is None else held["enterprise_id"] or held["decision"]
        choices = [
            Choice(
                _text(row["enterprise_id"]), _text(row["name_zh"]), _text(row["city"]),
                _points(row["match_score"]),
            )
        ]  # fmt: skip
        if row["runner_up_score"] >= REVIEW:  # one that would be asked about by itself
            choices.append(
                Choice(_text(row["runner_up"]), _text(row.get("runner_up_zh")), "",
                       _points(row["runner_up_score"]))
            )  # fmt: skip
        yield OpenRow(
            number, _text(row["list_row"]), _text(row["name_in_list"]), _text(row["place_in_list"]),
            _text(row[f"reason_{lang}"]), tuple(c for c in choices if c.enterprise), chosen,
        )  # fmt: skip


def _rows_of(done: Imported) -> list[dict[str, Any]]:
    if done.open_matches is None:
        return []
    records = done.open_matches.frame.to_dict("records")
    return [{str(k): v for k, v in record.items()} for record in records]


def _row_key(row: Mapping[str, Any]) -> tuple[str, str, str]:
    return (
        _text(row["name_in_list"]), _text(row["place_in_list"]), _text(row.get("code_in_list")),
    )  # fmt: skip


def _text(value: object) -> str:
    return "" if value is None or value != value else str(value)  # noqa: PLR0124  nan


def _points(value: Any) -> str:
    return f"{value:.0f}" if value == value and value is not None else ""  # noqa: PLR0124  nan


def decided(reading: Reading, given: Given, answers: Mapping[int, str]) -> Given:
    """Return what was told with decisions on open rows: by number, a firm's id, ``new``, or nothing.

    A firm that was not offered for a row is not taken.
    """
    same, new = CHOICES[:2]
    rows = _rows_of(reading.done)
    offered = {row.number: {c.enterprise for c in row.choices} for row in reading.open_rows}
    decisions = dict(given.decisions)
    today = dt.date.today().isoformat()  # noqa: DTZ011  a person's own day
    for number, answer in answers.items():
        if number not in offered:
            continue
        key = _row_key(rows[number])
        if answer in offered[number]:
            row = {name: _text(value) for name, value in rows[number].items()}
            decisions[key] = decision_of(row | {"enterprise_id": answer}, same, today)
        elif answer == new:
            row = {name: _text(value) for name, value in rows[number].items()}
            decisions[key] = decision_of(row, new, today)
        elif not answer:
            decisions.pop(key, None)
    return replace(given, decisions=decisions)


def amounts_of(ds: Dataset, done: Imported, lang: Language) -> Iterable[Amount]:
    """Return what the list says by product and status, in the unit of the product.

    Figures that the list does not give are counted as blanks, never as nothing.
    """
    frame = done.tables.get("capacities")
    if frame is None or not len(frame):
        return
    names, units = _names(ds, lang), dict(ds.products[["product_id", "unit"]].to_numpy())
    said = frame if "status" in frame else frame.assign(status="")
    for (product, status), rows in said.groupby(["product_id", "status"], sort=True, dropna=False):
        known = [value for value in rows.get("capacity", ()) if value == value]  # noqa: PLR0124  nan
        unit = say_unit(str(units[str(product)]), lang)
        yield Amount(
            names[str(product)],
            int(rows["enterprise_id"].nunique()),
            words.term("status", _text(status), lang) or "-",
            f"{say_amount(float(sum(known)), lang)} {unit}" if known else "-",
            len(rows) - len(known),
        )


def _names(ds: Dataset, lang: Language) -> dict[str, str]:
    """Return what each product is called in a language; in Chinese where there is no other name."""
    columns = ["product_id", "name_zh", "name_en" if lang == "en" else "name_zh"]
    rows = ds.products[columns].to_numpy().tolist()
    return {str(i): str(said if said == said else zh) for i, zh, said in rows}  # noqa: PLR0124
