"""One dataset through every door (folder, workbook, Parquet, frames): equal figures, equal refusals."""

from __future__ import annotations

import decimal
import io
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np
import openpyxl
import pandas as pd
import pytest

import chaingraph as cg
from chaingraph.engines import collect, read_frame
from chaingraph.schema import table_spec
from tests.helpers_cli import folder, run

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

pl = pytest.importorskip("polars")
pytest.importorskip("pyarrow")
pytest.importorskip("duckdb")

DOORS = (
    "folder", "excel", "zip", "mixed", "frames", "polars", "duckdb", "parquet-pandas", "parquet-polars",
    "parquet-duckdb",
)  # fmt: skip
TABLES = {
    "products": "product_id,name_zh,unit,price_cny,price_unit\ncell,电芯,GWh,0.35,元/Wh\nlfp,铁锂,t,34,CNY/kg\n"
    "power,电,MWh,,\n",
    "inputs": "input_id,output_id,coefficient,low,high,unit\nlfp,cell,2.2,2.1,2.4,kg/kWh\n",
    "enterprises": "enterprise_id,name_zh,city,anchor\ns,甲厂,甲市,1.0\nt,乙厂,甲市,\n",
    "capacities": "enterprise_id,product_id,capacity,unit,status,since\ns,cell,1000,MWh,,2021\n"
    "t,lfp,1.5,万吨,construction,2023-05\nt,lfp,700,,trial,\n",
    "outputs": "region,product_id,year,measure,value,unit,note\n甲市,lfp,2023,output,5,kt,\n"
    "甲市,power,2023-12,capacity,2400,MW,hours=3500\n甲市,power,2023,output,20.7,TWh,\n",
    "product_facts": "product_id,measure,value,low,high,unit,date\nlfp,price,34,30,40,CNY/kg,2024-12\n"
    "lfp,load,45,,,%,2023\ncell,plant_size,10000,,,MWh,2023\ncell,mass,6,,,kg/kWh,2023\n",
    "surveys": "region,products,method,as_of,result\n甲市,chain:x;lfp,visit,2024-05,some\n",
    "projects": "project_id,date,product_id,capacity,unit,event\np,2022-10,lfp,10,万吨,full_output\n"
    "q,2022,cathode,3,GWh,talks\n",
}  # fmt: skip
TABLES["products"] = TABLES["products"].replace("product_id,", "chains,product_id,").replace(
    "\n", "\nx,"
).removesuffix("x,")  # fmt: skip


def as_frames(tables: Mapping[str, str]) -> dict[str, pd.DataFrame]:
    """Return the tables as an analyst has them: figures as floats, years as numbers."""
    return {name: pd.read_csv(io.StringIO(text)) for name, text in tables.items()}


