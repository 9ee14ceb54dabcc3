"""Layered graph layout: pure algorithms that know no product."""
