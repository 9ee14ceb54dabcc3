"""The relational functions give the same on pandas, polars, DuckDB and PySpark."""

from __future__ import annotations

import ast
import datetime as dt
import decimal
import inspect
import logging
import shutil
import sys

import narwhals as nw
import numpy as np
import pandas as pd
import pytest

import chaingraph as cg
from chaingraph import groups
from chaingraph.enterprises import (
    local,
    local_capacity,
    local_rows,
    maker_rows,
    makers,
    national_capacity,
    own_pairs,
    plant_rows,
    plant_sizes,
    plants,
    region_names,
    sites,
    standing,
)
from chaingraph.groups import all_hands, makers_by_site
from chaingraph.schema import table_spec

pl = pytest.importorskip("polars")
duckdb = pytest.importorskip("duckdb")
pa = pytest.importorskip("pyarrow")

CONNECTION = duckdb.connect()
"""Relations of two connections cannot be joined: DuckDB says so itself."""
STATUSES = {"operating": 1.0, "planned": 0.25, "construction": 0.5}
ALL = ("operating", "construction", "planned", "suspended", "closed")
SPARK = pytest.param(
    "pyspark",
    marks=[
        pytest.mark.spark,
        pytest.mark.slow,
        pytest.mark.skipif(shutil.which("java") is None, reason="PySpark needs a Java runtime"),
    ],
)
LOCAL = ["polars", "polars-lazy", "duckdb"]
JAVA = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
"""A short run of Java: better compiled once and quickly than twice and well."""


