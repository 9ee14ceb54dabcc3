"""The pages of a region as one set of files that know each other: open the first, reach all."""

from __future__ import annotations

import html
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from chaingraph import words
from chaingraph.analysis.gaps import find_gaps
from chaingraph.analysis.settings import read_lang
from chaingraph.analysis.stages import chain_stages
from chaingraph.analysis.study import open_study, region_state
from chaingraph.errors import file_problem
from chaingraph.files import write_file
from chaingraph.views.chainmap.build import build_chain_map
from chaingraph.views.facts.products import with_enterprises
from chaingraph.views.facts.targets import choose_targets
from chaingraph.views.figures import build_figure
from chaingraph.views.onelook.build import build_one_look
from chaingraph.views.report.build import build_report, render_report

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from chaingraph.dataset import Dataset
    from chaingraph.regions import Region
    from chaingraph.words import Language

FIRST: Final = "index.html"
"""The page to open: one look."""
_MARKER: Final = "<!--pages-->"
_STYLE: Final = (
    "<style>nav.pages{display:flex;flex-wrap:wrap;margin:2px 0}nav.pages a{padding:2px 9px;border:1px solid"
    " #6B7680;margin:0 0 2px -1px;color:#1A1A1A;text-decoration:none;background:#fff}nav.pages a[aria-current]"
    "{background:#1A1A1A;color:#fff}@media print{nav.pages{display:none}}</style>"
)


@dataclass(frozen=True)
class Pages:
    """A set of pages: file name -> page, the opening page first."""

    title: str
    files: dict[str, str]

    def save(self, folder: str | Path) -> Path:
        """Write the pages into a folder, which is made where it is missing; other files there stay.

        Returns
        -------
        pathlib.Path
            The page to open.

        Raises
        ------
        FileProblemError
            Where the folder is a file, or cannot be written.
        """
        target = Path(folder)
        try:
            target.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise file_problem("unwritable-path", target, error) from error
        for name, page in self.files.items():
            write_file(target / name, page)
        return target / FIRST


def save_pages(ds: Dataset, folder: str | Path, **options: Any) -> Path:
    """Write all pages of a region into a folder, linked with each other; nothing is asked for from outside.

    Parameters
    ----------
    ds
        The dataset.
    folder
        Where to write them; made where it is missing.
    **options
        As for :func:`build_pages`.

    Returns
    -------
    pathlib.Path
        The page to open.

    Raises
    ------
    UnknownNameError, OptionError
        For names and options that cannot be used.
    FileProblemError
        Where a file cannot be written.

    Examples
    --------
    >>> import tempfile, chaingraph as cg
    >>> cg.save_pages(cg.load_dataset("toy"), tempfile.mkdtemp()).name
    'index.html'
    """
    return build_pages(ds, **options).save(folder)


def build_pages(
    ds: Dataset,
    *,
    region: str | Region | None = None,
    at: str | None = None,
    statuses: Mapping[str, float] | Iterable[str] | str = "operating",
    lang: Language | None = None,
) -> Pages:
    """Build all pages of a region: one look, a map a chain, flow, sites, charts, and the report.

    Parameters
    ----------
    ds
        The dataset.
    region, at, statuses, lang
        As in :func:`chaingraph.find_gaps`.

    Returns
    -------
    Pages
        The pages by file name; ``save(folder)`` writes them. Each links to all others. Targets are ranked once.

    Raises
    ------
    UnknownNameError, OptionError
        For names and options that cannot be used.

    Examples
    --------
    >>> import chaingraph as cg
    >>> list(build_pages(cg.load_dataset("toy")).files)[:3]
    ['index.html', 'chain-cell.html', 'chain-metal.html']
    """
    chosen = read_lang(ds, lang)
    state = region_state(open_study(with_enterprises(ds), at=at, statuses=statuses), region)
    found = choose_targets(state, asked=None, gaps=find_gaps(state, draws=0))
    ranked = False if found is None else found
    common: dict[str, Any] = {"region": region, "at": at, "statuses": statuses, "lang": chosen}
    look = build_one_look(ds, targets=ranked, **common)
    pages = {FIRST: (words.term("pages", "onelook", chosen), look.page)}
    for chain in (stages.chain for stages in chain_stages(state.study.dataset)):
        drawn = build_chain_map(ds, chain=chain, targets=ranked, **common)
        pages[f"chain-{chain}.html"] = (words.term("chain", chain, chosen), drawn.page)
    for figure in ("flow", "region", "charts"):
        shown = ranked if figure == "region" else None
        page = build_figure(ds, figure=figure, targets=shown, **common).page
        pages[f"{figure}.html"] = (words.term("pages", figure, chosen), page)
    report = build_report(ds, targets=ranked, **common)
    text = str(render_report(report, "html"))
    pages["report.html"] = (words.term("pages", "report", chosen), text)
    names = {name: label for name, (label, _) in pages.items()}
    linked = {
        name: page.replace(_MARKER, _links(names, name, chosen), 1)
        for name, (_, page) in pages.items()
    }
    return Pages(look.title, linked)


def _links(names: dict[str, str], here: str, lang: Language) -> str:
    """Return the links to all pages; where one stands is marked."""
    title = html.escape(words.term("pages", "pages", lang))
    items = "".join(
        f'<a href="{html.escape(name)}"{" aria-current=page" if name == here else ""}>{html.escape(label)}</a>'
        for name, label in names.items()
    )
    return f'{_STYLE}<nav class="pages" aria-label="{title}">{items}</nav>'
