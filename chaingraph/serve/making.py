"""Making what a planner takes home: each thing by the function that its command calls."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from chaingraph.analysis.gaps import find_gaps
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
from chaingraph.views.call_sheet import save_call_sheet
from chaingraph.views.chain_map import build_chain_map
from chaingraph.views.figure_page import build_figure
from chaingraph.views.questionnaire import save_questionnaire
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
        One list after another: title, header, rows.
    left
        How many rows of each list are not shown.
    """

    title: str
    region: str
    at: str
    lines: tuple[str, ...]
    gaps: tuple[tuple[str, list[str], list[list[str]], int], ...]


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
        parts = [f"{place}{title}" if self.lang == "zh" else f"{place} {title}", part, self.ds.as_of]
        return safe_name(f"{'-'.join(p for p in parts if p)}.{suffix}")

    @property
    def chains(self) -> list[str]:
        """Chains of which something is made in the region."""
        frame = self.gaps.frame
        made = frame[frame["capacity"].fillna(0) > 0] if "capacity" in frame else frame
        here = {chain for cell in made.get("chains", ()) for chain in str(cell).split(";")}
        return [chain for chain in self.ds.chains if chain in here] or list(self.ds.chains)


def look_over(source: Source) -> Overview:
    """Return what the page says first: the first lines, and the gaps in their lists."""
    from chaingraph.analysis.gaps import split_lists

    lang = source.lang
    said = first_lines(summarise(source.state, source.gaps.frame), lang)
    gaps = []
    for part in split_lists(source.gaps):
        header, rows = part.to_rows(lang, limit=_GAPS_SHOWN)
        if rows:
            gaps.append((part.title(lang), header, rows, len(part) - len(rows)))
    return Overview(source.ds.title(lang), source.region, source.ds.as_of, tuple(said), tuple(gaps))


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
    "map": _maps, "report": _report, "calls": _calls, "gaps": _gaps, "survey": _survey,
    "responsibility": _responsibility, "figures": _figures, "data": _data,
}  # fmt: skip
"""What is made, in this order."""


def make(key: str, source: Source, place: Path) -> Thing:
    """Make one thing; what fails is said in a sentence and stops nothing else."""
    try:
        files = tuple(MAKERS[key](source, place))
    except ChaingraphError as error:
        return Thing(key, "failed", said=error.text(source.lang))
    except Exception as error:  # noqa: BLE001  one thing that fails leaves the others
        return Thing(key, "failed", said=unexpected(error, source.lang))
    return Thing(key, "ready" if files else "failed", files, "" if files else say("no-data", source.lang))


def unexpected(error: BaseException, lang: Language) -> str:
    """Return the sentence for a failure that nobody foresaw, as the command line says it."""
    detail: Any = [*f"{type(error).__name__}: {error}".splitlines(), ""][0]
    return message("unexpected", lang, detail=detail)
