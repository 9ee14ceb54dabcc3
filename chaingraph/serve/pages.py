"""The pages: one template, filled with what a session knows."""

from __future__ import annotations

from functools import cache, partial
from importlib import resources
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import quote

import jinja2

from chaingraph import words
from chaingraph.schema import TABLE_NAMES, table_spec
from chaingraph.serve.making import MAKERS
from chaingraph.serve.uploads import MOST_BYTES, MOST_FILES
from chaingraph.serve.wording import remedy, say
from chaingraph.version import __version__
from chaingraph.views.drawing.palette import STYLES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from chaingraph.serve.reading import Base, Reading
    from chaingraph.serve.sessions import Session
    from chaingraph.words import Language

STATIC: Final = {"page.css": "text/css", "page.js": "text/javascript"}
MEGABYTE: Final = 1_000_000
_ARROW: Final = " → "
_OPEN_SHOWN: Final = 200
_SEVERITIES: Final = ("error", "warning", "info")


class ColumnRead(NamedTuple):
    """A column of a sheet as it was understood."""

    header: str
    meaning: str
    how: str
    example: str
    read: int
    changed: int
    refused: int


class SheetRead(NamedTuple):
    """A sheet: its name, the tables its rows went to, its columns."""

    name: str
    tables: str
    columns: tuple[ColumnRead, ...]


class Cause(NamedTuple):
    """Problems of one cause: how many, where, what, what to do."""

    times: int
    where: str
    message: str
    remedy: str


@cache
def static(name: str) -> bytes:
    """Return a file that the page needs."""
    return resources.files(__package__).joinpath("templates", name).read_bytes()


@cache
def _environment() -> jinja2.Environment:
    def template(name: str) -> str:
        return static(name).decode("utf-8")

    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(template), autoescape=True, trim_blocks=True, lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )  # fmt: skip
    environment.filters["quote"] = partial(quote, safe="")
    return environment


def session_page(
    session: Session, *, root: str, bases: Sequence[Base], own: str | None, usual: Sequence[str]
) -> str:
    """Return the page of a session as it stands.

    Parameters
    ----------
    session
        The tab.
    root
        Path of the program, with the token.
    bases, own, usual
        What a list may be compared with, the folder that the program was started with, and what is
        chosen where nobody chose.
    """
    lang, reading = session.lang, session.reading
    chosen = session.given.bases if session.given.bases is not None else tuple(usual)
    context: dict[str, Any] = {
        "root": root, "here": f"{root}/s/{session.key}", "session": session, "reading": reading,
        "bases": [(base, base.name in chosen) for base in bases], "own": own,
        "limit": MOST_BYTES, "most_files": MOST_FILES, "left": max(0, _OPEN_SHOWN),
    }  # fmt: skip
    if session.phase == "review" and reading is not None:
        context |= {
            "sheets": tuple(sheets_of(reading, lang)),
            "causes": causes_of(reading),
            "asked": {question.about: question for question in reading.questions},
            "open_rows": reading.open_rows[:_OPEN_SHOWN],
            "files_read": ", ".join(file.name for file in session.files),
        }
    return _render(lang, **context)


def message_page(key: str, lang: Language, *, root: str = "") -> str:
    """Return a page with one sentence, and the way back to the start where there is one."""
    return _render(lang, root=root, here="", session=None, sentence=say(key, lang))


def _render(lang: Language, **context: Any) -> str:
    return _environment().get_template("page.html").render(
        t=partial(_say, lang), lang=lang, html_lang="zh-CN" if lang == "zh" else "en",
        other="en" if lang == "zh" else "zh", version=__version__, limit_mb=MOST_BYTES // MEGABYTE,
        order=tuple(MAKERS), marks={name: style.mark for name, style in STYLES.items()}, **context,
    )  # fmt: skip


def _say(lang: Language, key: str, /, **params: object) -> str:
    return say(key, lang, **params)


def sheets_of(reading: Reading, lang: Language) -> Iterable[SheetRead]:
    """Return what each sheet was read as, in the words of a planner."""
    result = reading.done.understood
    header, rows = result.to_rows(lang)
    del header
    how = result.shown.index("matched_by")
    frame = result.frame.assign(how=[row[how] for row in rows])
    for (file, sheet), part in frame.groupby(["file", "sheet"], sort=False):
        tables = [t for t in dict.fromkeys(part["table"]) if t in TABLE_NAMES]
        columns = tuple(_column(row, reading, lang) for row in part.to_dict("records"))
        yield SheetRead(
            f"{file} · {sheet}" if sheet and sheet != file else str(sheet or file),
            "、".join(table_spec(t).title(lang) for t in tables) if lang == "zh"
            else ", ".join(table_spec(t).title(lang) for t in tables),
            columns,
        )  # fmt: skip


def _column(row: dict[Any, Any], reading: Reading, lang: Language) -> ColumnRead:
    table, field = str(row["table"]), str(row["field"])
    spec = table_spec(table).by_name.get(field) if table in TABLE_NAMES else None
    meaning = field if spec is None else spec.title(lang)
    before, arrow, after = str(row["example"]).rpartition(_ARROW)
    if arrow and spec is not None and spec.vocabulary:
        after = words.term(spec.vocabulary, after, lang)
    elif arrow and field.endswith("_id"):
        after = reading.names.get(after, "")
    example = f"{before}{arrow}{after}" if after else before
    return ColumnRead(
        str(row["header"]), meaning, str(row["how"]), example, int(row["values_read"]),
        int(row["values_changed"]), int(row["values_refused"]),
    )  # fmt: skip


def causes_of(reading: Reading) -> dict[str, tuple[Cause, ...]]:
    """Return the problems by severity and cause."""
    causes = reading.done.causes
    lang = reading.done.problems.lang
    found: dict[str, list[Cause]] = {name: [] for name in _SEVERITIES}
    for row in () if causes is None else causes.frame.to_dict("records"):
        where = " ".join(part for part in (str(row["sheet"]), str(row["cell"])) if part)
        found[str(row["severity"])].append(
            Cause(
                int(row["problems"]),
                where or str(row["file"]),
                str(row["message"]),
                remedy(str(row["rule"]), str(row["file"]), str(row["remedy"]), lang),
            )
        )
    return {name: tuple(held) for name, held in found.items()}
