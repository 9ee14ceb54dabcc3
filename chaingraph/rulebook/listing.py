"""The rules as a result, and one of them explained."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chaingraph.characters import shown
from chaingraph.checks import SEVERITIES
from chaingraph.errors import OptionError, unknown_name
from chaingraph.results import Result
from chaingraph.rulebook.entries import Entry, rule_entries
from chaingraph.words import message, term

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chaingraph.words import Language

_COLUMNS = ("rule", "area", "severity", "meaning", "case", "place", "message", "remedy")


def find_rules(names: Iterable[str] = (), *, severity: str = "info") -> list[Entry]:
    """Return rules by name, all of them where no name is given.

    Parameters
    ----------
    names
        Names of rules; a name may be that of a rule of datasets and of one of the import.
    severity
        Only rules at least this bad.

    Raises
    ------
    UnknownNameError
        Where there is no rule of a name; it names the closest ones.
    OptionError
        Where the severity is none.

    Examples
    --------
    >>> [(rule.name, rule.area) for rule in find_rules(["unit-mismatch"])]
    [('unit-mismatch', 'units'), ('unit-mismatch', 'import')]
    """
    if severity not in SEVERITIES:
        raise OptionError("severity-unknown", value=severity, choices=", ".join(SEVERITIES))
    asked = list(names)
    known = {entry.name for entry in rule_entries()}
    for name in asked:
        if name not in known:
            raise unknown_name("rule", name, known)
    kept = SEVERITIES[: SEVERITIES.index(severity) + 1]
    return [
        entry
        for entry in rule_entries()
        if entry.severity in kept and (not asked or entry.name in asked)
    ]


def list_rules(
    names: Iterable[str] = (), *, severity: str = "info", lang: Language = "zh"
) -> Result:
    """List the rules of datasets and of the import.

    Parameters
    ----------
    names
        Names of rules; all by default.
    severity
        ``error``, ``warning`` or ``info``: only rules at least this bad.
    lang
        ``zh`` or ``en``.

    Returns
    -------
    Result
        One row a rule, by area, worst first: `rule`, `area`, `severity`, `meaning`, `case` (a bad input
        that breaks it), `place`, `message` and `remedy` (where the program finds the example wrong, what
        it says of it, and what to do).

    Raises
    ------
    UnknownNameError
        Where there is no rule of a name.
    OptionError
        Where the severity is none.

    Examples
    --------
    >>> import chaingraph as cg
    >>> cg.list_rules(["zero-figure"], lang="en").frame["message"].tolist()
    ['capacity is 0: an unknown figure is left empty, not written as zero']
    """
    import pandas as pd

    chosen: Any = "en" if lang == "en" else "zh"
    rows = [
        (entry.name, entry.area, entry.severity, entry.meaning(chosen),
         "\n".join(entry.example(chosen)), entry.place, entry.message(chosen), entry.remedy(chosen))
        for entry in find_rules(names, severity=severity)
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=list(_COLUMNS))
    return Result("rules", frame, {"severity": severity}, chosen, _COLUMNS[:4])


def explain_rule(entry: Entry, lang: Language = "zh") -> list[str]:
    """Return a rule with its example in Markdown, as lines.

    Examples
    --------
    >>> lines = explain_rule(find_rules(["zero-figure"])[0], "en")
    >>> lines[0], lines[8]
    ('### zero-figure', '      dexin,lfp,0,t')
    """
    severity, area = term("severity", entry.severity, lang), term("area", entry.area, lang)
    colon, opening, closing = ("：", "（", "）") if lang == "zh" else (": ", " (", ")")
    space = "" if lang == "zh" else " "
    part = f"{opening}{area}{closing}" if entry.area == "import" else ""
    return [
        f"### {entry.name}{part}",
        "",
        f"{severity}{opening}{area}{closing}{colon}{entry.meaning(lang)}",
        "",
        message("rules-example", lang),
        "",
        *(f"    {shown(line)}".rstrip() for line in entry.example(lang)),
        "",
        f"{message('rules-finding', lang)}{space}{entry.place}{colon}{entry.message(lang)}",
        "",
        f"{message('rules-remedy', lang)}{space}{entry.remedy(lang)}",
    ]
