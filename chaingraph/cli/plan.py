"""The command that makes a plan: which plants to start in which year, under which budgets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from chaingraph.cli.options import (
    Pairs,
    date_option,
    goal_option,
    lang_option,
    load_alone,
    quiet_option,
    region_option,
    with_dataset,
)
from chaingraph.cli.output import deliver
from chaingraph.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chaingraph.cli.options import Decorator
    from chaingraph.dataset import Dataset
    from chaingraph.words import Language

FORMATS = ("table", "csv", "json", "md", "toml", "xlsx")
_SUFFIX = {"table": ".txt"} | {name: f".{name}" for name in FORMATS[1:]}
_BUDGETS = "investment_cny_100m, power_mw, land_mu, count"
_SHOWN = 30


class Budget(Pairs):
    """``name=amount`` pairs; a bare amount says what a budget needs."""

    name = "BUDGET=AMOUNT"

    def __init__(self, option: str) -> None:
        super().__init__(bare=False)
        self.option = option

    def convert(self, value: Any, param: Any, ctx: click.Context | None) -> dict[str, float]:
        """Split and read the amounts."""
        if not isinstance(value, dict) and "=" not in str(value):
            raise OptionError("plan-budget-bare", value=value, option=self.option, choices=_BUDGETS)
        return super().convert(value, param, ctx)


def _pair_option(name: str, help_: str) -> Decorator:
    return click.option(
        name, type=Pairs(bare=False), multiple=True, metavar="PRODUCT=SIZE", help=help_
    )


def _names_option(name: str, help_: str, metavar: str = "PRODUCT") -> Decorator:
    return click.option(name, multiple=True, metavar=metavar, help=help_)


@click.command(
    epilog="Example: chaingraph plan qujing --budget investment_cny_100m=150 --years 2026-2028"
)
@with_dataset
@region_option
@click.option(
    "--budget", type=Budget("--budget"), multiple=True, metavar="BUDGET=AMOUNT",
    help=f"What there is in all: {_BUDGETS}; may be repeated.",
)  # fmt: skip
@click.option(
    "--per-year", type=Budget("--per-year"), multiple=True, metavar="BUDGET=AMOUNT",
    help="What there is a year, by the same names.",
)  # fmt: skip
@click.option("--years", metavar="YEARS", help="2026-2028; the three after the data by default.")
@load_alone
@click.option(
    "--ramp", default="0.4,0.7,0.9", show_default=True, metavar="SHARES",
    help="Share of its capacity a new plant makes in its first, second, later years.",
)  # fmt: skip
@click.option(
    "--local-use", type=float, default=0.5, show_default=True, metavar="SHARE",
    help="Share of a new plant's output that must be used in the market.",
)  # fmt: skip
@click.option(
    "--market", default="region", show_default=True, metavar="region|province|KM",
    help="Whose shortage counts for that share beside the region's own.",
)  # fmt: skip
@_pair_option("--must", "What is decided, at least that size.")
@_names_option("--never", "What is left out; may be repeated.")
@_names_option("--after", "The first starts only in a year after the second.", "PRODUCT:EARLIER")
@_names_option("--together", "Both start in one year, or neither.", "PRODUCT:PRODUCT")
@_pair_option("--quota", "What may be built of a restricted product.")
@_pair_option("--extend", "A plant that takes a local surplus and sells outside: a decision.")
@_names_option("--local", "What costs nothing outside, such as electricity of the city's own.")
@click.option(
    "--no-defaults", is_flag=True, help="Leave out what only a ratio to the price says the cost of."
)
@click.option(
    "--group-projects", type=click.IntRange(1), default=2, show_default=True,
    help="Projects for which one group is named first, at most.",
)  # fmt: skip
@date_option
@click.option(
    "--status", "statuses", type=Pairs(bare=True), default="operating,construction", show_default=True,
    metavar="STATUS[=FACTOR],...", help="Which capacities count as there.",
)  # fmt: skip
@goal_option
@click.option(
    "--stability", type=click.IntRange(0, 200), default=20, show_default=True,
    help="How often to solve again with other prices and costs; 0 for not.",
)  # fmt: skip
@click.option(
    "--draws", type=click.IntRange(0, 100_000), default=1000, show_default=True,
    help="Draws of what may come of it: delay, failure, costs; 0 for none.",
)  # fmt: skip
@click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True, help="Seed of the draws."
)
@click.option(
    "-f", "--format", "plan_format", type=click.Choice(FORMATS),
    help="By the suffix of -o; a table on stdout. TOML can be read again, CSV holds the projects.",
)  # fmt: skip
@click.option("-o", "--output", metavar="FILE", help="File to write; stdout by default.")
@click.option("--top", type=click.IntRange(0), help="Only the first rows of tables; 0 for all.")
@lang_option
@quiet_option
def plan(
    ds: Dataset, region: str | None, budget: tuple[dict[str, float], ...],
    per_year: tuple[dict[str, float], ...], no_defaults: bool, plan_format: str | None, output: str | None,
    top: int | None, lang: Language | None, quiet: bool, after: tuple[str, ...],
    together: tuple[str, ...], must: Any, quota: Any, extend: Any, **asked: Any,
) -> None:  # fmt: skip
    """Choose which plants to start in which year, so that the region buys less outside.

    What nobody has confirmed to lack carries its survey first; what is too small for a plant, and what
    cannot be judged, stand in lists of their own. -o plan.toml writes what other commands read with --plan.
    """
    from chaingraph.planning.programme import build_plan
    from chaingraph.planning.programme_file import render_plan

    kind = _format(plan_format, output)
    made = build_plan(
        ds, region=region, budget=_joined(budget, "--budget"), per_year=_joined(per_year, "--per-year"),
        must=_joined(must, "--must"), quota=_joined(quota, "--quota"), extend=_joined(extend, "--extend"),
        after=_two(after, "--after"), together=_two(together, "--together"),
        defaults=not no_defaults, lang=lang, **asked,
    )  # fmt: skip
    if kind == "table":
        shown = _SHOWN if top is None else top
        text: str | bytes = made.to_text(lang, limit=shown or None)
    elif kind == "md":
        text = made.to_markdown(lang, limit=top or None)
    else:
        text = render_plan(made, _SUFFIX[kind], lang=lang)
    deliver(text, output, lang=lang or made.lang, quiet=quiet)


def _joined(parts: Iterable[dict[str, float]], option: str) -> dict[str, float]:
    """Return pairs of several options as one mapping; what is given twice is refused."""
    found: dict[str, float] = {}
    for part in parts:
        for name, figure in part.items():
            if name in found:
                raise click.UsageError(f"'{name}' is given twice by {option}.")
            found[name] = figure
    return found


def _two(parts: Iterable[str], option: str) -> list[tuple[str, str]]:
    pairs = []
    for part in parts:
        one, colon, other = (piece.strip() for piece in part.replace("：", ":").partition(":"))
        if not (one and colon and other):
            raise click.UsageError(
                f"{option} takes two products, such as lipf6:electrolyte, not '{part}'."
            )
        pairs.append((one, other))
    return pairs


def _format(format_: str | None, output: str | None) -> str:
    """Return the format, or refuse what none can be told for before any work is done."""
    if output in {None, "-"}:
        if format_ == "xlsx":
            raise OptionError("binary-to-stdout", format=format_)
        return format_ or "table"
    name = str(output)
    suffix = name[name.rfind(".") :].casefold() if "." in name else ""
    known = {shown: kind for kind, shown in _SUFFIX.items()}
    if format_ is None and suffix not in known:
        raise OptionError("unknown-suffix", path=name, choices=" ".join(known))
    return format_ or known[suffix]