@pytest.fixture(scope="session")
def spark():
    sql = pytest.importorskip("pyspark.sql")
    logging.getLogger("py4j").setLevel(logging.ERROR)
    session = (
        sql.SparkSession.builder.master("local[1]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "1")
        .config("spark.default.parallelism", "1")
        .config("spark.sql.autoBroadcastJoinThreshold", "-1")
        .config("spark.sql.adaptive.enabled", "false")
        .config("spark.sql.codegen.wholeStage", "false")
        .config("spark.sql.codegen.factoryMode", "NO_CODEGEN")
        .config("spark.log.level", "OFF")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.extraJavaOptions", JAVA)
        .getOrCreate()
    )
    yield session
    session.stop()


def pick(generator, values, count, missing=0.0):
    cells = np.array(values, dtype=object)[generator.integers(0, len(values), count)]
    cells[generator.random(count) < missing] = None
    return cells.tolist()


def random_tables(seed=3, products=25, sites=60, rows=400):
    """Return a small province with nulls wherever nulls may be, phases, group rows and end dates."""
    generator = np.random.default_rng(seed)
    names = [f"p{i:02d}" for i in range(products)]
    ids = [f"e{i:02d}" for i in range(sites)]
    dates = [f"{y}{m}" for y in range(2015, 2027) for m in ("", "-03", "-11-20")]
    output = [names[int(i)] for i in generator.integers(1, products, 60)]
    links = pd.DataFrame({
        "input_id": [names[int(int(o[1:]) * generator.random())] for o in output],
        "output_id": output,
        "coefficient": np.where(generator.random(60) < 0.2, np.nan, generator.random(60)),
        "alternative_group": pick(generator, ["g"], 60, 0.8),
    }).drop_duplicates(["input_id", "output_id"])  # fmt: skip
    capacity = np.exp(generator.normal(3, 1, rows)).round(3)
    capacity[generator.random(rows) < 0.25] = np.nan
    capacity[generator.random(rows) < 0.05] = 0.0
    since, until = pick(generator, dates, rows, 0.3), pick(generator, dates, rows, 0.8)
    # a state ends after it begins, else no dataset takes it
    until = [
        None if begun is not None and ended is not None and ended[:4] <= begun[:4] else ended
        for begun, ended in zip(since, until, strict=True)
    ]
    return {
        "products": pd.DataFrame({
            "product_id": names, "chains": pick(generator, ["x", "y", "x;y"], products, 0.1),
            "kind": pick(generator, ["material", "energy", "product"], products, 0.1),
            "unit": "t", "price_cny": generator.random(products) * 1000,
        }),
        "inputs": links,
        "enterprises": pd.DataFrame({
            "enterprise_id": ids, "name_zh": [f"厂{i}" for i in range(sites)],
            "name_en": pick(generator, ["Works", "Plant"], sites, 0.5),
            "group_zh": pick(generator, ["甲", "乙", "丙"], sites, 0.4),
            "stock_code": pick(generator, ["1"], sites, 0.5),
            "province": pick(generator, ["省"], sites, 0.3),
            "city": pick(generator, ["一市", "二市", "三市", "unknown"], sites, 0.2),
            "county": pick(generator, ["东区", "西区"], sites, 0.3),
            "park": pick(generator, ["园"], sites, 0.6),
            "lat": np.where(generator.random(sites) < 0.3, np.nan, 30.0),
            "lon": np.where(generator.random(sites) < 0.3, np.nan, 110.0),
            "anchor": pick(generator, [True, False], sites, 0.2),
            "source_url": pick(generator, ["https://example.org/e"], sites, 0.5),
            "note": pick(generator, ["n"], sites, 0.5),
        }),
        "capacities": pd.DataFrame({
            "enterprise_id": pick(generator, ids, rows), "product_id": pick(generator, names, rows),
            "capacity": capacity, "unit": pick(generator, ["t"], rows, 0.2),
            "status": pick(generator, ALL, rows, 0.1),
            "scope": pick(generator, ["site", "site", "group"], rows, 0.1),
            "since": since, "until": until,
            "as_of": pick(generator, dates, rows, 0.2),
            "source_url": pick(generator, ["https://example.org/c"], rows, 0.5),
            "note": [f"row {i}" for i in range(rows)],
        }),
    }  # fmt: skip


@pytest.fixture(scope="session")
def sources():
    """Name of a dataset -> its tables, its date, its focus."""
    found = {"random": (random_tables(), "2021-06", "二市")}
    for name in ("toy", "qujing"):
        ds = cg.load_dataset(name)
        found[name] = (dict(ds.tables), ds.as_of, ds.focus)
    return found


def columns_of(table, frame):
    """Return the schema's columns as lists with None for what is missing."""
    spec = table_spec(table).by_name
    return {
        name: [None if pd.isna(cell) else cell for cell in frame[name].tolist()]
        for name in frame.columns
        if name in spec
    }, spec


def to_native(engine, table, frame, session=None, *, nan=False):
    """Return a pandas table in another engine; with `nan`, half of its missing numbers are NaN."""
    columns, spec = columns_of(table, frame)
    numbers = [name for name in columns if spec[name].type == "number"]
    if nan:
        for name in numbers:
            columns[name] = [
                float("nan") if cell is None and i % 2 else cell
                for i, cell in enumerate(columns[name])
            ]
    kinds = {
        name: spec[name].type if spec[name].type in {"number", "boolean"} else "text"
        for name in columns
    }
    if engine == "pyspark":
        from pyspark.sql import types

        made = {"number": types.DoubleType(), "boolean": types.BooleanType()}
        fields = [types.StructField(n, made.get(k, types.StringType())) for n, k in kinds.items()]
        return session.createDataFrame(
            list(zip(*columns.values(), strict=True)), types.StructType(fields)
        )
    made = {"number": pl.Float64, "boolean": pl.Boolean, "text": pl.String}
    eager = pl.DataFrame(columns, schema={n: made[k] for n, k in kinds.items()})
    if engine == "duckdb":
        return CONNECTION.from_arrow(eager.to_arrow())
    return eager.lazy() if engine == "polars-lazy" else eager


def dataset_in(engine, source, session=None, *, drop=()):
    """Return a source's dataset with enterprises and capacities in an engine."""
    tables, as_of, focus = source
    frames = {name: frame.drop(columns="origin", errors="ignore") for name, frame in tables.items()}
    for table in ("enterprises", "capacities"):
        slim = frames[table].drop(columns=list(drop), errors="ignore")
        frames[table] = (
            slim if engine == "pandas" else to_native(engine, table, slim, session, nan=True)
        )
    return cg.dataset_from_frames(frames, focus=focus, as_of=as_of)


def assert_same(left, right, keys=None):
    names = [name for name in left.columns if name in right.columns and name != "origin"]
    assert set(left.columns) - {"origin"} == set(right.columns) - {"origin"}
    if keys:
        left, right = (frame.sort_values(keys, ignore_index=True) for frame in (left, right))
    pd.testing.assert_frame_equal(left[names], right[names], rtol=1e-9, check_exact=False)


def hands_of(enterprises, capacities, **options):
    """Return who makes what by name, sorted: engines hand rows out in any order."""
    hands = all_hands(enterprises, capacities, **options)
    frame = pd.DataFrame({
        "group": hands.groups[hands.group], "product": hands.products[hands.product],
        "city": np.append(hands.cities, "")[hands.city], "stands": hands.stands, "real": hands.real,
    })  # fmt: skip
    return frame.sort_values(list(frame), ignore_index=True)


def assert_all_same(ours, theirs):
    """Compare every relational function on two datasets."""
    a, b = (ours.enterprises, ours.capacities), (theirs.enterprises, theirs.capacities)
    for at in ("", ours.as_of):
        for level, where in (("city", None), (None, {"county": ["东区"]}), ("province", {})):
            options = {"level": level, "where": where, "at": at, "statuses": STATUSES}
            assert_same(local_capacity(*a, **options), local_capacity(*b, **options))
    for statuses in ({"operating": 1.0}, STATUSES):
        options = {"at": ours.as_of, "statuses": statuses}
        assert_same(national_capacity(*a, **options), national_capacity(*b, **options))
        keys = ["product_id", "enterprise_id", "note", "since", "capacity"]
        assert_same(maker_rows(*a, **options), maker_rows(*b, **options), keys)
        standing_plants = (plant_rows(*pair, where={}, **options) for pair in (a, b))
        assert_same(*standing_plants, [*keys, "status"])
        assert_same(*(makers_by_site(*pair, **options) for pair in (a, b)))
        assert_same(*(hands_of(*pair, **options) for pair in (a, b)))
    assert_same(region_names(a[0]), region_names(b[0]))


def assert_analyses_same(ours, theirs, region="city"):
    options = {"region": region, "draws": 0, "statuses": STATUSES}
    assert_same(cg.find_gaps(ours, **options).frame, cg.find_gaps(theirs, **options).frame)
    ours_balance, theirs_balance = (cg.calculate_balance(ds, region="*") for ds in (ours, theirs))
    assert_same(ours_balance.frame, theirs_balance.frame)


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("random", marks=pytest.mark.slow),
        "toy",
        pytest.param("qujing", marks=pytest.mark.slow),
    ],
)
@pytest.mark.parametrize("engine", LOCAL)
def test_engines_agree_with_pandas(sources, source, engine):
    ours, theirs = (dataset_in(e, sources[source]) for e in ("pandas", engine))
    assert len(
        local_capacity(ours.enterprises, ours.capacities, level="city", at="", statuses=STATUSES)
    )
    assert_all_same(ours, theirs)
    assert_analyses_same(ours, theirs)


