"""Generator of a synthetic province or nation: seeded, streamed, as a folder of Parquet files.

The product graph is layered, with alternatives, all roles and some recycling loops; cost shares of the
inputs of a product sum to at most 0.8 of its price, so that every loop gives more than it takes. Regions
and products are popular by Zipf's law, capacities are log-normal. Memory is bounded by one chunk of rows.
"""

from __future__ import annotations

import argparse
import json
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

STATUSES = ("operating", "construction", "planned", "suspended", "closed")
STATUS_WEIGHTS = (0.85, 0.06, 0.05, 0.02, 0.02)
ROLES = ("consumed", "capital", "byproduct", "service")
KINDS = (
    "material",
    "component",
    "product",
    "auxiliary",
    "equipment",
    "service",
    "resource",
    "energy",
)
KIND_WEIGHTS = (0.35, 0.3, 0.17, 0.06, 0.05, 0.03, 0.03, 0.01)
STAGES = ("upstream", "midstream", "downstream")
LAYERS = 12
CHAINS = 30
CHUNK = 1_000_000
ROW_GROUP = 250_000


@dataclass(frozen=True)
class Size:
    """How large a province is."""

    products: int = 20_000
    enterprises: int = 1_000_000
    capacities: int = 10_000_000
    regions: int = 300
    parts: int = 8
    seed: int = 1

    @property
    def name(self) -> str:
        """Name of the folder."""
        return (
            f"p{self.products}_e{self.enterprises}_n{self.capacities}_r{self.regions}_s{self.seed}"
        )


def zipf_weights(count: int, power: float, generator: np.random.Generator) -> np.ndarray:
    """Return probabilities that fall as rank ** -power, in random order of the ranks."""
    weights = 1.0 / np.arange(1, count + 1) ** power
    return generator.permutation(weights / weights.sum())


def drawn(weights: np.ndarray, count: int, generator: np.random.Generator) -> np.ndarray:
    """Draw positions with probabilities, by bisection of their sums."""
    sums = np.cumsum(weights)
    places = np.searchsorted(sums / sums[-1], generator.random(count), side="right")
    return np.minimum(places, len(weights) - 1)


def texts(
    values: np.ndarray | list, codes: np.ndarray, missing: np.ndarray | None = None
) -> pa.Array:
    """Return a plain string column from codes."""
    indices = pa.array(codes.astype(np.int32), mask=missing)
    return pa.DictionaryArray.from_arrays(indices, pa.array(list(values), pa.string())).cast(
        pa.string()
    )


def numbered(prefix: str, start: int, stop: int, width: int) -> list[str]:
    """Return ids prefix0001, prefix0002, ..."""
    return [f"{prefix}{i:0{width}d}" for i in range(start, stop)]


