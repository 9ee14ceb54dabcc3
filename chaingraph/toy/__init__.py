"""A made-up dataset small enough to be checked by hand, for examples and tests."""
