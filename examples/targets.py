"""Whom to call first for each gap of Qujing, and why: a call list for the next meeting."""

import chaingraph as cg

ds = cg.load_dataset("qujing")
gaps = cg.find_gaps(ds, region="曲靖市", draws=0)
targets = cg.rank_targets(ds, gaps, limit=3, lang="en").frame

for (rank, product), rows in list(targets.groupby(["gap_rank", "name_en"]))[:5]:
    gap = rows.iloc[0]
    amount = f"{gap['gap']:,.0f}" if gap["gap"] > 0 else f"at least {gap['gap_low']:,.0f}"
    # "unseen" is no proof that nobody makes it: the verb says what to do first
    print(
        f"{rank}. {product}, {gap['gap_kind']}: {amount} {gap['unit']} a year; {gap['verb']} first"
    )
    for row in rows.itertuples():
        print(f"   {row.rank}. {row.group_zh} (score {row.score:.2f}): {row.reasons_en}")

# Your own weights: distance counts for nothing here.
anywhere = cg.rank_targets(ds, "silver_paste", weights={"closeness": 0}, limit=3)
print(
    anywhere.frame[["rank", "group_zh", "score", "rank_best", "rank_worst"]].to_string(index=False)
)
