"""Headings: what a line over some rows says, without its number and its count."""

from __future__ import annotations

import re
from typing import Final

SECTION: Final = re.compile(
    r"(?P<number>(?:[一二三四五六七八九十]+[、.．:：]|[(（][一二三四五六七八九十]+[)）]))(?P<rest>.*)"
)
_COUNTED: Final = re.compile(r"[(（]?\s*共?\s*[0-9]+\s*[家户个]\s*(?:企业)?[)）]?$|[:：]$")


def heading_text(text: str) -> str:
    """Return what a heading says, without the number before it and the count behind it.

    Examples
    --------
    >>> heading_text("一、磷酸铁锂"), heading_text("袁州区（2家）"), heading_text("（二）锂盐企业：")
    ('磷酸铁锂', '袁州区', '锂盐企业')
    """
    match = SECTION.match(text.strip())
    plain = match["rest"] if match is not None and match["rest"].strip() else text
    return _COUNTED.sub("", plain.strip()).strip()
