"""What does Qujing take that nobody is known to make there, with and without what is under construction?"""

import chaingraph as cg

ds = cg.load_dataset("qujing")
columns = ["product_id", "gap_kind", "verb", "unit", "demand", "gap_low", "gap", "gap_high"]
for statuses in (["operating"], ["operating", "construction"]):
    gaps = cg.find_gaps(ds, statuses=statuses, sort="value", lang="en")
    print("+".join(statuses))
    print(gaps.frame[columns].head(10).to_string(index=False), end="\n\n")