@pytest.mark.parametrize("engine", [SPARK])
def test_pyspark_agrees_with_pandas(sources, engine, spark):
    ours, theirs = (dataset_in(e, sources["random"], spark) for e in ("pandas", engine))
    frames = [(ds.enterprises, ds.capacities) for ds in (ours, theirs)]
    keys = ["product_id", "enterprise_id", "note", "since", "capacity"]
    options = {"at": ours.as_of, "statuses": STATUSES}
    assert_same(*(maker_rows(*pair, **options) for pair in frames), keys)
    assert_same(*(national_capacity(*pair, **options) for pair in frames))
    assert_same(*(makers_by_site(*pair, **options) for pair in frames))
    assert_same(*(hands_of(*pair, **options) for pair in frames))
    assert_same(*(plant_sizes(*pair, at="") for pair in frames))
    signs = pd.DataFrame(
        [("e01", f"p{i:02d}", "2021-01", event) for i in range(25) for event in ("seen", "suspended")],
        columns=["enterprise_id", "product_id", "date", "event"],
    )  # fmt: skip
    numbers, pairs = [], []
    for pair in frames:
        local = local_rows(*pair, level="city", signs=signs, **options)
        numbers.append(pd.DataFrame(local.numbers))
        own = own_pairs(*pair, ours.inputs, level="city", at="", statuses=STATUSES)
        pairs.append(pd.DataFrame({name: getattr(own, name) for name in own._fields[3:]}))
    assert_same(*numbers)
    assert len(pairs[0]) > 10
    assert_same(*pairs)
    options = {"region": "city", "draws": 0, "statuses": STATUSES}
    assert_same(*(cg.find_gaps(ds, **options).frame for ds in (ours, theirs)))


