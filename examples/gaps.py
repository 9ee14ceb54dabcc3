"""What does Qujing lack, with and without what is under construction?"""

import chaingraph as cg

ds = cg.load_dataset("qujing")
columns = ["product_id", "unit", "demand", "capacity", "gap_value_cny"]
for statuses in (["operating"], ["operating", "construction"]):
    gaps = cg.find_gaps(ds, statuses=statuses, sort="value", lang="en")
    print("+".join(statuses))
    print(gaps.frame[columns].head(10).to_string(index=False), end="\n\n")
