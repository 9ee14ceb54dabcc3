"""The opening page of a region: what is there, what lacks, how much, whom to call, who answers."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Any

from chaingraph import words
from chaingraph.analysis.first_things import first_gaps
from chaingraph.analysis.gaps import find_gaps
from chaingraph.analysis.settings import read_lang
from chaingraph.analysis.study import open_study, region_state
from chaingraph.analysis.summary import first_lines, summarise
from chaingraph.errors import OptionError
from chaingraph.recruit.targets import listed_gaps
from chaingraph.version import __version__
from chaingraph.views.chainmap.boxes import statuses as standings
from chaingraph.views.chainmap.page import about_page
from chaingraph.views.drawing.palette import HATCH, STYLES
from chaingraph.views.facts.products import gather_facts, with_enterprises
from chaingraph.views.facts.targets import MAPPED_GAPS, choose_targets
from chaingraph.views.onelook.model import THINGS, Look
from chaingraph.views.saved import SavedPage
from chaingraph.words import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from chaingraph.dataset import Dataset
    from chaingraph.regions import Region
    from chaingraph.results import Result
    from chaingraph.words import Language


@dataclass(frozen=True)
class OneLook(SavedPage):
    """The opening page of a region; in a notebook it shows itself."""

    _height = 760


def save_one_look(ds: Dataset, path: str | Path, **options: Any) -> Path:
    """Write the opening page of a region as one HTML file that asks for nothing from outside.

    Parameters
    ----------
    ds
        The dataset.
    path
        The file to write.
    **options
        As for :func:`build_one_look`.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    UnknownNameError, OptionError
        For names and options that cannot be used.
    FileProblemError
        Where the file cannot be written; an existing one stays.

    Examples
    --------
    >>> import tempfile, pathlib, chaingraph as cg
    >>> page = pathlib.Path(tempfile.mkdtemp()) / "look.html"
    >>> cg.save_one_look(cg.load_dataset("toy"), page).stat().st_size > 20_000
    True
    """
    return build_one_look(ds, **options).save(path)


def build_one_look(
    ds: Dataset,
    *,
    region: str | Region | None = None,
    at: str | None = None,
    statuses: Mapping[str, float] | Iterable[str] | str = "operating",
    targets: Result | bool | None = None,
    lang: Language | None = None,
) -> OneLook:
    """Build the opening page of a region: its chains as strips of named stages, and what to do first.

    Parameters
    ----------
    ds
        The dataset. Its table ``stages`` names the stages of a chain; one without has a stage a level of its
        longest path.
    region, at, statuses, lang
        As in :func:`chaingraph.find_gaps`.
    targets
        A result of :func:`chaingraph.rank_targets` on the region; None ranks the targets of the first
        30 gaps; False leaves them out.

    Returns
    -------
    OneLook
        The page; ``save(path)`` writes it, a notebook shows it. It holds both languages and opens in `lang`.

    Raises
    ------
    UnknownNameError, OptionError
        For names and options that cannot be used; a dataset without products.

    Notes
    -----
    The state of a stage is that of its first product that is made or taken here. Output is capacity times
    price of the products of stages that have both, intermediates counted. What is bought outside, and local
    content, are those of :func:`chaingraph.find_gaps` and :func:`chaingraph.measure_local_content`.

    Examples
    --------
    >>> import chaingraph as cg
    >>> cg.build_one_look(cg.load_dataset("toy"), lang="en").title
    'Jia · 2 industry chains · at one look'
    """
    study = open_study(with_enterprises(ds), at=at, statuses=statuses)
    if not len(study.dataset.products):
        raise OptionError("empty-selection")
    state = region_state(study, region)
    gaps = find_gaps(state, draws=0)
    summary = summarise(state, gaps.frame)
    shown = {row["product_id"] for row in first_gaps(summary, THINGS)}
    if len(gaps):
        shown.update(listed_gaps(gaps.frame)["product_id"].head(MAPPED_GAPS))
    found = choose_targets(state, asked=targets, gaps=gaps, products=shown)
    look = Look(gather_facts(state), summary, found)
    chosen = read_lang(ds, lang)
    title = look.title()
    return OneLook(title[chosen], _page(look, title, chosen))


def _page(look: Look, title: dict[str, str], lang: Language) -> str:
    import jinja2

    names = words.vocabulary("onelook")
    footer = about_page(look.facts, "page-footer")
    scope = look.scope()
    data = {
        "lang": lang,
        "title": title,
        "scope": scope,
        "footer": footer,
        "words": {lg: {k: texts[lg] for k, texts in names.items()} for lg in LANGUAGES},
        "statuses": standings(),
        "states": {name: dict(texts) for name, texts in words.vocabulary("status").items()},
        "lists": {name: dict(texts) for name, texts in words.vocabulary("target_list").items()},
        "relations": {name: dict(texts) for name, texts in words.vocabulary("relation").items()},
        "three": look.three(),
        "chains": look.strips(),
        "things": look.things(),
        "boxes": look.boxes(),
        "others": look.others(),
        "lines": {lg: first_lines(look.summary, lg) for lg in LANGUAGES},
        "sources": list(look.sources),
    }
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(_template),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    rows = [
        {
            "name": fact.name(lang),
            "mark": STYLES[fact.standing].mark,
            "standing": words.term("standing", fact.standing, lang),
            "why": fact.reason_zh if lang == "zh" else fact.reason_en,
        }
        for fact in look.facts.products
        if fact.standing != "absent"
    ]
    page: str = environment.get_template("onelook.html").render(
        html_lang="zh-CN" if lang == "zh" else "en",
        version=__version__,
        title=title[lang],
        scope=scope[lang],
        footer=footer[lang],
        words={k: texts[lang] for k, texts in names.items()},
        css=_template("kit.css") + _template("onelook.css"),
        kit=_template("kit.js"),
        script=_template("onelook.js"),
        styles=[(name, style, HATCH) for name, style in STYLES.items()],
        rows=rows,
        data=data,
    )
    return page


def _template(name: str) -> str:
    path = resources.files("chaingraph.views").joinpath("templates", name)
    return path.read_text(encoding="utf-8")
