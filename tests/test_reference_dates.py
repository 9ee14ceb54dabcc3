"""Capacities at a date: which rows are in force, and how much of them counts."""

from __future__ import annotations

import pytest

import chaingraph as cg


def capacity_at(ds, at, **options):
    frame = cg.calculate_balance(ds, at=at, **options).frame
    return frame["capacity"].sum(), frame["construction"].sum()


def one_row(build, **more):
    return build("p", [], [("s", "p", 100, more)])


@pytest.mark.parametrize(
    ("since", "at", "counts"),
    [
        ("2021-07", "2021-06", False),
        ("2021-07", "2021-06-30", False),
        ("2021-07", "2021-07-01", True),
        ("2021-07", "2021-07", True),
        ("2021-07", "2021", True),  # a year means its last day
        ("2021-07-15", "2021-07-14", False),
        ("2021-07-15", "2021-07-15", True),
        ("2021-07-15", "2021-07", True),  # a month means its last day
        ("2021", "2020", False),
        ("2021", "2020-12-31", False),
        ("2021", "2021-01-01", True),  # a year in the data means its first day
        (None, "1990", True),  # an unknown start counts
    ],
)
def test_since(build, since, at, counts):
    assert capacity_at(one_row(build, since=since), at) == (100 * counts, 0)


@pytest.mark.parametrize(
    ("until", "at", "counts"),
    [
        ("2024-07", "2024-06", True),
        ("2024-07", "2024-06-30", True),
        ("2024-07", "2024-07-01", False),  # half open: the first day of until is out
        ("2024-07", "2024-07", False),
        ("2024-07-15", "2024-07-14", True),
        ("2024-07-15", "2024-07-15", False),
        ("2024", "2023-12-31", True),
        ("2024", "2024-01-01", False),
        (None, "2099", True),
    ],
)
def test_until(build, until, at, counts):
    assert capacity_at(one_row(build, until=until), at) == (100 * counts, 0)


def test_phases_follow_each_other_without_overlap(build):
    ds = build("p", [], [
        ("s", "p", 10, {"since": "2020", "until": "2022-03"}), ("s", "p", 25, {"since": "2022-03"}),
    ])  # fmt: skip
    found = [capacity_at(ds, at)[0] for at in ("2019", "2020", "2022-02", "2022-03", "2030")]
    assert found == [0, 10, 10, 25, 25]


def test_without_a_date_no_row_is_left_out(build):
    ds = one_row(build, since="2050")
    assert ds.as_of == ""
    assert capacity_at(ds, None) == (100, 0)


def test_latest_as_of_is_the_default_date(build):
    ds = build("p", [], [
        ("s", "p", 1, {"as_of": "2023-05"}), ("t", "p", 2, {"as_of": "2024", "since": "2025"}),
    ])  # fmt: skip
    assert ds.as_of == "2024"
    assert capacity_at(ds, None) == (1, 0)


def test_dated_dataset_is_another_one(build):
    ds = one_row(build, since="2021")
    assert ds.at("2020").as_of == "2020"
    assert ds.as_of == ""
    assert cg.calculate_balance(ds.at("2020")).frame.empty


@pytest.mark.parametrize("date", ["2024-13", "24", "2024-02-32", "", "June 2024"])
def test_no_date(build, date):
    with pytest.raises(cg.OptionError, match="is no date; write 2024, 2024-12 or 2024-12-31"):
        cg.find_gaps(one_row(build), at=date)


@pytest.mark.parametrize("status", ["construction", "planned", "suspended", "closed"])
def test_other_statuses_do_not_count_by_default(build, status):
    capacity, construction = capacity_at(one_row(build, status=status), "2024")
    assert capacity == 0
    assert construction == (100 if status == "construction" else 0)


def test_planned_row_without_since_counts_from_its_as_of(build):
    ds = one_row(build, status="planned", as_of="2023-08")
    found = [capacity_at(ds, at, statuses="planned")[0] for at in ("2023-07", "2023-08", "2024")]
    assert found == [0, 100, 100]


def test_operating_row_without_since_does_not_wait_for_its_as_of(build):
    assert capacity_at(one_row(build, as_of="2023-08"), "2010") == (100, 0)


def test_commitment_factors(build):
    ds = build("p", [], [
        ("s", "p", 100), ("t", "p", 40, {"status": "construction"}),
        ("u", "p", 10, {"status": "planned"}), ("v", "p", 5, {"status": "suspended"}),
    ])  # fmt: skip
    assert capacity_at(ds, "2024") == (100, 40)
    assert capacity_at(ds, "2024", statuses=["operating", "construction"]) == (140, 0)
    weighted = {"operating": 1, "construction": 0.5, "planned": 0.2}
    assert capacity_at(ds, "2024", statuses=weighted) == (122, 0)


def test_factor_of_zero_is_as_if_the_status_were_not_named(build):
    ds = build("p q", [("p", "q", 1)], [("s", "q", 10), ("t", "p", 5, {"status": "construction"})])
    gaps = cg.find_gaps(ds, statuses={"operating": 1, "construction": 0}).frame
    assert gaps.loc[0, ["product_id", "gap_kind", "makers"]].tolist() == ["p", "coming", 0]
    assert gaps.loc[0, "construction"] == 5


@pytest.mark.parametrize(
    ("statuses", "message"),
    [
        ("operatin", "'operatin' is no status; use: operating"),
        ({"planned": 1.2}, "commitment factor 1.2 of 'planned' is not between 0 and 1"),
        ({"planned": -0.1}, "is not between 0 and 1"),
        ({"operating": 0}, "no status counts"),
        ([], "no status counts"),
    ],
)
def test_statuses_that_cannot_be_used(build, statuses, message):
    with pytest.raises(cg.OptionError, match=message):
        cg.calculate_balance(one_row(build), statuses=statuses)


def test_group_totals_never_add_to_sites(build):
    ds = build("p", [], [("s", "p", 100), ("head", "p", 300, {"scope": "group"})])
    assert capacity_at(ds, "2024") == (100, 0)
    assert cg.calculate_balance(ds).frame["national_capacity"].tolist() == [400]
