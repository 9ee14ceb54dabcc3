"""The sheets of a responsibility list that explain: first page with counted blanks, rules, offices, scores."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from chaingraph.planning import track_words
from chaingraph.planning.responsibility import BLANKS
from chaingraph.planning.responsibility_sheets import write_plain
from chaingraph.planning.track_lights import first_day
from chaingraph.sheets.grid import letters

if TYPE_CHECKING:
    import datetime as dt

    from xlsxwriter.worksheet import Worksheet

    from chaingraph.planning.responsibility_sheets import ListSheet, Looks
    from chaingraph.planning.track_book import ListBook
    from chaingraph.planning.track_rules import Band, RuleSet
    from chaingraph.words import Language

DAY_CELL: Final = "$B$4"
CONTACT_CELL: Final = "$B$5"
SCORE_ROWS: Final = 30
"""Offices beyond those of the data that the sheet of scores has room for."""

Issued = list[tuple[str, str, Any]]


def write_about(
    sheet: Worksheet, book: ListBook, rules: RuleSet, tasks: ListSheet, looks: Looks, issued: Issued
) -> None:
    """Write the first page: what it is, the day, the contact, counted blanks, the legend, how to fill in."""
    lang, about = book.lang, book.about
    sheet.set_column(0, 0, 30)
    sheet.set_column(1, 1, 92)
    sheet.hide_gridlines(2)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 1)
    sheet.set_row(0, 26)
    title = track_words.say("title", lang, region=about["region"])
    sheet.write_string(0, 0, title, looks.bare(bold=True, font_size=16))
    issued.append(("about", "A1", title))
    lines = _about_lines(book, rules, lang)
    wrap, bold = looks.of(text_wrap=True), looks.of(bold=True)
    yellow = looks.of(bg_color="#FFF7D6", text_wrap=True)
    for line, (label, text) in enumerate(lines, 1):
        sheet.write_string(line, 0, label, bold)
        issued.append(("about", f"A{line + 1}", label))
        if isinstance(text, tuple):  # a blank of a column: counted by a formula
            shown = track_words.say(
                "about-blank",
                lang,
                column=text[1],
                count=book.blanks(text[0]),
                total=len(book.rows["list"]),
            )
            sheet.write_formula(line, 1, _blank_formula(tasks, *text), wrap, shown)
        elif line == 3:  # noqa: PLR2004  the day
            look = looks.of(bg_color="#FFF7D6", num_format="yyyy-mm-dd", align="left")
            _write_day(sheet, line, about.get("day"), look)
        elif line == 4:  # noqa: PLR2004  the contact
            sheet.write_string(line, 1, str(about.get("contact") or ""), yellow)
        else:
            sheet.write_string(line, 1, text, wrap)
            issued.append(("about", f"B{line + 1}", text))


def _write_day(sheet: Worksheet, line: int, day: object, look: Any) -> None:
    if isinstance(day, str) and day:
        value: dt.date = first_day(day)
        sheet.write_datetime(line, 1, value, look)
    else:
        sheet.write_blank(line, 1, None, look)


def _about_lines(
    book: ListBook, rules: RuleSet, lang: Language
) -> list[tuple[str, str | tuple[str, str]]]:
    """Return labels and texts of the first page; a pair stands for a column whose blanks are counted."""

    def say(key: str, **params: object) -> str:
        return track_words.say(key, lang, **params)

    about = book.about
    plan = str(about.get("plan") or "") or say("about-no-plan")
    data = {"dataset": about["dataset"], "version": about["version"], "at": about["at"] or "-"}
    lines: list[tuple[str, str | tuple[str, str]]] = [
        (say("about-data"), say("about-data-text", **data)),
        (say("about-plan"), plan),
        (say("about-at"), ""),
        (say("about-contact"), ""),
    ]
    counted = [
        say("about-count", kind=track_words.name("kinds", kind, lang), count=count)
        for kind, count in (about.get("kinds") or {}).items()
    ]
    if counted:
        lines.append(
            (say("about-counts"), "；".join(counted) if lang == "zh" else "; ".join(counted))
        )
    if about.get("past") or about.get("elsewhere"):
        lines.append(("", say("about-left", past=about["past"], other=about["elsewhere"])))
    titles = {column.name: column.title(lang) for column in track_words.columns("list")}
    lines += [(say("about-blanks"), (name, titles[name])) for name in BLANKS]
    lines += [("", say("about-names"))]
    lines += [(say("about-how"), say(f"about-how-{number}")) for number in (1, 2, 3, 4)]
    named = {"name": rules.name(lang), "place": rules.place, "date": rules.date}
    lines += [
        (say("about-rules"), say("about-rules-text", **named)),
        (say("about-source"), rules.source_url),
        *((_light(band, lang), band_text(band, lang)) for band in rules.bands),
        (say("about-added"), say("about-added-text")),
    ]
    if rules.left_out(lang):
        lines.append(("", rules.left_out(lang)))
    before = ""
    for place, (label, text) in enumerate(lines):  # a label stands once
        lines[place] = ("" if label == before and label else label, text)
        before = label or before
    return lines


def _light(band: Band, lang: Language) -> str:
    return track_words.name("lights", band.colour if band.stated else f"{band.colour}*", lang)


def band_text(band: Band, lang: Language) -> str:
    """Return what a band means and what follows from it."""
    mark = "；" if lang == "zh" else "; "
    return mark.join(filter(None, (band.meaning(lang), band.follows(lang))))


def _blank_formula(tasks: ListSheet, column: str, title: str) -> str:
    ids, cells = tasks.span("task_id"), tasks.span(column)
    count = f'COUNTIFS({ids},"?*",{cells},"")'
    text = track_words.say("about-blank", tasks.book.lang, column=title, count="\x01", total="\x02")
    before, _, rest = text.partition("\x01")
    between, _, after = rest.partition("\x02")
    return f'="{before}"&{count}&"{between}"&COUNTIF({ids},"?*")&"{after}"'


def write_units(sheet: Worksheet, book: ListBook, looks: Looks, issued: Issued) -> None:
    """Write the offices that the drop-downs offer; below them more can be typed."""
    for place, (key, width) in enumerate((("unit-head", 44), ("unit-source", 80))):
        text = track_words.say(key, book.lang)
        sheet.set_column(place, place, width)
        sheet.write_string(0, place, text, looks.head)
        issued.append(("units", f"{letters(place)}1", text))
    for line, (name, source) in enumerate(book.units, 1):
        for place, text in enumerate((name, source)):
            sheet.write_string(line, place, text, looks.of(text_wrap=True))
            issued.append(("units", f"{letters(place)}{line + 1}", text))
    for line in range(len(book.units) + 1, len(book.units) + 1 + SCORE_ROWS):
        sheet.write_blank(line, 0, None, looks.of(bg_color="#FFF7D6"))
    sheet.freeze_panes(1, 0)


def write_rules(
    sheet: Worksheet, book: ListBook, rules: RuleSet, looks: Looks, issued: Issued
) -> None:
    """Write the rule set as rows, with its source above."""
    lang = book.lang

    def put(line: int, place: int, value: Any, look: Any) -> None:
        write_plain(sheet, line, place, value, look, looks)
        issued.append(("rules", f"{letters(place)}{line + 1}", value))

    bold, text = looks.bare(bold=True), looks.of(text_wrap=True)
    put(0, 0, f"{rules.name(lang)} {rules.place} {rules.date}", bold)
    put(1, 0, rules.source_url, looks.bare())
    heads = ("colour", "measure", "applies", "low", "high", "ends", "meaning", "follows", "stated")
    for place, (name, width) in enumerate(
        zip(heads, (12, 16, 14, 8, 8, 14, 44, 44, 14), strict=True)
    ):
        sheet.set_column(place, place, width)
        put(3, place, track_words.say(f"rules-{name}", lang), looks.head)
    for line, band in enumerate(rules.bands, 4):
        for place, value in enumerate(_band_cells(band, lang)):
            if value != "":
                put(line, place, value, text)
    note = track_words.say("about-added-text", lang)
    put(5 + len(rules.bands), 0, note, looks.bare())
    sheet.freeze_panes(4, 0)


def _band_cells(band: Band, lang: Language) -> tuple[Any, ...]:
    def end(value: float, inclusive: bool) -> str:  # noqa: FBT001
        if math.isinf(value):
            return "-"
        return track_words.say("rules-in" if inclusive else "rules-out", lang)

    kinds = [track_words.name("kinds", kind, lang) for kind in band.applies_to]
    return (
        _light(band, lang), track_words.name("measures", band.measure, lang),
        " ".join(kinds) or track_words.say("rules-all", lang),
        "" if math.isinf(band.low) else band.low, "" if math.isinf(band.high) else band.high,
        f"{end(band.low, band.low_inclusive)} / {end(band.high, band.high_inclusive)}",
        band.meaning(lang), band.follows(lang), track_words.say("yes" if band.stated else "no", lang),
    )  # fmt: skip


def write_scores(sheet: Worksheet, book: ListBook, tasks: ListSheet, looks: Looks) -> None:
    """Write tasks, lights and scores by office, all by formulas."""
    lang = book.lang
    names = [column.name for column in track_words.columns("scores")]
    for place, column in enumerate(track_words.columns("scores")):
        sheet.set_column(place, place, column.width)
        sheet.write_string(0, place, column.title(lang), looks.head)
    last = 1 + len(book.units) + SCORE_ROWS
    at = {name: letters(place) for place, name in enumerate(names)}
    units = track_words.name("sheets", "units", lang)
    for line in range(2, last + 1):
        for place, name in enumerate(names):
            text = _score_formula(name, line, last, at, tasks, units)
            layout = "0%" if name == "rate" else "0.0" if name in {"full", "score"} else "0"
            sheet.write_formula(line - 1, place, text, looks.of(num_format=layout), "")
    sheet.freeze_panes(1, 1)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)


def _score_formula(
    name: str, line: int, last: int, at: dict[str, str], tasks: ListSheet, units: str
) -> str:
    """Return the formula of one cell of the scores."""
    unit = f"${at['lead_unit']}{line}"
    if name == "lead_unit":
        return f"=IF('{units}'!$A{line}=\"\",\"\",'{units}'!$A{line})"
    lead, light, due = tasks.span("lead_unit"), tasks.span("light"), tasks.span("due")

    def lights(key: str) -> str:
        return (
            f'COUNTIFS({lead},{unit},{light},"{track_words.name("lights", key, tasks.book.lang)}")'
        )

    done = track_words.name("lights", "done", tasks.book.lang)
    weight = tasks.span("weight")
    bodies = {
        "tasks": f"COUNTIFS({lead},{unit})",
        "done": lights("done"),
        "red": lights("red"),
        "yellow": lights("yellow"),
        "unreported": lights("unreported"),
        "due": f'COUNTIFS({lead},{unit},{due},"<="&CountDay)',
        "due_done": f'COUNTIFS({lead},{unit},{due},"<="&CountDay,{light},"{done}")',
        "full": f'SUMIFS({weight},{lead},{unit})+COUNTIFS({lead},{unit},{weight},"")',
        "score": f"SUMIFS({tasks.span('points')},{lead},{unit})",
        "rate": (
            f"IF(SUMPRODUCT(({lead}={unit})*ISNUMBER({tasks.span('counted')}))>0,"
            f'${at["score"]}{line}/${at["full"]}{line},"")'
        ),
        "rank": (
            f"IF(ISNUMBER(${at['rate']}{line}),"
            f'RANK(${at["rate"]}{line},${at["rate"]}$2:${at["rate"]}${last}),"")'
        ),
    }
    return f'=IF({unit}="","",{bodies[name]})'
