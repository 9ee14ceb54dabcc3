"""What does the 23 GWh cell plant take, and what of it is made in Qujing?"""

import chaingraph as cg

ds = cg.load_dataset("qujing")
result = cg.calculate_requirements(ds, {"cell_lfp_cyl": 23}, lang="en")
print(result.to_text(limit=15))