def write_book(place: Path, tables: Mapping[str, str]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, frame in as_frames(tables).items():
        sheet = book.create_sheet(name)
        sheet.append(list(frame.columns))
        for row in frame.astype(object).where(frame.notna(), None).itertuples(index=False):
            sheet.append(list(row))
    book.save(place / "city.xlsx")
    return place / "city.xlsx"


def write_zip(place: Path, tables: Mapping[str, str]) -> Path:
    with zipfile.ZipFile(place / "city.zip", "w") as archive:
        for name, text in tables.items():
            archive.writestr(f"{name}.csv", text)
    return place / "city.zip"


def write_parquet(place: Path, frames: Mapping[str, pd.DataFrame]) -> Path:
    """Write some tables as Parquet into the folder that others may stand in."""
    (place / "city").mkdir(exist_ok=True)
    for name, frame in frames.items():
        frame.to_parquet(place / "city" / f"{name}.parquet")
    return place / "city"


MIXED = ("products", "capacities", "outputs")
"""Tables that stand as Parquet beside the others as CSV."""


def enter(door: str, tables: Mapping[str, str], place: Path) -> cg.Dataset:
    """Return the dataset that comes in through a door."""
    if door == "folder":
        return cg.load_dataset(folder(place, **tables))
    if door in {"excel", "zip"}:
        return cg.load_dataset((write_book if door == "excel" else write_zip)(place, tables))
    frames: dict[str, Any] = as_frames(tables)
    if door == "frames":
        return cg.dataset_from_frames(frames, name="city")
    typed = {
        name: frame.astype({
            f.name: "str" for f in table_spec(name).fields if f.type == "string" and f.name in frame
        })
        for name, frame in frames.items()
    }  # fmt: skip
    if door.startswith("parquet"):
        return cg.load_dataset(write_parquet(place, typed), engine=door.removeprefix("parquet-"))
    if door == "mixed":
        texts = {name: text for name, text in tables.items() if name not in MIXED}
        folder(place, **texts)
        return cg.load_dataset(write_parquet(place, {name: typed[name] for name in MIXED}))
    for name in ("enterprises", "capacities"):
        lazy = pl.from_pandas(typed[name]).lazy()
        if door == "duckdb":
            import duckdb

            typed[name] = duckdb.from_arrow(lazy.collect().to_arrow())
        else:
            typed[name] = lazy
    return cg.dataset_from_frames(typed, name="city")


def read(ds: cg.Dataset, table: str) -> pd.DataFrame:
    return collect(read_frame(ds.table(table)))


@pytest.mark.parametrize("door", DOORS)
def test_figures_stand_in_the_units_of_their_products(door, tmp_path):
    ds = enter(door, TABLES, tmp_path)
    assert ds.products["price_cny"].tolist()[:2] == pytest.approx([350_000_000, 34_000])
    assert ds.inputs[["coefficient", "low", "high"]].iloc[0].tolist() == pytest.approx(
        [2200, 2100, 2400]
    )
    makers = read(ds, "capacities").sort_values(["product_id", "capacity"])
    assert makers["capacity"].tolist() == pytest.approx([1, 700, 15_000])
    assert makers["unit"].tolist() == ["GWh", "t", "t"]
    assert makers["status"].tolist() == ["operating", "trial", "construction"]
    assert makers["since"].fillna("").tolist() == ["2021", "", "2023-05"]
    assert read(ds, "enterprises")["anchor"].tolist() == [True, False]
    assert ds.table("outputs")["value"].tolist() == pytest.approx([5000, 8.4e6, 20.7e6])
    assert ds.table("outputs")["unit"].tolist() == ["t", "MWh", "MWh"]
    facts = ds.table("product_facts")
    assert facts["value"].tolist() == pytest.approx([34_000, 0.45, 10, 6000])
    assert facts[["low", "high"]].iloc[0].tolist() == pytest.approx([30_000, 40_000])
    assert facts["unit"].fillna("").tolist() == ["CNY/t", "", "GWh", "t/GWh"]
    assert ds.table("projects")["capacity"].tolist() == pytest.approx([100_000, 3])
    assert ds.table("projects")["unit"].tolist() == ["t", "GWh"]
    assert ds.table("surveys")["as_of"].tolist() == ["2024-05"]


WRONG = {
    "not-in-list": ("capacities", ",construction,", ",oprating,", "status"),
    "unit-mismatch": ("capacities", "1000,MWh", "1000,kg", "unit"),
    "below-minimum": ("capacities", "1000,MWh", "-1000,MWh", "capacity"),
    "bad-date": ("capacities", "2023-05", "2023/5", "since"),
    "dangling-id": ("capacities", "t,lfp,700", "t,lfq,700", "product_id"),
    "range-order": ("inputs", "2.2,2.1,2.4", "2.2,2.3,2.4", "coefficient"),
    "price-unit": ("products", "CNY/kg", "USD/kg", "price_unit"),
    "coefficient-unit": ("inputs", "kg/kWh", "kg", "unit"),
    "total-hours": ("outputs", "hours=3500", "3500 h", "unit"),
    "fact-range": ("product_facts", "45,,,%", "45,,,", "value"),
    "survey-products": ("surveys", "chain:x", "chain:z", "products"),
}  # fmt: skip


@pytest.mark.parametrize("rule", WRONG)
@pytest.mark.parametrize("door", DOORS)
def test_what_is_wrong_is_refused_at_every_door(door, rule, tmp_path):
    table, right, wrong, column = WRONG[rule]
    tables = TABLES | {table: TABLES[table].replace(right, wrong)}
    assert tables != TABLES
    with pytest.raises(cg.DataError) as caught:
        enter(door, tables, tmp_path)
    assert (rule, column) in {(f.rule, f.column) for f in caught.value.findings}


@pytest.mark.parametrize("door", DOORS)
def test_shares_of_a_group_are_all_there_or_none(door, tmp_path):
    inputs = "input_id,output_id,alternative_group,share\nlfp,cell,g,0.3\npower,cell,g,\n"
    with pytest.raises(cg.DataError, match="share"):
        enter(door, TABLES | {"inputs": inputs}, tmp_path)


def test_a_large_pandas_table_is_asked_as_a_whole(tmp_path, monkeypatch):
    """The same figures and refusals as row by row."""
    small = enter("frames", TABLES, tmp_path)
    monkeypatch.setattr("chaingraph.frames._MANY", 1)
    ds = enter("frames", TABLES, tmp_path)
    for name in ("enterprises", "capacities"):
        columns = [f.name for f in table_spec(name).fields]
        pd.testing.assert_frame_equal(
            ds.table(name)[columns], small.table(name)[columns], check_dtype=False
        )
    wrong = TABLES["capacities"].replace(",construction,", ",oprating,")
    with pytest.raises(cg.DataError, match="oprating"):
        enter("frames", TABLES | {"capacities": wrong}, tmp_path)


def test_small_tables_may_name_sites_of_a_lazy_one(tmp_path):
    projects = TABLES["projects"].replace("event", "event,enterprise_id").replace(
        "full_output", "full_output,{}"
    ).replace("talks", "talks,")  # fmt: skip
    assert enter("polars", TABLES | {"projects": projects.format("s")}, tmp_path)
    with pytest.raises(cg.DataError, match="gone in enterprise_id"):
        enter("polars", TABLES | {"projects": projects.format("gone")}, tmp_path)


@pytest.mark.parametrize("names", [[None, None], [None, "乙厂"]])
@pytest.mark.parametrize("engine", ["pandas", "polars", "duckdb"])
def test_frames_of_any_engine_may_leave_names_open(engine, names):
    import duckdb

    sites = pd.DataFrame({"enterprise_id": ["x", "y"], "name_zh": names, "city": ["甲市", "甲市"]})
    rows = pd.DataFrame({"enterprise_id": ["x"], "product_id": ["a"], "capacity": [1.0]})
    connection = duckdb.connect()
    made = {"pandas": lambda f: f, "polars": pl.from_pandas, "duckdb": connection.from_df}[engine]
    products = pd.DataFrame({"product_id": ["a"]})
    frames = {"products": products, "enterprises": made(sites), "capacities": made(rows)}
    ds = cg.dataset_from_frames(frames, focus="甲市")
    assert cg.open_study(ds).state().capacity.point.tolist() == [1.0]
    with pytest.raises(cg.DataError, match="product_id"):
        cg.dataset_from_frames(frames | {"capacities": made(rows.assign(product_id=None))})


GOOD_AND_BAD = {
    "products": "product_id,name_zh,unit,chains\na,甲,t,x\nb,乙,GWh,x\nc,丙,zz,x\n",
    "inputs": "input_id,output_id,coefficient,unit,role\na,b,2,kg/kWh,Consumed\nc,a,1,,\n",
    "enterprises": "enterprise_id,name_zh,city,lat,lon,anchor\ns,甲厂,甲市,91,100,yes\nt,乙厂,甲市,30,100,0.0\n",
    "capacities": "enterprise_id,product_id,capacity,unit,status,scope,since,until\n"
    "s,b,1000,MWh,Operating,site,2021,2022\nt,a,5,MWh,trial,集团,2022,2021\nt,a,-3,t,,,2021-13,\n"
    "u,q,1e400,t,在产,,x,\ns,b,many,GWh,,,,\n",
    "outputs": "region,product_id,year,measure,value,unit\n甲市,a,2023,output,5,GWh\n",
}  # fmt: skip
"""Rows that break one rule or more, and some that break none."""


def told(findings) -> set[tuple[str, str, str, str]]:
    return {
        (found.rule, found.table, found.column, found.value.removesuffix(".0"))
        for found in findings
        if found.severity == "error"
    }


def test_the_same_rows_are_refused_for_the_same_reasons_at_every_door(tmp_path):
    """The findings of a folder of CSV files are the measure."""
    tables = dict(GOOD_AND_BAD)
    expected = None
    for door in DOORS:
        (tmp_path / door).mkdir()
        with pytest.raises(cg.DataError) as caught:
            enter(door, tables, tmp_path / door)
        found = told(caught.value.findings)
        expected = expected or found
        assert found == expected, door
    assert {rule for rule, *_ in expected} == {
        "above-maximum", "bad-date", "below-minimum", "dangling-id", "date-order", "not-a-number",
        "not-boolean", "not-finite", "not-in-list", "unit-mismatch", "total-unit",
    }  # fmt: skip


@pytest.mark.parametrize(
    "door", [door for door in DOORS if door not in {"frames", "polars", "duckdb"}]
)
def test_bad_rows_are_left_out_at_every_door_of_files(door, tmp_path):
    tables = TABLES | {"capacities": TABLES["capacities"].replace(",construction,", ",oprating,")}
    with pytest.raises(cg.DataError):
        enter(door, tables, tmp_path)
    found = [path for path in tmp_path.iterdir() if path.name.startswith("city")]
    engine = door.removeprefix("parquet-") if door.startswith("parquet") else "pandas"
    ds = cg.load_dataset(found[0], engine=engine, skip_bad_rows=True)
    assert sorted(read(ds, "capacities")["capacity"].tolist()) == [1, 700]
    assert ds.skipped_rows == 1


ABOVE = {
    "enterprises": "enterprise_id,name_zh,city\ncell_jia,甲电芯新厂,乙市\nnew,新厂,乙市\n",
    "capacities": "enterprise_id,product_id,capacity,unit\ncell_jia,cell,2000,MWh\nnew,foil,3,kt\n",
}
"""A site of toy with another place and figure, and a new one; the products are those of toy."""


@pytest.mark.parametrize("engine", ["csv", "frames", "polars-frames", "pandas", "polars", "duckdb"])
@pytest.mark.parametrize("large", [False, True])
def test_every_door_extends_a_dataset(engine, large, tmp_path, monkeypatch):
    if large:
        monkeypatch.setattr("chaingraph.frames._MANY", 1)
        monkeypatch.setattr("chaingraph.frames._MANY_IN_ENGINE", 1)
    frames: dict[str, Any] = as_frames(ABOVE)
    place = folder(tmp_path, **ABOVE) if engine == "csv" else write_parquet(tmp_path, frames)
    card = '{"name": "city", "extends": ["toy"]}'
    (place / "datapackage.json").write_text(card, encoding="utf-8")
    if engine.endswith("frames"):
        if engine == "polars-frames":
            frames = {name: pl.from_pandas(frame).lazy() for name, frame in frames.items()}
        ds = cg.dataset_from_frames(frames, name="city", extends="toy")
    else:
        ds = cg.load_dataset(place, engine="pandas" if engine == "csv" else engine)
    toy = cg.load_dataset("toy")
    sites = read(ds, "enterprises").set_index("enterprise_id")
    assert sites.loc["cell_jia", "city"] == "乙市"
    assert len(sites) == len(toy.enterprises) + 1
    makers = read(ds, "capacities")
    own = makers[makers["enterprise_id"] == "cell_jia"]
    assert own[["product_id", "capacity", "unit"]].to_numpy().tolist() == [["cell", 2.0, "GWh"]]
    assert makers.loc[makers["enterprise_id"] == "new", "capacity"].tolist() == [3000.0]
    gone = toy.capacities["enterprise_id"] == "cell_jia"
    assert len(makers) == len(toy.capacities) - gone.sum() + 2
    gaps = cg.find_gaps(ds, region="乙市", draws=0)
    assert gaps.frame["product_id"].tolist() == cg.find_gaps(
        cg.load_dataset(folder(tmp_path, "same", **ABOVE, card=card)), region="乙市", draws=0
    ).frame["product_id"].tolist()  # fmt: skip


def test_a_folder_of_csv_extends_one_of_parquet(tmp_path):
    write_parquet(tmp_path, as_frames(TABLES))
    above = folder(
        tmp_path, "above", enterprises="enterprise_id,name_zh,city\nv,丙厂,乙市\n",
        card='{"name": "above", "extends": ["../city"]}',
    )  # fmt: skip
    assert cg.load_dataset(above).enterprises["enterprise_id"].tolist() == ["s", "t", "v"]


def test_what_a_parquet_folder_extends_must_exist(tmp_path):
    place = write_parquet(tmp_path, as_frames(TABLES))
    (place / "datapackage.json").write_text('{"extends": ["nosuchthing"]}', encoding="utf-8")
    with pytest.raises(cg.DataError, match="nosuchthing"):
        cg.load_dataset(place)


def test_a_table_that_stands_twice_in_a_folder(tmp_path):
    folder(tmp_path, **TABLES)
    place = write_parquet(tmp_path, {"products": as_frames(TABLES)["products"]})
    with pytest.raises(cg.DataError, match="stands twice") as caught:
        cg.load_dataset(place)
    assert [found.rule for found in caught.value.findings] == ["table-twice"]


def test_cells_that_hold_no_plain_value(tmp_path):
    products = as_frames(TABLES)["products"]
    lists = products.assign(name_zh=[["x"]] * len(products))
    place = write_parquet(tmp_path, {"products": lists})
    for door in (
        lambda: cg.load_dataset(place),
        lambda: cg.dataset_from_frames({"products": lists}),
    ):
        with pytest.raises(cg.DataError) as caught:
            door()
        assert [found.rule for found in caught.value.findings] == ["not-plain"]
    with pytest.raises(cg.DataError, match="bytes"):
        cg.dataset_from_frames({"products": products.assign(name_zh=b"x")})


@pytest.mark.parametrize("large", [False, True])
def test_check_reads_parquet_folders_and_frames(tmp_path, monkeypatch, large):
    if large:
        monkeypatch.setattr("chaingraph.frames._MANY", 1)
        monkeypatch.setattr("chaingraph.frames._MANY_IN_ENGINE", 1)
    place = write_parquet(tmp_path, as_frames(TABLES))
    raw, found = cg.check_dataset(place)
    assert [f.rule for f in found if f.severity == "error"] == []
    assert raw.rows == sum(len(frame) for frame in as_frames(TABLES).values())
    run("check", place)
    wrong = TABLES | {
        "capacities": TABLES["capacities"].replace("s,cell", "w,cell").replace("2021", "2021,2020")
        .replace("since", "since,until").replace("2023-05", "2023-05,").replace("trial,", "trial,,"),
        "enterprises": TABLES["enterprises"] + "t,乙厂,甲市,\n",
    }  # fmt: skip
    write_parquet(tmp_path, as_frames(wrong))
    expected = {"dangling-id", "date-order", "duplicate-key"}
    for source in (place, as_frames(wrong)):
        errors = {f.rule for f in cg.check_dataset(source)[1] if f.severity == "error"}
        assert errors == expected
    run("check", place, status=1)


CELLS = [
    (np.float64(2023.0), "since", "2023"),
    (2023.0, "since", "2023"),
    (np.int64(2023), "since", "2023"),
    (pd.Timestamp("2023-06-30"), "since", "2023-06-30"),
    (np.datetime64("2023-06-30"), "since", "2023-06-30"),
    ("1000", "capacity", 1000.0),
    (np.float32(1000), "capacity", 1000.0),
    (decimal.Decimal(1000), "capacity", 1000.0),
    (" operating ", "status", "operating"),
    ("", "status", "operating"),
]


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize(("value", "column", "expected"), CELLS)
def test_cells_as_other_programs_hold_them(value, column, expected, large, monkeypatch):
    """A blank beside it makes a float of every whole number."""
    if large:
        monkeypatch.setattr("chaingraph.frames._MANY", 1)
        monkeypatch.setattr("chaingraph.frames._MANY_IN_ENGINE", 1)
    frames: dict[str, Any] = {
        "products": pd.DataFrame({"product_id": ["a"], "unit": ["t"]}),
        "enterprises": pd.DataFrame({"enterprise_id": ["s", "t"]}),
        "capacities": pd.DataFrame(
            {"enterprise_id": ["s", "t"], "product_id": "a", column: [value, None]}
        ),
    }
    makers = [frames["capacities"]]
    if not isinstance(value, decimal.Decimal):
        makers.append(pl.from_pandas(frames["capacities"]).lazy())
    for held in makers:
        ds = cg.dataset_from_frames(frames | {"capacities": held})
        assert read(ds, "capacities")[column].iloc[0] == expected


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ([True, None], [True, False]), ([1.0, np.nan], [True, False]), ([0, 1], [False, True]),
        (["TRUE", ""], [True, False]), ([np.True_, np.False_], [True, False]),
        ([2.0, 1.0], None), (["yes", "no"], None),
    ],
)  # fmt: skip
def test_flags_as_other_programs_hold_them(cells, expected, large, monkeypatch):
    if large:
        monkeypatch.setattr("chaingraph.frames._MANY", 1)
        monkeypatch.setattr("chaingraph.frames._MANY_IN_ENGINE", 1)
    sites = pd.DataFrame({"enterprise_id": ["s", "t"], "anchor": cells})
    for held in (
        sites,
        pl.DataFrame({"enterprise_id": ["s", "t"], "anchor": cells}, strict=False).lazy(),
    ):
        frames = {"products": pd.DataFrame({"product_id": ["a"]}), "enterprises": held}
        if expected is None:
            with pytest.raises(cg.DataError) as caught:
                cg.dataset_from_frames(frames)
            assert {found.rule for found in caught.value.findings} == {"not-boolean"}
        else:
            assert (
                read(cg.dataset_from_frames(frames), "enterprises")["anchor"].tolist() == expected
            )
