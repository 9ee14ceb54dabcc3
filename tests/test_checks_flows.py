"""Rules about alternatives, loops and mass."""

from __future__ import annotations

import pytest

from chaingraph.checks import run_checks
from tests.helpers_raw import Case, assert_case, raw_dataset, rules_of

PRODUCTS = "product_id,name_zh,unit\na,甲,t\nb,乙,t\nc,丙,t\nd,丁,MWh\n"
INPUT = "input_id,output_id,coefficient,unit,role,alternative_group,share\n"


def _inputs(*rows: str) -> dict[str, str]:
    return {"products": PRODUCTS, "inputs": INPUT + "".join(row + "\n" for row in rows)}


CASES: dict[str, Case] = {
    "group-single": (
        _inputs("a,c,1,t/t,,g,", "b,c,1,t/t,,g2,"),
        _inputs("a,c,1,t/t,,g,", "b,c,1,t/t,,g,"),
    ),
    "group-role": (
        _inputs("a,c,1,t/t,,g,", "b,c,1,t/t,capital,g,"),
        _inputs("a,c,1,t/t,,g,", "b,c,1,t/t,consumed,g,"),
    ),
    "share-partial": (
        _inputs("a,c,1,t/t,,g,0.5", "b,c,1,t/t,,g,"),
        _inputs("a,c,1,t/t,,g,", "b,c,1,t/t,,g,"),
    ),
    "share-sum": (
        _inputs("a,c,1,t/t,,g,0.5", "b,c,1,t/t,,g,0.6"),
        _inputs("a,c,1,t/t,,g,0.5", "b,c,1,t/t,,g,0.5"),
    ),
    "share-without-group": (
        _inputs("a,c,1,t/t,,,0.5"),
        _inputs("a,c,1,t/t,,,"),
    ),
    "self-loop": (_inputs("a,a,0.5,t/t,,,"), _inputs("a,b,1,t/t,,,")),
    "gaining-loop": (
        _inputs("a,b,2,t/t,,,", "b,a,0.5,t/t,,,"),
        _inputs("a,b,2,t/t,,,", "b,a,0.4,t/t,,,"),
    ),
    "loop": (
        _inputs("a,b,2,t/t,,,", "b,a,0.4,t/t,,,"),
        _inputs("a,b,2,t/t,,,", "b,a,0.4,t/t,byproduct,,"),
    ),
    "mass-balance": (
        _inputs("a,c,0.6,t/t,,,", "b,c,0.3,t/t,,,"),
        _inputs("a,c,0.7,t/t,,,", "b,c,0.3,t/t,,,"),
    ),
}


@pytest.mark.parametrize("rule", CASES)
def test_rule_finds_its_case_and_not_its_neighbour(rule: str) -> None:
    """Each rule reports the wrong rows and lets the right ones pass."""
    assert_case(rule, CASES[rule])


def test_share_sum_says_the_total() -> None:
    """The total is written as a person would write it."""
    raw = raw_dataset(_inputs("a,c,1,t/t,,g,0.7", "b,c,1,t/t,,g,0.6"))
    finding = run_checks(raw, at_load=True)[0]
    assert finding.params["total"] == "1.3"
    assert "1.3" in finding.text("zh")


def test_thirds_sum_to_one() -> None:
    """Shares rounded to seven digits pass."""
    raw = raw_dataset(
        _inputs("a,c,1,t/t,,g,0.3333333", "b,c,1,t/t,,g,0.3333333", "d,c,1,MWh/t,,g,0.3333333")
    )
    assert not run_checks(raw, at_load=True)


def test_groups_of_two_outputs_are_two_groups() -> None:
    """The same group name under another output is another group."""
    raw = raw_dataset(_inputs("a,c,1,t/t,,g,", "a,b,1,t/t,,g,"))
    assert rules_of(raw) == ["group-single", "group-single"]


def test_broken_share_is_not_a_partial_one() -> None:
    """A share that is no number is reported as such only."""
    raw = raw_dataset(_inputs("a,c,1,t/t,,g,一半", "b,c,1,t/t,,g,0.5"))
    assert rules_of(raw, at_load=True) == ["not-a-number"]


@pytest.mark.parametrize(
    ("group", "share", "rule"),
    [
        ("", "", "gaining-loop"),
        ("g", "", "loop"),
        ("g", "0.9", "gaining-loop"),
        ("g", "0.4", "loop"),
    ],
)
def test_alternatives_count_by_share_or_in_equal_parts(group: str, share: str, rule: str) -> None:
    """b takes 1.2 c for itself: alone, as half of a group, or by its share."""
    rest = "" if not share else f"{1 - float(share):.1f}"
    other = f"a,b,1,t/t,,{group},{rest}"
    raw = raw_dataset(_inputs(f"c,b,1.2,t/t,,{group},{share}", other, "b,c,1,t/t,,,"))
    assert rule in rules_of(raw)


def test_loop_names_members_and_radius() -> None:
    """The radius of a loop of two is the root of the product of its coefficients."""
    finding = run_checks(raw_dataset(_inputs("a,b,2,t/t,,,", "b,a,2,t/t,,,")), at_load=True)[0]
    assert (finding.params["members"], finding.params["radius"]) == ("a, b", "2")
    assert (finding.table, finding.line) == ("inputs", 2)


def test_loop_is_judged_in_the_units_of_its_products() -> None:
    """500 kg a tonne is half a tonne a tonne."""
    raw = raw_dataset(_inputs("a,b,500,kg/t,,,", "b,a,500,kg/t,,,"))
    assert not run_checks(raw, at_load=True)


def test_chain_after_a_loop_is_no_part_of_it() -> None:
    """Products downstream of a loop are not members."""
    raw = raw_dataset(_inputs("a,b,1,t/t,,,", "b,a,0.5,t/t,,,", "b,c,9,t/t,,,"))
    loop = next(found for found in run_checks(raw) if found.rule == "loop")
    assert loop.params["members"] == "a, b"


def test_mass_counts_the_smallest_alternative() -> None:
    """Without shares the lightest member of a group is taken."""
    assert "mass-balance" in rules_of(raw_dataset(_inputs("a,c,2,t/t,,g,", "b,c,0.9,t/t,,g,")))
    assert "mass-balance" not in rules_of(
        raw_dataset(_inputs("a,c,2,t/t,,g,0.5", "b,c,0.9,t/t,,g,0.5"))
    )


def test_mass_counts_tonnes_only() -> None:
    """Energy has no mass, and an output with no weighed input is not judged."""
    assert not run_checks(raw_dataset(_inputs("d,c,0.5,MWh/t,,,", "a,b,1,t/t,,,")))
    kilograms = raw_dataset(_inputs("a,c,1000,kg/t,,,", "d,c,1,MWh/t,,,", "b,c,5,kg/t,,,"))
    assert not run_checks(kilograms)


def test_mass_finding_stands_at_the_output() -> None:
    """The finding is about the row of products, so that its key is the output's id."""
    finding = run_checks(raw_dataset(_inputs("a,c,0.6,t/t,,,", "b,c,0.3,t/t,,,")))[0]
    assert (finding.table, finding.value, finding.line) == ("products", "c", 4)
    assert "0.9 t" in finding.text("en")
