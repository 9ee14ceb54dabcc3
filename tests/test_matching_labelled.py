"""Precision and recall on labelled lists, and with every enterprise of the data left out once.

The two lists were made from enterprises of the bundled data by a script that knows nothing of the scorer:
names as bureaus write them (without prefix or form, brackets, typos, short names by hand), namesakes in
other cities, sister firms and firms that the data does not have. The scorer was adjusted while looking at
``match_pairs.csv``; ``match_pairs_held_out.csv`` is another draw
(its rows by hand are the same), looked at only to report.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import pandas as pd
import pytest

import chaingraph as cg
from chaingraph.matching.known import Known
from chaingraph.matching.lists import ListRow
from chaingraph.matching.match import _by_name, _ranked

DATA = Path(__file__).parent / "data"


@pytest.fixture(scope="module")
def qujing():
    return cg.load_dataset("qujing")


def labelled(ds, name):
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) >= 200
    assert {row["enterprise_id"] for row in rows} - {""} <= set(ds.enterprises["enterprise_id"])
    frame = cg.match_enterprises(ds, rows).frame.astype(object)
    frame = frame.where(frame.notna(), "")
    return frame.assign(
        kind=[row["kind"] for row in rows], true=[row["enterprise_id"] for row in rows]
    )


def share(hits):
    return float(hits.mean()) if len(hits) else 1.0


@pytest.mark.parametrize("name", ["match_pairs.csv", "match_pairs_held_out.csv"])
def test_precision_and_recall(name, qujing, capsys):
    found = labelled(qujing, name)
    right = found["enterprise_id"] == found["true"]
    taken, matched = found["decision"] == "taken", found["true"] != ""
    offered = right | (found["runner_up"] == found["true"])
    seen = (taken & right) | ((found["decision"] == "review") & offered)
    precision, recall = share(right[taken]), share((taken & right)[matched])
    reach = share(seen[matched])
    table = pd.crosstab(found["kind"], found["decision"])
    lines = [
        f"\n{name}: {len(found)} rows, {matched.sum()} of them in the data",
        table.to_string(),
        f"taken: precision {precision:.3f}, recall {recall:.3f}; with review: recall {reach:.3f}",
    ]
    with capsys.disabled():  # seen with -n 0
        sys.stdout.write("\n".join(lines) + "\n")
    assert precision >= 0.98
    assert recall >= 0.85
    assert reach >= 0.95
    assert not taken[found["kind"].isin(["namesake elsewhere", "new"])].any()


def test_no_enterprise_that_the_data_lacks_is_taken_for_another(qujing):
    """With each of 997 enterprises left out, its own name takes none but its namesakes in one place."""
    known = Known(qujing)
    frame = qujing.enterprises[["province", "city", "county"]].astype(object)
    places = frame.where(frame.notna(), "").to_dict("records")
    wrong = []
    for place, name in enumerate(known.names):
        row = ListRow(place, name, **places[place])
        ranked = [pair for pair in _ranked(known, row) if pair[0] != place]
        verdict = _by_name(row, ranked)
        if verdict.decision == "taken":
            wrong.append((name, known.names[verdict.enterprise]))
    assert len(wrong) <= 4
    assert all(name == other for name, other in wrong)