def product_table(size: Size) -> tuple[pa.Table, np.ndarray, np.ndarray]:
    """Return the products, their layers and their prices."""
    generator = np.random.default_rng([size.seed, 1])
    count = size.products
    layer = np.sort(generator.integers(0, LAYERS, count))
    price = np.exp(generator.normal(8.0, 1.5, count)) * (1 + layer)
    first = generator.integers(0, CHAINS, count)
    second = np.where(generator.random(count) < 0.15, generator.integers(0, CHAINS, count), first)
    chains = [
        f"c{a:02d}" if a == b else f"c{a:02d};c{b:02d}" for a, b in zip(first, second, strict=True)
    ]
    kind = drawn(np.array(KIND_WEIGHTS), count, generator)
    unpriced = generator.random(count) < 0.1
    free = generator.random(count) > 0.02
    ids = numbered("p", 0, count, 6)
    table = pa.table({
        "product_id": ids,
        "chains": chains,
        "name_zh": [f"产品{i}" for i in range(count)],
        "name_en": [f"Product {i}" for i in range(count)],
        "stage": texts(STAGES, layer * len(STAGES) // LAYERS),
        "kind": texts(KINDS, kind),
        "unit": ["t"] * count,
        "price_cny": pa.array(price, mask=unpriced),
        "price_unit": ["CNY/t"] * count,
        "restricted": texts(["needs a quota"], np.zeros(count), free),
        "source_url": texts(["https://example.org/prices"], np.zeros(count), generator.random(count) < 0.5),
    })  # fmt: skip
    return table, layer, price


def link_table(
    size: Size, layer: np.ndarray, price: np.ndarray, links_each: float = 4.0
) -> pa.Table:
    """Return the inputs: from lower layers, a few back from higher ones (scrap)."""
    generator = np.random.default_rng([size.seed, 2])
    count = size.products
    first = np.searchsorted(layer, layer)  # number of products in lower layers
    outputs = np.repeat(
        np.arange(count), np.where(first > 0, generator.poisson(links_each, count), 0)
    )
    popular = (first[outputs] * generator.random(len(outputs)) ** 2.0).astype(np.intp)
    back = (
        generator.random(len(outputs)) < 0.005
    )  # what is made of an input comes back into it as scrap
    inputs, outputs = np.append(popular, outputs[back]), np.append(outputs, popular[back])
    _, keep = np.unique(outputs * count + inputs, return_index=True)
    inputs, outputs = inputs[keep], outputs[keep]
    links = len(inputs)
    portion = generator.random(links)
    portion *= 0.8 / np.maximum(1e-12, np.bincount(outputs, portion, count))[outputs]
    coefficient = portion * price[outputs] / price[inputs]
    # two neighbours make a group: any split of them keeps the sum of a product below 0.8
    pair = np.zeros(links, dtype=bool)
    pair[:-1] = (outputs[:-1] == outputs[1:]) & (generator.random(links - 1) < 0.05)
    pair[1:] &= ~pair[:-1]
    grouped = pair.copy()
    grouped[1:] |= pair[:-1]
    role = np.where(grouped, 0, drawn(np.array([0.88, 0.06, 0.03, 0.03]), links, generator))
    unknown = ~grouped & (generator.random(links) < 0.15)
    ids = numbered("p", 0, count, 6)
    number = np.cumsum(pair)
    return pa.table({
        "input_id": texts(ids, inputs),
        "output_id": texts(ids, outputs),
        "coefficient": pa.array(coefficient, mask=unknown),
        "low": pa.array(coefficient * 0.9, mask=unknown),
        "high": pa.array(coefficient * 1.15, mask=unknown),
        "role": texts(ROLES, role),
        "alternative_group": pa.array([f"g{n}" for n in number], mask=~grouped),
        "source_url": texts(["https://example.org/links"], np.zeros(links), generator.random(links) < 0.4),
    })  # fmt: skip


def enterprise_chunk(size: Size, start: int, stop: int) -> pa.Table:
    """Return the sites of a range of numbers."""
    fixed = np.random.default_rng([size.seed, 3])
    weights = zipf_weights(size.regions, 0.8, fixed)
    generator = np.random.default_rng([size.seed, 4, start])
    count = stop - start
    region = drawn(weights, count, generator)
    groups = max(1, size.enterprises // 20)
    group = (groups * generator.random(count) ** 3).astype(np.intp)
    provinces = max(1, size.regions // 15)
    return pa.table({
        "enterprise_id": numbered("e", start, stop, 8),
        "name_zh": [f"企业{i}" for i in range(start, stop)],
        "group_zh": texts(numbered("集团", 0, groups, 6), group, generator.random(count) > 0.25),
        "province": texts(numbered("省", 0, provinces, 2), region % provinces),
        "city": texts(numbered("市", 0, size.regions, 4), region, generator.random(count) < 0.005),
        "county": texts([f"区{i}" for i in range(10)], generator.integers(0, 10, count)),
        "lat": generator.uniform(20, 45, count),
        "lon": generator.uniform(100, 120, count),
        "anchor": generator.random(count) < 0.01,
        "source_url": texts(["https://example.org/registry"], np.zeros(count), generator.random(count) < 0.3),
    })  # fmt: skip


def capacity_chunk(size: Size, start: int, stop: int, layer: np.ndarray) -> pa.Table:
    """Return the capacity rows of a range of numbers, in the order of their sites."""
    fixed = np.random.default_rng([size.seed, 5])
    weights = zipf_weights(size.products, 0.9, fixed)
    generator = np.random.default_rng([size.seed, 6, start])
    count = stop - start
    site = (np.arange(start, stop) * size.enterprises) // size.capacities
    ids = numbered("e", int(site[0]), int(site[-1]) + 1, 8)
    product = drawn(weights, count, generator)
    capacity = np.exp(generator.normal(6.0, 1.5, count)) * np.exp(-0.1 * layer[product])
    since = generator.integers(0, 26 * 12, count)
    until = since + generator.integers(12, 240, count)
    months = [f"{2000 + m // 12}-{m % 12 + 1:02d}" for m in range(60 * 12)]
    return pa.table({
        "enterprise_id": texts(ids, site - site[0]),
        "product_id": texts(numbered("p", 0, size.products, 6), product),
        "capacity": pa.array(capacity, mask=generator.random(count) < 0.1),
        "unit": texts(["t"], np.zeros(count)),
        "status": texts(STATUSES, drawn(np.array(STATUS_WEIGHTS), count, generator)),
        "scope": texts(["site", "group"], generator.random(count) < 0.02),
        "since": texts(months, since, generator.random(count) < 0.2),
        "until": texts(months, until, generator.random(count) < 0.9),
        "as_of": texts(["2024-12", "2025-06"], generator.random(count) < 0.5),
        "source_url": texts(["https://example.org/registry"], np.zeros(count), generator.random(count) < 0.4),
        "note": texts([""], np.zeros(count), np.ones(count, dtype=bool)),
    })  # fmt: skip


def write_parts(folder: Path, rows: int, parts: int, chunk) -> None:
    """Write a table in parts of several row groups, one chunk in memory at a time."""
    folder.mkdir(parents=True)
    edges = np.linspace(0, rows, parts + 1).astype(int)
    for part, (first, last) in enumerate(zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True)):
        writer = None
        for start in range(first, last, CHUNK):
            table = chunk(start, min(start + CHUNK, last))
            writer = writer or pq.ParquetWriter(folder / f"part-{part:03d}.parquet", table.schema)
            writer.write_table(table, row_group_size=ROW_GROUP)
        if writer is not None:
            writer.close()


def write_province(folder: Path, size: Size) -> Path:
    """Write the dataset of a province and return its folder; one that stands there is kept."""
    target = folder / size.name
    if (target / "datapackage.json").exists():
        return target
    target.mkdir(parents=True, exist_ok=True)
    products, layer, price = product_table(size)
    pq.write_table(products, target / "products.parquet")
    pq.write_table(link_table(size, layer, price), target / "inputs.parquet")
    write_parts(
        target / "enterprises.parquet", size.enterprises, size.parts,
        lambda start, stop: enterprise_chunk(size, start, stop),
    )  # fmt: skip
    write_parts(
        target / "capacities.parquet", size.capacities, size.parts,
        lambda start, stop: capacity_chunk(size, start, stop, layer),
    )  # fmt: skip
    card = {
        "name": "province",
        "version": "1.0.0",
        "as_of": "2025-12",
        "language": "en",
        "focus": "市0000",
    }
    (target / "datapackage.json").write_text(json.dumps(card, ensure_ascii=False), encoding="utf-8")
    return target


def write_structure(
    folder: Path, products: int = 100_000, links: int = 60_000, seed: int = 1
) -> Path:
    """Write a graph without quantities as a CSV folder and return it; one that stands there is kept."""
    target = folder / f"structure_p{products}_l{links}_s{seed}"
    if (target / "datapackage.json").exists():
        return target
    target.mkdir(parents=True, exist_ok=True)
    generator = np.random.default_rng([seed, 7])
    output = generator.integers(1, products, links)
    source = (output * generator.random(links) ** 0.5).astype(np.intp)
    pairs = np.unique(np.stack([source, output], axis=1), axis=0)
    with (target / "products.csv").open("w", encoding="utf-8", newline="") as file:
        file.write("product_id,chains,name_zh,name_en,stage,kind,unit\n")
        file.writelines(
            f"p{i:06d},c{i % 40:02d},产品{i},Product {i},midstream,material,t\n"
            for i in range(products)
        )
    with (target / "inputs.csv").open("w", encoding="utf-8", newline="") as file:
        file.write("input_id,output_id,role\n")
        file.writelines(f"p{a:06d},p{b:06d},consumed\n" for a, b in pairs.tolist())
    card = {"name": "structure", "version": "1.0.0", "as_of": "2025-12", "language": "en"}
    (target / "datapackage.json").write_text(json.dumps(card), encoding="utf-8")
    return target


def main() -> None:
    """Write a province as the options say and print its folder."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    default = Size()
    for option in ("products", "enterprises", "capacities", "regions", "parts", "seed"):
        parser.add_argument(f"--{option}", type=int, default=getattr(default, option))
    parser.add_argument(
        "--folder", type=Path, default=Path(os.environ.get("CHAINGRAPH_BENCH", "benchmark_data"))
    )
    options = vars(parser.parse_args())
    folder = options.pop("folder")
    print(write_province(folder, Size(**options)))


if __name__ == "__main__":
    main()