@pytest.mark.parametrize("engine", [SPARK])
@pytest.mark.parametrize("source", ["toy", "qujing"])
def test_pyspark_agrees_on_bundled_tables(sources, source, engine, spark):
    ours, theirs = (dataset_in(e, sources[source], spark) for e in ("pandas", engine))
    frames = [(ds.enterprises, ds.capacities) for ds in (ours, theirs)]
    options = {"at": ours.as_of, "statuses": STATUSES}
    assert_same(*(local_capacity(*pair, level="city", **options) for pair in frames))


OPTIONAL = [
    "name_en", "group_zh", "stock_code", "province", "county", "park", "lat", "lon", "anchor",
    "source_url", "note", "unit", "status", "scope", "since", "until", "as_of",
]  # fmt: skip


@pytest.mark.parametrize("engine", [*LOCAL, SPARK])
def test_optional_columns_may_be_missing(sources, engine, request):
    session = request.getfixturevalue("spark") if engine == "pyspark" else None
    ours, theirs = (
        dataset_in(e, sources["random"], session, drop=OPTIONAL) for e in ("pandas", engine)
    )
    options = {"level": "city", "at": "2021", "statuses": STATUSES}
    assert_same(
        local_capacity(ours.enterprises, ours.capacities, **options),
        local_capacity(theirs.enterprises, theirs.capacities, **options),
    )
    del options["level"]
    rows = [maker_rows(ds.enterprises, ds.capacities, **options) for ds in (ours, theirs)]
    assert_same(*rows, ["product_id", "enterprise_id", "capacity"])
    assert not rows[1]["anchor"].any()


def test_one_region_is_the_same_alone_as_among_all(sources):
    ds = dataset_in("polars-lazy", sources["random"])
    every = cg.find_gaps(ds, region="city", draws=0).frame
    for city in ("一市", "二市", "三市"):
        alone = cg.find_gaps(ds, region=city, draws=0).frame
        among = every[every["region"] == city].reset_index(drop=True)
        assert_same(alone, among)


@pytest.mark.parametrize("engine", ["pandas", *LOCAL])
def test_nan_capacity_is_unknown(engine):
    frame = pd.DataFrame(
        {"enterprise_id": ["a", "b"], "product_id": ["x", "x"], "capacity": [np.nan, 5.0]}
    )
    sites = pd.DataFrame({"enterprise_id": ["a", "b"], "city": ["c", "c"]})
    frames = {
        "products": pd.DataFrame({"product_id": ["x"]}),
        "enterprises": sites,
        "capacities": frame,
    }
    if engine == "duckdb":
        frames["capacities"] = CONNECTION.sql(
            "select * from (values ('a', 'x', 'nan'::double), ('b', 'x', 5.0))"
            " t(enterprise_id, product_id, capacity)"
        )
    elif engine != "pandas":
        lazy = pl.DataFrame(
            {
                **frame[["enterprise_id", "product_id"]].to_dict("list"),
                "capacity": [float("nan"), 5.0],
            }
        )
        frames["capacities"] = lazy.lazy() if engine == "polars-lazy" else lazy
    ds = cg.dataset_from_frames(frames)
    row = local_capacity(ds.enterprises if engine == "pandas" else pl_sites(engine, sites), ds.capacities,
                         level="city", at="", statuses={"operating": 1.0}).iloc[0]  # fmt: skip
    assert (row["capacity"], row["makers"], row["makers_unquantified"]) == (5.0, 2, 1)
    assert row["hhi"] == pytest.approx(1.0)


