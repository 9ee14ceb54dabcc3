"""Rendering of results to the terminal or a file, in the format asked for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from chaingraph.cli.options import chosen_format, say
from chaingraph.cli.terminal import echo, fitted, terminal_width
from chaingraph.files import write_file
from chaingraph.words import message

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chaingraph.cli.options import Output
    from chaingraph.results import Result


def emit(
    results: Sequence[Result],
    *,
    out: Output,
    whole: Result | None = None,
    default_top: int | None = None,
    before: Sequence[str] = (),
    after: Sequence[str] = (),
    more: Mapping[str, Any] | None = None,
) -> None:
    """Write results where they are asked for.

    Parameters
    ----------
    results
        Shown one below the other as tables or Markdown.
    out
        The output options.
    whole
        What CSV and JSON hold; the first of `results` by default.
    default_top
        Rows of each table where --top is not given.
    before, after
        Lines above and below the tables.
    more
        Further keys of the JSON.
    """
    kind = chosen_format(out.format_, out.output)
    data = whole or results[0]
    spoken: Any = out.lang or results[0].lang
    if kind == "csv":
        text = data.to_csv(limit=out.top or None)
    elif kind == "json":
        held = data.to_dict(limit=out.top or None) | dict(more or {})
        text = json.dumps(held, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
    else:
        limit = (default_top if out.top is None else out.top) or None
        width = terminal_width() if kind == "table" and out.output in {None, "-"} else None
        blocks = [
            result.to_text(spoken, limit=limit, width=width)
            if kind == "table"
            else result.to_markdown(spoken, limit=limit)
            for result in results
        ]
        mark = "\n" if kind == "table" else "\n\n"
        ends = ([mark.join(fitted(lines, width))] if lines else [] for lines in (before, after))
        first, last = ends
        text = "\n\n".join([*first, *blocks, *last]).rstrip("\n") + "\n"
    if out.output in {None, "-"}:
        echo(text, nl=False, data=kind in {"csv", "json"})
        return
    write_file(str(out.output), text, encoding="utf-8-sig" if kind == "csv" else "utf-8")
    say(message("written", spoken, path=out.output), quiet=out.quiet)


def deliver(data: str | bytes, target: str | None, *, lang: Any, quiet: bool) -> None:
    """Write a page to its file, or to stdout for none and ``-``."""
    if target in {None, "-"}:
        echo(data, nl=False, data=True)
        return
    say(message("written", lang, path=write_file(str(target), data)), quiet=quiet)
