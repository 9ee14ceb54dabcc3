"""The command that explains the rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from chaingraph.cli.options import with_output
from chaingraph.cli.output import emit

if TYPE_CHECKING:
    from chaingraph.cli.options import Output


@click.command(epilog="Example: chaingraph rules unit-mismatch")
@click.argument("names", nargs=-1, metavar="[RULE]...")
@click.option(
    "--severity",
    type=click.Choice(["error", "warning", "info"]),
    default="info",
    help="Only rules at least this bad.",
)
@with_output
def rules(names: tuple[str, ...], severity: str, out: Output) -> None:
    """List the rules of check and import; explain those that are named, with an example.

    A rule is named as in the output of check. CSV and JSON hold the examples of all rules.
    """
    from chaingraph.cli.main import message_language
    from chaingraph.rulebook.listing import explain_rule, find_rules, list_rules

    lang: Any = message_language(out.lang)
    result = list_rules(names, severity=severity, lang=lang)
    after = []
    for entry in find_rules(names, severity=severity) if names else ():
        after += ["", *explain_rule(entry, lang)]
    emit([result], out=out, after=after[1:])