def pl_sites(engine, sites):
    full = sites.assign(group_zh=None).astype("str")
    if engine == "duckdb":
        return CONNECTION.sql("select 'a' as enterprise_id, 'c' as city, null::varchar as group_zh"
                          " union all select 'b', 'c', null")  # fmt: skip
    return to_native(engine, "enterprises", full)


@pytest.mark.parametrize("engine", ["pandas", *LOCAL])
def test_decimals_integers_and_dates_are_read(engine):
    cells = {
        "enterprise_id": ["a", "a"], "product_id": ["x", "y"],
        "capacity": [decimal.Decimal("2.50"), decimal.Decimal("4.00")],
        "since": [dt.date(2020, 5, 1), dt.date(2023, 1, 1)],
    }  # fmt: skip
    eager = pl.DataFrame(cells)
    table = {
        "pandas": lambda: pd.DataFrame(cells),
        "polars": lambda: eager,
        "polars-lazy": eager.lazy,
        "duckdb": lambda: CONNECTION.from_arrow(eager.to_arrow()),
    }[engine]()
    # the sites are of the same engine: one query cannot span two
    if engine == "duckdb":
        sites = CONNECTION.sql("select 'a' as enterprise_id, 'c' as city")
    else:
        sites = type(table)({"enterprise_id": ["a"], "city": ["c"]})
    products = pd.DataFrame({"product_id": ["x", "y"]})
    ds = cg.dataset_from_frames({"products": products, "enterprises": sites, "capacities": table})
    rows = local_capacity(ds.enterprises, ds.capacities, level="city", at="2021", statuses=STATUSES)
    assert rows[["product_id", "capacity"]].to_numpy().tolist() == [["x", 2.5]]
    assert rows["capacity"].dtype == "float64"


def test_texts_as_capacities_are_refused_in_lazy_frames():
    lazy = pl.LazyFrame({"enterprise_id": ["a"], "product_id": ["x"], "capacity": ["5 t"]})
    frames = {"products": pd.DataFrame({"product_id": ["x"]}), "capacities": lazy}
    with pytest.raises(cg.DataError, match="capacity"):
        cg.dataset_from_frames(frames)


def test_missing_key_column_in_a_lazy_frame_is_named():
    frames = {
        "products": pd.DataFrame({"product_id": ["x"]}),
        "capacities": pl.LazyFrame({"product": ["x"]}),
    }
    with pytest.raises(cg.DataError, match="product -> product_id"):
        cg.dataset_from_frames(frames)


def test_pyarrow_tables_are_refused():
    table = pa.table({"enterprise_id": ["a"], "product_id": ["x"]})
    frames = {"products": pd.DataFrame({"product_id": ["x"]}), "capacities": table}
    with pytest.raises(cg.OptionError, match=r"(?i)arrow"):
        cg.dataset_from_frames(frames)
    with pytest.raises(cg.OptionError, match=r"(?i)arrow"):
        region_names(table)


@pytest.mark.parametrize("engine", ["pandas", *LOCAL])
def test_condition_computed_before_an_aggregation_holds(engine):
    """A condition inside an aggregation was ignored on pandas; computed first it holds everywhere."""
    cells = {"key": ["a", "a", "b"], "word": ["x", "y", "y"], "value": [1.0, 2.0, 4.0]}
    native = {
        "pandas": pd.DataFrame(cells),
        "polars": pl.DataFrame(cells),
        "polars-lazy": pl.LazyFrame(cells),
        "duckdb": CONNECTION.from_arrow(pa.table(cells)),
    }[engine]
    part = nw.when(nw.col("word") == "x").then(nw.col("value")).otherwise(0.0)
    frame = nw.from_native(native).with_columns(part=part)
    summed = frame.group_by("key").agg(nw.col("part").sum()).lazy().collect().sort("key")
    assert summed["part"].to_list() == [1.0, 0.0]


