"""One page of all rules in Markdown: ``datasets/RULES.md`` and ``datasets/RULES.zh.md``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from chaingraph.rulebook.entries import AREAS, rule_entries
from chaingraph.rulebook.listing import explain_rule
from chaingraph.words import message, term

if TYPE_CHECKING:
    from chaingraph.rulebook.entries import Entry
    from chaingraph.words import Language

_MARKS: Final = re.compile(r"([\\`*_<>|#])")


def page_markdown(lang: Language = "zh") -> str:
    """Return the page of all rules in a language: contents, then each rule with its example.

    Examples
    --------
    >>> page_markdown("en").splitlines()[0]
    '# Rules'
    """
    entries = rule_entries()
    lines = [
        f"# {message('rules-title', lang)}",
        "",
        message("rules-intro", lang, count=len(entries), lang=lang),
    ]
    for area in AREAS:
        part = [entry for entry in entries if entry.area == area]
        names = ", ".join(_link(entry, lang) for entry in part)
        title = term("area", area, lang)
        lines += ["", f"## {title[:1].upper()}{title[1:]}", "", names]
        for entry in part:
            lines += ["", *map(_escaped, explain_rule(entry, lang))]
    return "\n".join(lines) + "\n"


def _link(entry: Entry, lang: Language) -> str:
    """Return a link to a rule's heading, as GitHub names it."""
    heading = explain_rule(entry, lang)[0].removeprefix("### ")
    return f"[{entry.name}](#{re.sub(r'[^-_ 0-9A-Za-z一-鿿]', '', heading).replace(' ', '-')})"


def _escaped(line: str) -> str:
    """Return a line whose text cannot become markup; headings and examples stay as they are."""
    kept = line.startswith(("### ", "    "))
    return line if kept else _MARKS.sub(r"\\\1", line)


if __name__ == "__main__":
    import sys

    sys.stdout.write(page_markdown("en" if "en" in sys.argv[1:] else "zh"))
