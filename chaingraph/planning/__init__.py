"""From gaps to a plan: scenarios, programme, responsibility list, indicators."""
