"""Making what a planner takes home: each thing by the function that its command calls."""

from __future__ import annotations

import math
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from chaingraph.analysis.balance import calculate_balance
from chaingraph.analysis.gaps import find_gaps, split_lists
from chaingraph.analysis.study import open_study, region_state
from chaingraph.analysis.summary import first_lines, summarise
from chaingraph.analysis.survey_plan import plan_survey
from chaingraph.errors import ChaingraphError
from chaingraph.files import write_file
from chaingraph.loading import load_dataset
from chaingraph.planning.responsibility import build_responsibility
from chaingraph.planning.responsibility_book import save_responsibility
from chaingraph.recruit.calls import call_sheet
from chaingraph.serve.uploads import safe_name
from chaingraph.serve.wording import say
from chaingraph.spoken import say_ends, say_money_ends
from chaingraph.views.chainmap.build import build_chain_map
from chaingraph.views.figures import build_figure
from chaingraph.views.onelook.build import build_one_look
from chaingraph.views.papers.call_sheet import save_call_sheet
from chaingraph.views.papers.questionnaire import save_questionnaire
from chaingraph.views.report.build import build_report, render_report
from chaingraph.words import message, term

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from chaingraph.analysis.state import RegionState
    from chaingraph.analysis.study import Study
    from chaingraph.dataset import Dataset
    from chaingraph.results import Result
    from chaingraph.words import Language

_REPORTS: Final = ("html", "docx", "xlsx")
_CALLS: Final = ("html", "xlsx", "docx")
_SURVEYS: Final = ("docx", "xlsx")
_GAPS_SHOWN: Final = 12


class File(NamedTuple):
    """A file that was made: what it is called for a person, and where it lies."""

    label: str
    path: Path

    @property
    def page(self) -> bool:
        """Whether a browser shows it."""
        return self.path.suffix == ".html"


@dataclass(frozen=True)
class Thing:
    """One thing to look at or to take home: ``waiting``, ``ready``, or ``failed`` with a sentence."""

    key: str
    state: str = "waiting"
    files: tuple[File, ...] = ()
    said: str = ""


class GapRow(NamedTuple):
    """A gap as the page says it: product, kind (key and word), what to do, how much, in money, size."""

    product: str
    kind: str
    kind_said: str
    verb: str
    then: str
    amount: str
    money: str
    size: str


@dataclass(frozen=True)
class Overview:
    """What the page says first of a region.

    Attributes
    ----------
    title, region, at
        Of the dataset.
    lines
        The first lines, as ``gaps`` says them.
    gaps
        One list after another: title, first rows, and how many more there are.
    """

    title: str
    region: str
    at: str
    lines: tuple[str, ...]
    gaps: tuple[tuple[str, list[GapRow], int], ...]


class Source:
    """A dataset opened once for all that is made of it."""

    def __init__(self, dataset: str | Path, lang: Language) -> None:
        self.ds: Dataset = load_dataset(dataset)
        self.lang: Language = lang
        self.study: Study = open_study(self.ds)
        self.state: RegionState = region_state(self.study, None)
        self.gaps: Result = find_gaps(self.state, lang=lang)
        self.folder = dataset

    @property
    def region(self) -> str:
        """The region under study."""
        return self.ds.focus

    def name(self, what: str, suffix: str, part: str = "") -> str:
        """Return the name of a file: region, what it is, date."""
        place = self.region.replace("/", "")
        title = say(f"file-{what}", self.lang)
        parts = [
            f"{place}{title}" if self.lang == "zh" else f"{place} {title}",
            part,
            self.ds.as_of,
        ]
        return safe_name(f"{'-'.join(p for p in parts if p)}.{suffix}")

    @property
    def chains(self) -> list[str]:
        """Chains of which something is made in the region, that with most products first."""
        rows = calculate_balance(self.study).frame
        made = [str(cell).split(";") for cell in rows[rows["makers"] > 0]["chains"].dropna()]
        counts = {chain: sum(chain in held for held in made) for chain in self.ds.chains}
        found = sorted((c for c in counts if counts[c]), key=lambda c: (-counts[c], c))
        return found or list(self.ds.chains)


def look_over(source: Source) -> Overview:
    """Return what the page says first: the first lines, and the gaps in their lists."""
    lang = source.lang
    said = first_lines(summarise(source.state, source.gaps.frame), lang)
    gaps = []
    for part in split_lists(source.gaps):
        rows = [_gap_row(row, lang) for row in part.frame.head(_GAPS_SHOWN).to_dict("records")]
        if rows:
            gaps.append((part.title(lang), rows, len(part) - len(rows)))
    return Overview(source.ds.title(lang), source.region, source.ds.as_of, tuple(said), tuple(gaps))


