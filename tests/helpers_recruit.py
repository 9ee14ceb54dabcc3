"""A small chain whose targets can be worked out by hand, and the pieces that tests ask for."""

from __future__ import annotations

from typing import Any

import numpy as np

import chaingraph as cg
from chaingraph.analysis.study import open_study, region_state
from chaingraph.recruit.ranking import rank_field
from chaingraph.recruit.scoring import read_weights
from tests.conftest import build_dataset

DEGREE = 6371.0 * np.pi / 180
"""Kilometres of one degree along a meridian."""
PRODUCTS = [
    ("metal", "t", 1), ("resin", "t", 1), ("tape", "t", 1), ("foil", "t", 4), ("film", "t", 4),
    ("cell", "u", 900), ("pack", "u", 2000), ("lid", "t", 1), ("ore", "t", 1, {"kind": "resource"}),
    ("electricity", "kWh", 0.5, {"kind": "energy"}),
]  # fmt: skip
INPUTS = [
    ("metal", "foil", 1), ("resin", "foil", 1), ("ore", "foil", 1), ("electricity", "foil", 2),
    ("foil", "cell", 500, {"alternative_group": "sheet", "share": 1.0}),
    ("film", "cell", 500, {"alternative_group": "sheet", "share": 0.0}),
    ("tape", "cell", 2), ("cell", "pack", 1),
]  # fmt: skip
EAST, NORTH = {"city": "east", "lat": 31, "lon": 110}, {"city": "north", "lat": 33, "lon": 110}
HERE = {"city": "here", "lat": 30, "lon": 110}
SITES = {
    "c1": HERE | {"group_zh": "Cellco"},
    "t1": HERE | {"group_zh": "Foilco"},
    "r1": HERE | {"group_zh": "Resinco"},
    "f1": EAST | {"group_zh": "Foilco"},
    "f2": NORTH | {"group_zh": "Foilco"},
    "f3": {"city": "north", "group_zh": "Foilco"},
    "s1": EAST | {"group_zh": "Smallco"},
    "k2": EAST | {"group_zh": "Rivalco"},
    "p1": EAST | {"group_zh": "Packco"},
    "n1": {"city": "nowhere", "group_zh": "Farco"},
}
PAGE = "https://example.org/"
MAKERS: list[tuple[Any, ...]] = [
    ("c1", "cell", 2, {"since": "2019"}),
    ("t1", "tape", 9, {"source_url": PAGE + "tape"}),
    ("r1", "resin", None, {"since": "2010"}),
    ("f1", "foil", 3000, {"since": "2015", "source_url": PAGE + "f1"}),
    ("f2", "foil", 1000, {"since": "2023"}),
    ("f3", "foil", 5000, {"scope": "group"}),
    ("s1", "foil", None, {"since": "2016"}),
    ("k2", "cell", 1, {"since": "2022-03"}),
    ("p1", "pack", 5, {"since": "2012"}),
    ("n1", "foil", 600, {"since": "2000"}),
]
TABLES: dict[str, list[dict[str, Any]]] = {
    "regions": [
        {"adcode": code, "name_zh": name, "level": "prefecture", "lat": lat, "lon": 110}
        for code, name, lat in (("1", "here", 30), ("2", "east", 31), ("3", "north", 33))
    ],
    "projects": [
        {
            "project_id": "q1", "date": "2024-03", "event": "signed", "city": "north",
            "group_zh": "Smallco", "product_id": "foil", "source_url": PAGE + "q1",
        },
    ],
    "supplies": [
        {
            "supplier_group": supplier, "customer_group": customer, "product_id": product,
            "year": year, "source_url": PAGE + year,
        }
        for supplier, customer, product, year in (
            ("Foilco", "Cellco", "foil", "2022"), ("Foilco", "Cellco", "tape", "2023"),
            ("Foilco", "Foilco", "tape", "2021"), ("Cellco", "Packco", "cell", "2020"),
            ("Farco", "Packco", "foil", "2019"), ("Smallco", "Resinco", "foil", "2025"),
        )
    ],
    "indicators": [
        {"region": "here", "indicator": "clean_energy_generation_share", "year": year, "value": value}
        for year, value in (("2022", 60), ("2023", 80))
    ],
}  # fmt: skip


def hand_dataset(makers=None, *, products=None, inputs=None, sites=None, as_of="2024-12", **tables):
    """Return the chain by hand; tables given replace its own (None: leave it out)."""
    chosen = {name: rows for name, rows in (TABLES | tables).items() if rows is not None}
    named = {name: {"name_zh": name} | row for name, row in (sites or SITES).items()}
    return build_dataset(
        products or PRODUCTS, inputs or INPUTS, MAKERS if makers is None else makers,
        sites=named, as_of=as_of, **chosen,
    )  # fmt: skip


def ranking_of(ds, *products, weights=None, method="logit", region=None):
    """Return the scores of all candidates of some products."""
    state = region_state(open_study(ds), region)
    positions = sorted(state.study.product_graph.find(name) for name in products)
    return rank_field(state, positions, read_weights(weights), method)


def features_of(ds, product="foil", **options):
    """Return group -> feature -> value of a product's candidates."""
    ranking = ranking_of(ds, product, **options)
    names = ranking.view.field.evidence.groups[ranking.view.field.group[ranking.rows]]
    return {
        str(name): {key: float(values[i]) for key, values in ranking.parts.items()}
        for i, name in enumerate(names)
    }


def targets_of(ds, gaps="foil", **options):
    """Return the targets as a frame by group."""
    return cg.rank_targets(ds, gaps, **options).frame.set_index("group_zh")
