"""The programme of a city under two budgets, what more money would buy, and what must be asked first."""

import chaingraph as cg

ds = cg.load_dataset("qujing")
plan = cg.build_plan(
    ds,
    budget={"investment_cny_100m": 50, "power_mw": 800},
    per_year={"count": 4},
    years="2026-2028",
    stability=5,
    draws=200,
)
print(plan.projects.to_text("zh"))
print(plan.steps.frame[["plan_year", "starts", "running", "fall_cny", "headline_zh"]].to_string())
print(plan.ladder.to_text("zh"))
first = plan.projects.frame[plan.projects.frame["survey_first"]]
print(len(first), "projects begin with a survey")
