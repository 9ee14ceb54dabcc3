"""One dataset through every door (folder, workbook, Parquet, frames): equal figures, equal refusals."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import openpyxl
import pandas as pd
import pytest

import chaingraph as cg
from chaingraph.engines import collect, read_frame
from chaingraph.schema import table_spec
from tests.helpers_cli import folder

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

pl = pytest.importorskip("polars")
pytest.importorskip("pyarrow")
pytest.importorskip("duckdb")

DOORS = ("folder", "excel", "frames", "polars", "duckdb", "parquet-pandas", "parquet-polars", "parquet-duckdb")  # fmt: skip
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


def enter(door: str, tables: Mapping[str, str], place: Path) -> cg.Dataset:
    """Return the dataset that comes in through a door."""
    if door == "folder":
        return cg.load_dataset(folder(place, **tables))
    if door == "excel":
        return cg.load_dataset(write_book(place, tables))
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
        (place / "city").mkdir()
        for name, frame in typed.items():
            frame.to_parquet(place / "city" / f"{name}.parquet")
        return cg.load_dataset(place / "city", engine=door.removeprefix("parquet-"))
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
