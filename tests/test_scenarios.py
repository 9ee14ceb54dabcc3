"""Scenarios: what they change, that they change nothing else, and what is refused."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import chaingraph as cg
from chaingraph.planning import changes as changes_module
from chaingraph.planning import compare as compare_module
from chaingraph.planning.changes import _later
from chaingraph.planning.kinds import CHANGES, OUTSIDE
from chaingraph.planning.scenario import MOST_CHANGES, MOST_DEEP, read_word, scenario_text
from tests.conftest import build_dataset
from tests.helpers_cli import failure, rows, run
from tests.test_properties import examples

FROZEN = Path(__file__).parent / "data" / "datasets_1_1_0" / "qujing"
EXAMPLES = Path(__file__).parents[1] / "examples" / "scenarios"
AMOUNTS = ("capacity", "output", "supply", "demand", "own_use", "merchant", "gap", "gap_value")
ENDS = ("low", "point", "high")
FOIL = {"do": "build", "product": "foil", "size": 1000}


def differing(first, second, amounts=AMOUNTS):
    """Name the figures of two states that differ in a single bit."""
    found = []
    for name in amounts:
        for end in ENDS:
            one, other = (getattr(getattr(state, name), end) for state in (first, second))
            if not ((one == other) | (np.isnan(one) & np.isnan(other))).all():
                found.append(f"{name}.{end}")
    return found


def state_of(ds, scenario=None, **asked):
    return cg.open_study(
        ds if scenario is None else cg.apply_scenario(ds, scenario), **asked
    ).state()


def figure(state, name, product):
    return float(getattr(state, name).point[state.study.product_graph.find(product)])


# --- goldens of PLANNING


def test_foil_in_the_toy_closes_its_gap_and_sells_metal_here(toy):
    """G8: 1,000 t of foil close 3.0 m CNY and open nothing; 1,100 t of metal are sold here."""
    found = cg.compare_scenarios(toy, {"foil": [FOIL]}, load="full", chain=None)
    frame = found.products.frame.set_index("product_id")
    assert frame.loc["foil", "gap_value_cny_change"] == pytest.approx(-3.0e6)
    assert frame.loc["metal", "demand_change"] == pytest.approx(1100.0)
    assert len(found.new_gaps) == 0
    assert frame.loc["foil", ["shortage_before", "shortage_after"]].tolist() == [1000.0, 0.0]


def test_shares_between_alternatives_stay():
    """G9: 1,000 t of granular silicon close 1,000 t; polysilicon stays at 71,987 t."""
    ds = cg.load_dataset(FROZEN)
    base = state_of(ds, load=1)
    more = state_of(ds, [{"do": "build", "product": "granular_silicon", "size": 1000}], load=1)
    assert figure(base, "gap", "polysilicon") == pytest.approx(71_987, abs=1)
    assert figure(more, "gap", "polysilicon") == figure(base, "gap", "polysilicon")
    closed = figure(base, "gap", "granular_silicon") - figure(more, "gap", "granular_silicon")
    assert closed == pytest.approx(1000.0)
    plain = more.study.dataset  # the same tables without their base: split anew, demand moves over
    anew = cg.dataset_from_frames(plain.tables, focus=plain.focus, as_of=plain.as_of)
    assert figure(state_of(anew, load=1), "gap", "polysilicon") < 71_900


def test_nothing_supposed_is_the_base_itself(qujing):
    assert cg.apply_scenario(qujing, []) is qujing
    assert cg.apply_scenario(qujing, [{"do": "outage", "province": "江西省"}]) is qujing


def test_built_and_closed_is_the_base(qujing):
    base = state_of(qujing)
    there = [{"do": "build", "product": "lfp", "size": 1234.5, "id": "x1"}]
    back = state_of(qujing, [*there, {"do": "close", "site": "x1"}])
    assert differing(base, back) == []
    assert back.decisions.text("kind").tolist() == base.decisions.text("kind").tolist()


@pytest.mark.parametrize("product", ["copper_foil", "lithium_carbonate", "granular_silicon", "lfp"])
def test_the_twin_gives_the_same_to_the_last_bit(qujing, product):
    quick = state_of(qujing).with_capacity([{"product_id": product, "capacity": 4321.7}])
    whole = state_of(qujing, [{"do": "build", "product": product, "size": 4321.7}])
    assert differing(quick, whole) == []
    assert quick.share.tolist() == whole.share.tolist()
    assert quick.makers.tolist() == whole.makers.tolist()
    assert quick.decisions.text("kind").tolist() == whole.decisions.text("kind").tolist()


def test_the_diff_of_a_scenario_tells_the_same_changes(toy):
    enough = FOIL | {"size": 1200}
    more = cg.apply_scenario(toy, enough)
    diff = cg.diff_datasets(toy, more).gaps.frame.set_index("product_id")["gap_change"]
    found = cg.compare_scenarios(toy, enough).products.frame.set_index("product_id")["gap_change"]
    unmet = [name for name in found.index if name in diff.index]
    assert diff[unmet].tolist() == found[unmet].tolist()
    assert diff["foil"] == found["foil"] == "closed"


# --- laws


@st.composite
def economies(draw):
    """Draw a chain with a choice between two inputs, sites that make several things, and plants to build."""
    products = "abcdef"
    inputs = [
        (one, other, draw(st.sampled_from([0.5, 1.0, 2.5])), {"low": 0.4, "high": 3.0})
        for i, one in enumerate(products)
        for other in products[i + 1 :]
        if draw(st.booleans()) and not (other == "f" and one in "ab")
    ]
    inputs += [(one, "f", 1.5, {"alternative_group": "g"}) for one in "ab"]
    makers = [
        (f"s{draw(st.integers(0, 3))}", product, draw(st.sampled_from([0.1, 3.3, 7, 40])))
        for product in draw(st.lists(st.sampled_from(products), min_size=1, max_size=6))
    ]
    built = draw(
        st.lists(
            st.tuples(st.sampled_from(products), st.sampled_from([0.7, 5, 61.3])),
            min_size=1,
            max_size=3,
        )
    )
    return build_dataset(
        " ".join(products), inputs, makers, load=draw(st.sampled_from([0.4, 1.0]))
    ), built


def builds(built):
    return [{"do": "build", "product": product, "size": size} for product, size in built]


@examples(4)
@given(economies())
def test_laws_of_scenarios(economy):
    ds, built = economy
    base, whole = state_of(ds), state_of(ds, builds(built))
    listed = [{"product_id": product, "capacity": size} for product, size in built]
    assert differing(base.with_capacity(listed), whole) == []
    assert differing(state_of(ds, builds(built[::-1])), whole) == []
    steps = cg.apply_scenario(ds, builds(built[:1]))
    assert (
        differing(state_of(steps, builds(built[1:])) if built[1:] else state_of(steps), whole) == []
    )
    closing = [
        *builds(built),
        *({"do": "close", "site": f"new_{p}_1"} for p in {p for p, _ in built[:1]}),
    ]
    if len({p for p, _ in built}) == len(built) == 1:
        assert differing(base, state_of(ds, closing)) == []
    for name in ("demand", "gap", "supply"):
        amount = getattr(whole, name)
        known = ~np.isnan(amount.point)
        assert (amount.low <= amount.high).all()
        assert (amount.point[known] >= amount.low[known] - 1e-9).all()
        assert (amount.point[known] <= amount.high[known] + 1e-9).all()


@examples(3)
@given(economies(), st.sampled_from([0.25, 1.0]))
def test_causes_add_up(economy, part):
    ds, built = economy
    site = ds.enterprises["enterprise_id"].iloc[0]
    changes = [*builds(built), {"do": "close", "site": site, "part": part}]
    changes += [{"do": "recipe", "output": "f", "input": "a", "coefficient": 2.0}]
    found = cg.compare_scenarios(ds, {"x": changes})
    frame = found.products.frame.set_index("product_id")
    effects = found.causes.frame.groupby("product_id")["effect"].sum()
    moved = frame["demand_change"] - frame["capacity_change"]
    for product in frame.index:
        assert effects.get(product, 0.0) == pytest.approx(moved[product], rel=1e-9, abs=1e-6), (
            product
        )


@examples(5)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 9)), min_size=2, max_size=5))
def test_closing_without_choices_is_the_whole_read_anew(makers):
    """Own use within a site goes with the site."""
    inputs = [("a", "b", 2.0), ("b", "c", 0.5), ("a", "c", 1.0)]
    rows_of = [(f"s{number % 2}", product, size) for number, (product, size) in enumerate(makers)]
    whole = build_dataset("a b c", inputs, rows_of)
    left = build_dataset(
        "a b c", inputs, [row for row in rows_of if row[0] != "s0"], sites={"s0": {}}
    )
    closed = state_of(whole, [{"do": "close", "site": "s0"}])
    for name in ("capacity", "demand", "own_use", "merchant", "gap"):
        assert getattr(closed, name).point == pytest.approx(getattr(state_of(left), name).point)


# --- one kind of change after the other


def test_every_kind_is_made_or_left_to_stress():
    from chaingraph.planning.changes import _Draft

    for kind in set(CHANGES) - set(OUTSIDE):
        assert callable(getattr(_Draft, f"_{kind}"))


def test_part_of_a_site_is_closed(toy):
    half = state_of(toy, [{"do": "close", "site": "cell_jia", "product": "cell", "part": 0.25}])
    assert figure(half, "capacity", "cell") == 1.5
    assert figure(half, "demand", "foil") == figure(state_of(toy), "demand", "foil") * 0.75


def test_a_closed_maker_is_not_said_to_make_it(toy):
    closed = state_of(toy, [{"do": "close", "site": "cell_jia"}])
    place = closed.study.product_graph.find("cell")
    assert state_of(toy).present[place]
    assert not closed.present[place]
    assert figure(closed, "demand", "foil") == 0.0


def test_resize_scales_all_phases_to_the_total():
    ds = build_dataset("a b", [("a", "b", 1.0)], [("s", "b", 30), ("s", "b", 10)])
    resized = cg.apply_scenario(ds, {"do": "resize", "site": "s", "product": "b", "size": 80})
    assert sorted(resized.capacities["capacity"]) == [20.0, 60.0]
    assert figure(state_of(resized), "demand", "a") == 80.0


def test_convert_is_close_and_build_at_one_site(toy):
    change = {
        "do": "convert",
        "site": "powder_jia",
        "product": "powder_a",
        "to": "foil",
        "part": 0.4,
        "yield": 0.5,
    }
    state = state_of(toy, [change])
    assert figure(state, "capacity", "powder_a") == 900.0
    assert figure(state, "capacity", "foil") == 300.0


def test_use_price_demand_share_recipe_allow(toy):
    assert state_of(toy, [{"do": "use", "product": "cell", "utilisation": 0.5}]).output.point[
        toy_place(toy, "cell")
    ] == pytest.approx(1.0)
    priced = state_of(toy, [{"do": "price", "product": "foil", "cny": 4500}])
    assert figure(priced, "gap_value", "foil") == figure(priced, "gap", "foil") * 4500
    wanted = [{"do": "demand", "product": "foil", "size": 2, "unit": "kt"}] * 2
    assert (
        figure(state_of(toy, wanted), "demand", "foil")
        == figure(state_of(toy), "demand", "foil") + 4000
    )
    shared = [{"do": "share", "output": "cell", "shares": {"powder_b": 1.0}}]
    assert figure(state_of(toy, shared, load=1), "demand", "powder_b") == 2400.0
    assert figure(state_of(toy, shared, load=1), "demand", "powder_a") == 0.0
    recipe = [{"do": "recipe", "output": "cell", "input": "foil", "coefficient": 600}]
    assert figure(state_of(toy, recipe, load=1), "demand", "foil") == 1200.0
    allowed = cg.apply_scenario(toy, {"do": "allow", "product": "power", "quota": 5})
    assert allowed.products.set_index("product_id")["restricted"].isna()["power"]


def toy_place(toy, product):
    return cg.open_study(toy).product_graph.find(product)


def test_a_load_asked_by_name_stands_above_the_scenario(toy):
    idle = cg.apply_scenario(toy, {"do": "use", "product": "cell", "utilisation": 0.5})
    place = toy_place(toy, "cell")
    for load, output in (("actual", 1.0), ("full", 1.0), (0.8, 1.0), ({"cell": 0.9}, 1.8)):
        assert cg.open_study(idle, load=load).state().output.point[place] == pytest.approx(output)


def test_dates_say_what_is_counted(toy):
    changes = [{"do": "build", "product": "foil", "size": 300, "from": "2026-06", "id": "one"},
               {"do": "build", "product": "foil", "size": 500, "from": 2028}]  # fmt: skip

    def foil(*more, by):
        ds = cg.apply_scenario(toy, [*changes, *more], by=by)
        return figure(state_of(ds), "capacity", "foil")

    assert [foil(by=by) for by in ("2025", "2026-05", "2026-06", "2027", "2028", None)] == [
        0,
        0,
        300,
        300,
        800,
        800,
    ]
    late = {"do": "delay", "site": "one", "months": 7}
    assert [foil(late, by=by) for by in ("2026", "2027-01")] == [0, 300]
    standing = cg.apply_scenario(toy, changes).capacities.tail(2)
    assert standing["since"].tolist() == [toy.as_of] * 2  # as if they stood there
    assert "from 2026-06" in standing["note"].iloc[0]
    years = cg.compare_scenarios(toy, changes).years.frame
    assert sorted(set(years["by_year"])) == ["2026", "2028"]


def test_a_delayed_start_is_not_there_yet(toy):
    late = state_of(toy, [{"do": "delay", "site": "cell_jia", "months": 48}])
    assert figure(late, "capacity", "cell") == 0.0
    soon = state_of(toy, [{"do": "delay", "site": "cell_jia", "months": 12}])
    assert figure(soon, "capacity", "cell") == 2.0


@pytest.mark.parametrize(
    ("date", "months", "later"),
    [
        ("2024-12", 1, "2025-01"),
        ("2024-01-31", 1, "2024-02-29"),
        ("2023", 24, "2025"),
        ("2023", 1, "2024-01"),
    ],
)
def test_dates_move(date, months, later):
    assert _later(date, months) == later


def test_a_scenario_is_read_at_another_date(toy):
    more = cg.apply_scenario(toy, [FOIL])
    early = more.at("2021-12")
    assert early.as_of == "2021-12"
    assert early.supposed.base.as_of == "2021-12"
    assert figure(state_of(early), "capacity", "foil") == 1000.0
    assert more.sha256 != toy.sha256
    assert pickle.loads(pickle.dumps(more)).at("2022").supposed.name == more.supposed.name  # noqa: S301


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_other_engines_give_the_same(toy, engine):
    duckdb, polars = pytest.importorskip("duckdb"), pytest.importorskip("polars")
    base = duckdb.connect()

    def held(frame):
        plain = polars.from_pandas(frame)
        return plain.lazy() if engine == "polars" else base.from_arrow(plain.to_arrow())

    tables = dict(toy.tables)
    tables |= {name: held(tables[name]) for name in ("enterprises", "capacities")}
    other = cg.dataset_from_frames(tables, focus=toy.focus, as_of=toy.as_of)
    changes = [FOIL, {"do": "close", "site": "cell_jia", "product": "cell", "part": 0.5}]
    for name in ("capacity", "demand", "gap"):
        ours, theirs = (getattr(state_of(ds, changes), name).point for ds in (toy, other))
        assert ours == pytest.approx(theirs, nan_ok=True)


def test_any_region_of_any_dataset():
    ds = cg.load_dataset("battery")
    for region in ("宁德市", "四川省"):
        found = cg.compare_scenarios(
            ds, [{"do": "build", "product": "copper_foil", "size": 5000}], region=region
        )
        row = found.products.frame.set_index("product_id").loc["copper_foil"]
        assert row["capacity_change"] == pytest.approx(5000.0)
    both = cg.apply_scenario(ds, [{"do": "build", "product": "lfp", "size": 7, "region": "宁德市"}])
    study, base = cg.open_study(both), cg.open_study(ds)
    for old, new in zip(
        base.states(["宁德市", "常州市"]), study.states(["宁德市", "常州市"]), strict=True
    ):
        assert bool(differing(old, new)) == (old.region.name == "宁德市")


# --- files, words, refusals


def written(folder, text, name="s.toml"):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_files_stand_on_files_and_come_back(tmp_path):
    written(
        tmp_path,
        'schema = 1\nname = "one"\n[[change]]\ndo = "use"\nproduct = "foil"\nutilisation = 0.5\n',
        "a.toml",
    )
    path = written(
        tmp_path,
        'schema = 1\nbase = ["a.toml"]\n[plan]\nfree = 1\n[[change]]\ndo = "price"\nproduct = "箔材"\ncny = 1.5\n',
    )
    found = cg.read_scenario(path)
    assert (found.name, [c.do for c in found.changes]) == ("s", ["use", "price"])
    again = written(tmp_path, scenario_text(found), "again.toml")
    assert [c.values for c in cg.read_scenario(again).changes] == [c.values for c in found.changes]


HEAD = "schema = 1\n[[change]]\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('schema = 1\nnaem = "x"\n', r"s.toml:2: 'naem' is no key of a scenario; did you mean: name"),
        (HEAD + 'do = "build"\nprodct = "foil"\nsize = 1\n', r"s.toml:4: 'prodct' is no key of 'build'; did you mean: product"),
        (HEAD + 'do = "bild"\n', r"s.toml:3: do = 'bild' is unknown; use: build"),
        (HEAD + 'do = "build"\nproduct = "foil"\n', r"s.toml:3: 'build' needs the key 'size'"),
        (HEAD + 'do = "build"\nproduct = "foil"\nsize = 0\n', r"s.toml:5: size = 0 is no figure above 0"),
        (HEAD + 'do = "build"\nproduct = "foil"\nsize = true\n', r"size = True is no figure above 0"),
        (HEAD + 'do = "build"\nproduct = "foil"\nsize = 1\nfrom = "2026-13"\n', r"s.toml:6: from = 2026-13 is no date"),
        (HEAD + 'do = "use"\nproduct = "foil"\nutilisation = 1.51\n', r"is not between 0 and 1.5"),
        (HEAD + 'do = "close"\nsite = "cell_jia"\npart = 1.01\n', r"is not above 0 and up to 1"),
        (HEAD + 'do = "delay"\nsite = "cell_jia"\nmonths = 1.5\n', r"no whole number of months"),
        (HEAD + 'do = "share"\noutput = "cell"\nshares = {powder_a = 0.5, powder_b = 0.4}\n', r"sum to 1"),
        (HEAD + 'do = "outage"\npart = 1\n', r"needs a site, a product or a province"),
        ("schema = 2\n", r"schema 2 is not known here"),
        ("change = 3\n", r"write \[\[change\]\]"),
        ("base = [1]\n", r"'base' is neither"),
        ("name = 3\n", r"'name' is not a text"),
        (HEAD + 'do = "build"; product = "foil"\n', r"without semicolons"),
        ('base = "s.toml"\n', r"stands on itself"),
        ('base = "none.toml"\n', r"none.toml"),
    ],
)  # fmt: skip
def test_files_that_cannot_be_read(tmp_path, text, said):
    with pytest.raises(cg.ChaingraphError, match=said):
        cg.read_scenario(written(tmp_path, text))


def test_bounds_of_a_scenario(tmp_path):
    one = {"do": "use", "product": "foil", "utilisation": 0.5}
    assert len(cg.read_scenario([one] * MOST_CHANGES).changes) == MOST_CHANGES
    with pytest.raises(cg.OptionError, match="more than the 2000 of one scenario"):
        cg.read_scenario([one] * (MOST_CHANGES + 1))
    for number in range(MOST_DEEP + 1):
        base = f'base = "{number - 1}.toml"\n' if number else ""
        written(tmp_path, f"schema = 1\n{base}", f"{number}.toml")
    cg.read_scenario(tmp_path / f"{MOST_DEEP - 1}.toml")
    with pytest.raises(cg.OptionError, match="more than 8 files"):
        cg.read_scenario(tmp_path / f"{MOST_DEEP}.toml")
    (tmp_path / "b.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(cg.OptionError, match="not UTF-8"):
        cg.read_scenario(tmp_path / "b.toml")
    (tmp_path / "c.toml").write_bytes(b"#" * 1_000_001)
    with pytest.raises(cg.ChaingraphError, match="larger than 1,000,000 bytes"):
        cg.read_scenario(tmp_path / "c.toml")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"do": "build", "product": "fiol", "size": 1}, r"#1: no product 'fiol'; did you mean: foil"),
        ({"do": "build", "product": "foil", "size": 1, "unit": "GWh"}, "'GWh' does not convert to 't'"),
        ({"do": "build", "product": "foil", "size": 1, "region": "丁市"}, "no region '丁市'"),
        ({"do": "build", "product": "foil", "size": 1, "region": "甲市 + 乙市"}, "is several places"),
        ({"do": "build", "product": "foil", "size": 1, "id": "cell_jia"}, "already a site 'cell_jia'"),
        ({"do": "close", "site": "cell_jai"}, "did you mean: cell_jia"),
        ({"do": "close", "site": "cell_jia", "product": "foil"}, "it makes: cell"),
        ({"do": "close", "site": "can_jia", "part": 0.5}, "capacity of 'can' at can_jia is not known"),
        ({"do": "delay", "site": "can_jia", "months": 1}, "no row of can_jia has a start"),
        ({"do": "convert", "site": "cell_jia", "product": "cell", "to": "foil"}, "give 'yield'"),
        ({"do": "share", "output": "cell", "shares": {"foil": 1.0}}, "its alternatives: powder_a, powder_b"),
        ({"do": "recipe", "output": "cell", "input": "ore", "coefficient": 1}, "does not go into cell"),
    ],
)  # fmt: skip
def test_changes_that_cannot_be_made(toy, change, said):
    with pytest.raises(cg.OptionError, match=said):
        cg.apply_scenario(toy, [change])


def test_quota_and_unknown_place():
    ds = build_dataset("a b", [("a", "b", 1.0)], [("s", "b", 30)], focus="")
    with pytest.raises(cg.OptionError, match="does not say where"):
        cg.apply_scenario(ds, [{"do": "build", "product": "a", "size": 1}])
    quota = {"do": "allow", "product": "a", "quota": 5}
    for size, fits in ((5, True), (5.1, False)):
        changes = [quota, {"do": "build", "product": "a", "size": size, "region": "here"}]
        if fits:
            cg.apply_scenario(ds, changes)
        else:
            with pytest.raises(cg.OptionError, match="more than the quota of 5"):
                cg.apply_scenario(ds, changes)


def test_words_of_the_command_line():
    assert read_word("add", "copper_foil=20,000@2026-06").values == {
        "product": "copper_foil", "size": 20000.0, "from": "2026-06",
    }  # fmt: skip
    assert read_word("demand", "cell_lfp=40GWh@2027").values["unit"] == "GWh"
    assert read_word("close", "s:lfp@2026").values == {
        "site": "s",
        "product": "lfp",
        "from": "2026",
    }
    for option, text in (
        ("use", "wafer=0.6@2026"),
        ("add", "foil"),
        ("price", "foil=x"),
        ("use", "=1"),
    ):
        with pytest.raises(cg.OptionError, match="for example"):
            read_word(option, text)


def test_at_most_three_and_each_its_name(toy):
    four = {str(number): [FOIL] for number in range(4)}
    with pytest.raises(cg.OptionError, match="4 scenarios are more than the 3"):
        cg.compare_scenarios(toy, four)
    found = cg.compare_scenarios(toy, dict(list(four.items())[:3]))
    assert [c for c in found.gaps.frame.columns if c in "012"] == ["0", "1", "2"]
    one = cg.read_scenario([FOIL], name="x")
    with pytest.raises(cg.OptionError, match="two scenarios are called 'x'"):
        cg.compare_scenarios(toy, [one, one])
    with pytest.raises(cg.OptionError, match="a scenario already"):
        cg.compare_scenarios(cg.apply_scenario(toy, one), [one])


def test_new_gaps_come_first(qujing):
    found = cg.compare_scenarios(qujing, cg.read_scenario(EXAMPLES / "lithium_and_foil.toml"))
    changes = found.products.frame["gap_change"].tolist()
    assert changes[: len(found.new_gaps)] == ["opened"] * len(found.new_gaps)
    assert "copper_cathode" in set(found.new_gaps["product_id"])
    assert len(found.years) > 0
    measures = set(found.totals.frame["scenario_measure"])
    assert {"gaps_unmet", "gap_value_cny", "output_value_cny", "local_content_low"} <= measures


# --- the command


@pytest.fixture
def made_once(monkeypatch):
    """Let commands of one test that suppose the same of the same dataset share what was worked out."""

    def shared(module, name):
        function, known = getattr(module, name), {}

        def memory(ds, scenarios, **asked):
            key = id(ds), repr(scenarios), repr(sorted(asked.items()))
            if key not in known:
                known[key] = function(ds, scenarios, **asked)
            return known[key]

        monkeypatch.setattr(module, name, memory)

    shared(changes_module, "apply_scenario")
    return lambda: shared(compare_module, "compare_scenarios")


def test_whatif_on_the_terminal_and_in_files(tmp_path, made_once):
    said = run("whatif", "toy", "--add", "foil=1000", "--close", "metal_jia", "--lang", "en").stdout
    assert "what-if opens gaps: Metal" in said
    assert said.index("opened") < said.index("closed", said.index("What changes"))
    found = {row["product_id"]: row for row in rows("whatif", "toy", "--add", "foil=400")}
    assert float(found["foil"]["shortage_after"]) == 600.0
    page = tmp_path / "w.html"
    run("whatif", "toy", "--add", "foil=400", "-o", page)
    worked_out_first = page.read_bytes()
    made_once()  # from here on the figures are those of one run: what differs is how they are written
    for suffix in ("html", "xlsx", "docx", "md", "json", "csv"):
        path = tmp_path / f"w.{suffix}"
        run("whatif", "toy", "--add", "foil=400", "-o", path)
        first = path.read_bytes()
        assert len(first) > 1000
        if suffix == "html":
            assert first == worked_out_first
        if suffix == "xlsx":
            run("whatif", "toy", "--add", "foil=400", "-o", path)
            assert path.read_bytes() == first
    saved = tmp_path / "s.toml"
    run("whatif", "toy", "--add", "foil=0.4kt@2026", "--save", saved)
    assert [c.values for c in cg.read_scenario(saved).changes] == [
        {"product": "foil", "size": 0.4, "unit": "kt", "from": "2026"}
    ]
    zh = run("whatif", "toy", saved, "--use", "cell=0.5", "--lang", "zh").stdout
    assert "前后对比" in zh


@pytest.mark.usefixtures("made_once")
def test_every_analysis_takes_a_scenario(tmp_path):
    path = written(
        tmp_path,
        'schema = 1\nname = "more"\n' + HEAD[11:] + 'do = "build"\nproduct = "foil"\nsize = 400\n',
    )
    found = {
        row["product_id"]: row for row in rows("gaps", "toy", "--scenario", path, "--draws", 0)
    }
    assert float(found["foil"]["gap"]) == 600.0
    for command in (
        ["balance", "toy"], ["content", "toy"], ["explain", "toy", "foil"], ["trace", "toy", "foil"],
        ["requirements", "toy", "--goal", "cell=1"], ["targets", "toy"], ["anchors", "toy"],
        ["survey", "toy"], ["view", "toy", "-o", tmp_path / "v.html"],
        ["report", "toy", "-o", tmp_path / "r.md"], ["show", "toy"],
    ):  # fmt: skip
        run(*command, "--scenario", path)
    assert "400" in run("balance", "toy", "--scenario", path).stdout
    for page in ("v.html", "r.md"):  # nobody may take a question for the state of things
        text = (tmp_path / page).read_text(encoding="utf-8")
        assert "情景“more”" in text or "scenario more" in text


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--add", "fiol=3"], "--add fiol=3: no product 'fiol'"),
        (["--add", "foil=-3"], "--add foil=-3: size = -3.0 is no figure above 0"),
        ([], "there is nothing to suppose"),
        (["none.toml"], "no file or folder none.toml"),
        (["--add", "foil=1", "-o", "x.abc"], "x.abc"),
        (["--add", "foil=1", "--by", "soon"], "soon"),
    ],
)
def test_whatif_refuses(words, said):
    status = 1 if words == ["none.toml"] else 2
    assert said in failure("whatif", "toy", *words, status=status)


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.toml")), ids=lambda path: path.stem)
def test_examples_are_made(qujing, path):
    assert cg.apply_scenario(qujing, path).supposed is not None
