"""Measure the programme: Qujing's solve, ladder and stability, and questions drawn at random.

python benchmarks/plans.py
"""

from __future__ import annotations

from time import perf_counter

import chaingraph as cg
from chaingraph.planning.milp import solve
from chaingraph.planning.toy import random_question

BUDGETS = {
    "budget": {"investment_cny_100m": 150, "power_mw": 800},
    "per_year": {"investment_cny_100m": 60, "count": 6},
}


def main() -> None:
    """Print the times, s."""
    ds = cg.load_dataset("qujing")
    for name, stability, draws in (
        ("solve and ladder", 0, 0),
        ("with stability and draws", 20, 1000),
    ):
        start = perf_counter()
        plan = cg.build_plan(ds, years="2026-2028", stability=stability, draws=draws, **BUDGETS)
        took = perf_counter() - start
        print(
            f"qujing, {name}: {took:.2f} (solver {plan.seconds:.2f}, gap {plan.params['solver_gap']:.1e})"
        )
    for count in (150, 300, 600):
        start = perf_counter()
        found = solve(random_question(count), gap=0.01)
        print(f"{count} products to 1%: {perf_counter() - start:.2f} (gap {found.gap:.4f})")


if __name__ == "__main__":
    main()
