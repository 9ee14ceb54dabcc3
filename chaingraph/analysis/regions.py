"""The regions of a dataset that have enterprises."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import pandas as pd

from chaingraph import words
from chaingraph.analysis.settings import read_lang
from chaingraph.enterprises import LEVELS
from chaingraph.errors import OptionError
from chaingraph.gazetteer import find_region, gazetteer
from chaingraph.results import Call, Result

if TYPE_CHECKING:
    from chaingraph.dataset import Dataset
    from chaingraph.enterprises.sites import Level
    from chaingraph.regions import Region
    from chaingraph.words import Language


def list_regions(
    ds: Dataset,
    *,
    level: Level = "city",
    region: str | Region | None = None,
    lang: Language | None = None,
) -> Result:
    """List the regions of a dataset that have enterprises, most sites first.

    Parameters
    ----------
    ds
        The dataset.
    level
        ``province``, ``city``, ``county`` or ``park``.
    region
        Only those inside this region.
    lang
        ``zh`` or ``en``; the dataset's own by default.

    Returns
    -------
    Result
        `region`, `level`, `enterprises` (number of sites).

    Raises
    ------
    OptionError
        For an unknown level.
    UnknownNameError
        For an unknown region.

    Examples
    --------
    >>> import chaingraph as cg
    >>> list_regions(cg.load_dataset("toy")).frame["region"].tolist()
    ['甲市', '丙市', '乙市']
    """
    call = Call.of(list_regions, locals())
    if level not in LEVELS:
        raise OptionError("bad-level", value=level, choices=", ".join(LEVELS))
    within = find_region(ds, region) if region else None
    found = gazetteer(ds).of_level(level, within)
    rows = [(place.name, level, count) for place, count in found.items()]
    frame = pd.DataFrame(rows, columns=["region", "level", "enterprises"])
    frame = frame.sort_values(["enterprises", "region"], ascending=[False, True], ignore_index=True)
    params = {"dataset": ds.name, "version": ds.version, "level": level}
    if within is not None:
        params["region"] = within.name
    return Result("regions", frame, params, read_lang(ds, lang), call=call)


_BETWEEN_NAMES: Final = re.compile(r"(/|[()]|\s[+&~-]\s)")
"""What stands between the names in a path, and in regions that are joined."""


def place_name(ds: Dataset, name: str, lang: Language) -> str:
    """Return the name of a region in a language, as the regions table gives it."""
    if name == "*":
        return words.term("page", "whole", lang)
    if lang == "en" and ds.has("regions"):
        frame = ds.table("regions").dropna(subset=["name_en"])
        frame = frame.drop_duplicates("name_zh", keep=False)
        english = dict(zip(frame["name_zh"], frame["name_en"], strict=True))
        return "".join(str(english.get(part, part)) for part in _BETWEEN_NAMES.split(name))
    return name
