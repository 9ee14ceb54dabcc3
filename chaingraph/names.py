"""Names of enterprises as they are compared letter by letter."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_BRACKETS: Final = str.maketrans("【】〔〕[]{}《》〈〉「」", "()()()()()()()")
_BLANKS: Final = re.compile(r"[\s·•.。,，、\-—_'\"“”‘’]+")
_LEGAL: Final = re.compile(
    r"股份有限责任公司|有限责任公司|股份有限公司|有限公司|股份公司|集团公司|总公司|公司|集团|[()]"
)


def normal_text(name: str) -> str:
    """Return a name as it is compared letter by letter.

    Examples
    --------
    >>> normal_text("曲靖 市【Ａ】（集团）有限公司")
    '曲靖市(a)(集团)有限公司'
    """
    text = unicodedata.normalize("NFKC", name).translate(_BRACKETS).casefold()
    return _BLANKS.sub("", text)


def bare_name(name: str) -> str:
    """Return a name without its legal form and brackets; the whole where nothing else is left.

    Examples
    --------
    >>> bare_name("曲靖市德方纳米科技（集团）有限公司"), bare_name("集团公司")
    ('曲靖市德方纳米科技', '集团公司')
    """
    text = normal_text(name)
    return _LEGAL.sub("", text) or text