def test_no_condition_stands_inside_an_aggregation():
    """The trap is kept out of the source itself: whatever is aggregated is a plain column."""
    modules = (local, makers, plants, sites, standing, groups)
    calls = [
        node
        for module in modules
        for node in ast.walk(ast.parse(inspect.getsource(module)))
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "agg"
    ]
    assert len(calls) >= 3
    assert not [call for call in calls if "when" in ast.dump(call)]


def write_folder(folder, source, *, parts):
    tables, as_of, focus = source
    folder.mkdir()
    for name, frame in tables.items():
        slim = pl.DataFrame(
            columns_of(name, frame.drop(columns="origin", errors="ignore"))[0], strict=False
        )
        key = {"products": "product_id", "enterprises": "enterprise_id"}.get(name)
        if key and "name_zh" not in slim.columns:  # a folder must name them, frames need not
            slim = slim.with_columns(name_zh=pl.col(key))
        path = folder / f"{name}.parquet"
        if parts and name in {"enterprises", "capacities", "products"}:
            path.mkdir()
            half = len(slim) // 2
            slim[:half].write_parquet(path / "part-0.parquet")
            slim[half:].write_parquet(path / "part-1.parquet")
        else:
            slim.write_parquet(path)
    card = f'{{"name": "here", "as_of": "{as_of}", "focus": "{focus}"}}'
    (folder / "datapackage.json").write_text(card, encoding="utf-8")
    return folder


@pytest.mark.parametrize("parts", [False, True])
@pytest.mark.parametrize("engine", ["pandas", "polars", "duckdb"])
def test_parquet_folders_load_in_each_engine(tmp_path, sources, engine, parts):
    folder = write_folder(tmp_path / "a [b] 省", sources["random"], parts=parts)
    ds = cg.load_dataset(folder, engine=engine)
    kind = type(ds.capacities).__name__
    assert (
        kind == {"pandas": "DataFrame", "polars": "LazyFrame", "duckdb": "DuckDBPyRelation"}[engine]
    )
    wanted = cg.find_gaps(dataset_in("pandas", sources["random"]), region="city", draws=0).frame
    found = cg.find_gaps(ds, region="city", draws=0).frame
    assert_same(*(frame.drop(columns="name_zh") for frame in (wanted, found)))


@pytest.mark.parametrize("engine", ["pandas", "polars", "duckdb"])
def test_file_that_is_no_parquet_is_named(tmp_path, sources, engine):
    folder = write_folder(tmp_path / "bad", sources["random"], parts=False)
    (folder / "capacities.parquet").write_text("not parquet", encoding="utf-8")
    with pytest.raises(cg.FileProblemError, match="capacities"):
        cg.load_dataset(folder, engine=engine)


@pytest.mark.parametrize(
    ("engine", "library"), [("pandas", "pyarrow"), ("polars", "polars"), ("duckdb", "duckdb")]
)
def test_missing_engine_is_named(tmp_path, sources, monkeypatch, engine, library):
    folder = write_folder(tmp_path / "here", sources["random"], parts=False)
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(cg.MissingLibraryError, match=library):
        cg.load_dataset(folder, engine=engine)


def test_results_do_not_change_the_frames_handed_in():
    tables = random_tables()
    before = {name: frame.copy(deep=True) for name, frame in tables.items()}
    ds = cg.dataset_from_frames(tables, focus="二市", as_of="2021")
    cg.find_gaps(ds, region="city", draws=0)
    for name, frame in tables.items():
        pd.testing.assert_frame_equal(frame, before[name])
