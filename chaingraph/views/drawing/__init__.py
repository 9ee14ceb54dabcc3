"""Colours, SVG marks, and pictures of them."""
