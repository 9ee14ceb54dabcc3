"""The bundled data never say the opposite of what is known in the trade; `pytest -s` prints the list."""

from __future__ import annotations

import pytest

import chaingraph as cg
from tests.helpers_sanity import FIRST, sanity_table

LEAST_RIGHT = 38
"""Of the first 51: what a prototype with its few rows of surveys and statistics came to."""


@pytest.fixture(scope="module")
def table(qujing):
    found = sanity_table(cg.open_study(qujing))
    right = (
        f"right: {found['right'][:FIRST].sum()} of {FIRST}, {found['right'].sum()} of {len(found)}"
    )
    print(f"\n{found.to_string()}\n{right}")  # noqa: T201  for people who run it with -s
    return found


def test_no_pair_is_called_the_opposite(table):
    wrong = table[table["opposite"]]
    assert wrong.empty, wrong.to_string()


def test_most_pairs_are_positively_right(table):
    assert table["right"][:FIRST].sum() >= LEAST_RIGHT
    assert table["right"].sum() >= LEAST_RIGHT + len(table) - FIRST - 2


def test_every_truth_is_among_the_pairs(table):
    assert set(table["truth"]) == {"made", "not_made", "on_site"}
    assert not table.duplicated(["region", "product_id"]).any()
