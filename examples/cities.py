"""Which cities have the highest local content in batteries?"""

import chaingraph as cg

ds = cg.load_dataset("battery")
content = cg.measure_local_content(ds, region="city").frame
battery = content[content["content_of"] == "battery"]
best = battery.sort_values("input_value_cny", ascending=False).head(10)
print(
    best[["region", "inputs", "inputs_local", "local_content", "unpriced"]].to_string(index=False)
)
