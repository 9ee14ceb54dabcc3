"""From gaps to what somebody answers for: scenarios, programme, responsibility, tracking, indicators."""