def _gap_row(row: dict[Any, Any], lang: Language) -> GapRow:
    """Return a gap in the words of a sentence: unknown ends are said, not left out."""
    low, point, high = (float(row[name]) for name in ("gap_low", "gap", "gap_high"))
    least, money, most = (float(row[f"gap_value_cny{end}"]) for end in ("_low", "", "_high"))
    unpriced = math.isnan(least) and math.isnan(money) and math.isnan(most)
    then = (
        term("verb", str(row["then"]), lang) if row["then"] == row["then"] and row["then"] else ""
    )
    name = row["name_zh"] if lang == "zh" or row["name_en"] != row["name_en"] else row["name_en"]
    return GapRow(
        str(name), str(row["gap_kind"]), term("gap_kind", str(row["gap_kind"]), lang),
        term("verb", str(row["verb"]), lang), then, say_ends(low, point, high, str(row["unit"]), lang),
        say("unpriced", lang) if unpriced else say_money_ends(least, money, most, lang),
        term("size_verdict", str(row["size_verdict"]), lang) if row["size_verdict"] else "",
    )  # fmt: skip


def _look(source: Source, place: Path) -> Iterator[File]:
    page = build_one_look(source.ds, lang=source.lang)
    yield File(page.title, page.save(place / source.name("look", "html")))


def _maps(source: Source, place: Path) -> Iterator[File]:
    for chain in source.chains:
        title = term("chain", chain, source.lang)
        path = place / source.name("map", "html", title)
        yield File(title, build_chain_map(source.ds, chain=chain, lang=source.lang).save(path))


def _figures(source: Source, place: Path) -> Iterator[File]:
    for figure in ("region", "flow", "charts"):
        page = build_figure(source.ds, figure=figure, lang=source.lang)
        path = place / source.name(figure, "html")
        yield File(say(f"label-{figure}", source.lang), page.save(path))


def _gaps(source: Source, place: Path) -> Iterator[File]:
    path = place / source.name("gaps", "csv")
    yield File("CSV", write_file(path, source.gaps.to_csv(), encoding="utf-8-sig"))


def _report(source: Source, place: Path) -> Iterator[File]:
    report = build_report(source.ds, lang=source.lang)
    for form in _REPORTS:
        path = place / source.name("report", form)
        yield File(_label(form, source.lang), write_file(path, render_report(report, form)))


def _calls(source: Source, place: Path) -> Iterator[File]:
    sheet = call_sheet(source.study, lang=source.lang)
    for form in _CALLS:
        path = place / source.name("calls", form)
        yield File(_label(form, source.lang), save_call_sheet(sheet, path, lang=source.lang))


def _survey(source: Source, place: Path) -> Iterator[File]:
    plan = plan_survey(source.study, lang=source.lang)
    for form in _SURVEYS:
        path = place / source.name("survey", form)
        yield File(_label(form, source.lang), save_questionnaire(plan, path, lang=source.lang))


def _responsibility(source: Source, place: Path) -> Iterator[File]:
    listed = build_responsibility(source.ds, lang=source.lang)
    path = place / source.name("responsibility", "xlsx")
    yield File("Excel", save_responsibility(listed, path, lang=source.lang))


def _data(source: Source, place: Path) -> Iterator[File]:
    """Pack the folder of the dataset, where it is of use elsewhere: all it extends comes with the program."""
    folder = source.ds.packages[-1].path
    if folder is None or not folder.is_dir() or folder.parent.parent != place.parent:
        return
    path = place / source.name("data", "zip")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(p for p in folder.rglob("*") if p.is_file()):
            archive.write(file, f"{folder.name}/{file.relative_to(folder).as_posix()}")
    yield File("zip", path)


def _label(form: str, lang: Language) -> str:
    return say(f"label-{form}", lang)


MAKERS: Final[dict[str, Callable[[Source, Path], Iterator[File]]]] = {
    "look": _look, "map": _maps, "report": _report, "calls": _calls, "gaps": _gaps, "survey": _survey,
    "responsibility": _responsibility, "figures": _figures, "data": _data,
}  # fmt: skip
"""What is made, in this order."""


def make(key: str, source: Source, place: Path) -> Thing:
    """Make one thing; what fails is said in a sentence and stops nothing else."""
    try:
        files = tuple(MAKERS[key](source, place))
    except Exception as error:  # noqa: BLE001  one thing that fails leaves the others
        return Thing(key, "failed", said=say_error(error, source.lang))
    return Thing(
        key, "ready" if files else "failed", files, "" if files else say("no-data", source.lang)
    )


def say_error(error: BaseException, lang: Language) -> str:
    """Return a failure as a sentence, one that nobody foresaw too, as the command line says it."""
    if isinstance(error, ChaingraphError):
        return error.text(lang)
    detail: Any = [*f"{type(error).__name__}: {error}".splitlines(), ""][0]
    return message("unexpected", lang, detail=detail)
