"""The chain map's layout: bands, overlaps, order of rows, crossings."""

from __future__ import annotations

import random
from itertools import combinations, pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chaingraph.views.layered import ordering
from chaingraph.views.layered.columns import orient
from chaingraph.views.layered.crossings import Layered, count_crossings, sift, transpose
from chaingraph.views.layered.layout import Layout, Node, arrange, crossing_count
from chaingraph.views.layered.reroute import reroute

ROW, COLUMN = 56, 240

# Crossings of graphviz dot 2.43.0 (0) on the layered graph of `arrange`, by benchmarks/layout.py.
DOT = {(45, 90, 2): 204, (200, 500, 1): 8_909, (200, 500, 2): 9_413}


def dice(seed):
    return random.Random(seed)  # noqa: S311 - a repeatable test


def random_chain(size, links, seed):
    """As in benchmarks/layout.py."""
    chance = dice(seed)
    names = [f"n{i:04d}" for i in range(size)]
    found = set()
    while len(found) < links:
        a, b = sorted(chance.sample(range(size), 2))
        if chance.random() < 0.03:
            a, b = b, a
        found.add((names[a], names[b]))
    return [Node(name, 3 * i // size) for i, name in enumerate(names)], sorted(found)


def check(layout: Layout, nodes, links, most=16):
    """Check all that holds for every layout."""
    assert set(layout.place) == {node.key for node in nodes}
    by_column = {}
    for node in nodes:
        place = layout.place[node.key]
        assert layout.columns[place.column] == node.band
        first, last = layout.bands[node.band]
        assert first + COLUMN // 2 <= place.x <= last - COLUMN // 2
        assert ROW // 2 <= place.y <= layout.height - ROW // 2
        assert all(type(value) is int for value in place)
        by_column.setdefault(place.column, []).append(place)
    assert sorted(by_column) == list(range(len(layout.columns)))
    for places in by_column.values():
        ordered = sorted(places, key=lambda place: place.y)
        assert [place.row for place in ordered] == list(range(len(places)))
        assert all(b.y - a.y >= ROW for a, b in pairwise(ordered))
        assert len(places) <= most
    assert all(
        a[1] <= b[0] for a, b in pairwise(layout.bands[band] for band in sorted(layout.bands))
    )
    assert list(layout.columns) == sorted(layout.columns)
    assert set(layout.bends) == set(links)
    for source, target in set(links):
        start, end = layout.place[source], layout.place[target]
        back = (source, target) in layout.reversed_links
        assert end.column <= start.column if back else end.column > start.column
        assert (start.column == end.column) == (source == target)
        way = [start[2:], *layout.bends[source, target], end[2:]]
        assert sorted(way, reverse=back) == way
        boxes = {(p.x, p.y) for p in layout.place.values()}
        for x, y in way[1:-1]:
            assert all(abs(y - py) >= ROW // 2 for px, py in boxes if px == x)
    assert layout.crossings == crossing_count(layout.orders, layout.segments)


def brute(orders, links):
    place = {name: (i, j) for i, order in enumerate(orders) for j, name in enumerate(order)}
    ends = [(place[a], place[b]) for a, b in links]
    return sum(
        a[0] == c[0] and (a[1] - c[1]) * (b[1] - d[1]) < 0
        for (a, b), (c, d) in combinations(ends, 2)
    )


@st.composite
def chains(draw):
    size = draw(st.integers(1, 14))
    nodes = [Node(f"p{i}", draw(st.integers(0, 2))) for i in range(size)]
    keys = st.sampled_from([node.key for node in nodes])
    return nodes, draw(st.lists(st.tuples(keys, keys), max_size=30))


@settings(derandomize=True, deadline=None, max_examples=60)
@given(chains(), st.integers(2, 5))
def test_any_graph(graph, rows):
    nodes, links = graph
    check(arrange(nodes, links), nodes, links)
    check(arrange(nodes, links, max_rows=rows), nodes, links, rows)


@pytest.mark.parametrize("seed", range(5))
def test_crossing_count_is_that_of_all_pairs(seed):
    chance = dice(seed)
    orders = [[(layer, i) for i in range(chance.randint(1, 9))] for layer in range(4)]
    links = [pair for a, b in pairwise(orders) for pair in product(a, b) if chance.random() < 0.4]
    assert crossing_count(orders, links) == brute(orders, links)
    assert crossing_count(orders, [*links, *links]) == brute(orders, [*links, *links])


def test_crossing_count_of_nothing_and_of_what_it_cannot_count():
    assert crossing_count([], []) == crossing_count([["a"]], []) == 0
    with pytest.raises(ValueError, match="next one"):
        crossing_count([["a"], ["b"], ["c"]], [("a", "c")])
    with pytest.raises(KeyError, match="z"):
        crossing_count([["a"], ["b"]], [("a", "z")])


@pytest.mark.parametrize("step", [transpose, sift, reroute])
@pytest.mark.parametrize("seed", range(3))
def test_each_step_takes_away_what_it_says(step, seed):
    chance = dice(seed)
    start = np.array([0, 12, 30, 48, 60])
    pairs = sorted(
        {
            (chance.randrange(a, b), chance.randrange(b, c))
            for a, b, c in zip(start, start[1:], start[2:], strict=False)
            for _ in range(22)
        }
    )
    graph = Layered(start, *np.array(pairs).T)
    slot = np.arange(60)
    before = count_crossings(graph, slot)
    options = {transpose: {"rounds": 9}, sift: {"window": 64}, reroute: {}}[step]
    after, taken = step(graph, slot, **options)
    assert taken > 0
    assert count_crossings(graph, after) == before - taken
    assert sorted(after) == list(range(60))
    assert (graph.layer[np.argsort(after)] == graph.layer).all()


def test_neither_order_nor_repetition_matters():
    nodes, links = random_chain(60, 130, 5)
    first = arrange(nodes, links)
    check(first, nodes, links)
    chance = dice(1)
    for _ in range(2):
        chance.shuffle(nodes)
        chance.shuffle(links)
        again = arrange(nodes, [*links, *links[:9]])
        assert again == first
        assert list(again.place) == list(first.place)
        assert list(again.bends) == list(first.bends)


@pytest.mark.parametrize(
    ("bands", "links"),
    [
        ("000111", "03 14 25"),
        ("000111", "05 14 23"),
        ("0011222", "02 03 12 24 25 36 15"),
        ("01112223", "01 02 03 14 25 36 47 57 67"),
        ("0001112", "03 13 24 35 46 56 26"),
        ("00112233", "02 13 24 35 46 57 07"),
    ],
)
def test_planar_graphs_have_no_crossings(bands, links):
    nodes = [Node(str(i), int(band)) for i, band in enumerate(bands)]
    assert arrange(nodes, [tuple(link) for link in links.split()]).crossings == 0


def test_a_complete_bipartite_graph_has_the_crossings_it_must_have():
    nodes = [Node(f"{side}{i}", side) for side in (0, 1) for i in range(4)]
    links = [(f"0{i}", f"1{j}") for i in range(4) for j in range(4)]
    assert arrange(nodes, links).crossings == 36


def test_links_against_the_order_are_reversed_and_few():
    nodes = [Node("ore", 0), Node("metal", 1), Node("part", 1), Node("alloy", 1), Node("scrap", 2)]
    ring = [("metal", "part"), ("part", "alloy"), ("alloy", "metal"), ("metal", "alloy")]
    links = [("ore", "metal"), ("part", "scrap"), ("scrap", "metal"), ("ore", "ore"), *ring]
    layout = arrange(nodes, links)
    check(layout, nodes, links)
    assert layout.reversed_links == {("scrap", "metal"), ("alloy", "metal"), ("ore", "ore")}
    assert layout.bends["ore", "ore"] == ()


def test_two_rings_lose_one_link_each():
    ring = [(0, 1), (1, 2), (2, 0), (2, 3), (3, 4), (4, 3)]
    assert sum(orient([0] * 5, ring)) == 2


def test_tall_columns_are_split_and_loose_boxes_fill_up():
    nodes = [Node(f"a{i:02d}", 0) for i in range(30)] + [Node("z", 1)]
    links = [(f"a{i:02d}", "z") for i in range(20)]
    layout = arrange(nodes, links, max_rows=10)
    check(layout, nodes, links, 10)
    assert layout.columns == (0, 0, 0, 1)
    assert layout.height <= 15 * ROW + 100


def test_linked_boxes_stand_at_one_height():
    nodes = [Node("a", 0), Node("b", 1), Node("c", 2), *(Node(f"x{i}", 1) for i in range(4))]
    layout = arrange(nodes, [("a", "b"), ("b", "c")])
    assert len({layout.place[key].y for key in "abc"}) == 1


def test_unknown_ends_and_double_keys_are_refused():
    with pytest.raises(KeyError, match="b"):
        arrange([Node("a", 0)], [("a", "b")])
    with pytest.raises(ValueError, match="twice"):
        arrange([Node("a", 0), Node("a", 1)], [])


def test_nothing_to_place():
    assert arrange([], []).height == 0
    check(arrange([Node("a", 7)], []), [Node("a", 7)], [])


@pytest.mark.parametrize(("size", "links", "seed"), sorted(DOT))
def test_crossings_are_near_those_of_dot(size, links, seed):
    nodes, pairs = random_chain(size, links, seed)
    layout = arrange(nodes, pairs)
    check(layout, nodes, pairs, 21)
    assert layout.crossings <= 1.2 * DOT[size, links, seed]


def test_graphs_too_large_to_reroute_keep_the_rules(monkeypatch):
    nodes, links = random_chain(200, 500, 3)
    less = arrange(nodes, links).crossings
    monkeypatch.setattr(ordering, "_MOST_CELLS", 0)
    layout = arrange(nodes, links)
    check(layout, nodes, links, 21)
    assert less < layout.crossings < 1.5 * less
