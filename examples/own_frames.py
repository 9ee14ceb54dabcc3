"""Frames you have in hand, in any engine: here pandas, with polars or PySpark it reads the same."""

import pandas as pd

import chaingraph as cg

ds = cg.dataset_from_frames(
    {
        "products": pd.DataFrame({"product_id": ["wafer", "cell", "module"], "unit": ["GW"] * 3}),
        "inputs": pd.DataFrame(
            {
                "input_id": ["wafer", "cell"],
                "output_id": ["cell", "module"],
                "coefficient": [1.0, 1.0],
            }
        ),
        "enterprises": pd.DataFrame({"enterprise_id": ["a", "b"], "city": ["曲靖市", "曲靖市"]}),
        "capacities": pd.DataFrame(
            {
                "enterprise_id": ["a", "b", "b"],
                "product_id": ["wafer", "cell", "module"],
                "capacity": [80.0, 33.0, 10.0],
            }
        ),
    },
    focus="曲靖市",
    language="en",
)
print(cg.calculate_balance(ds).to_text())
