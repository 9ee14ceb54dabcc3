"""The Chinese of the command line as gettext reads it.

``python -m tests.helpers_help`` writes ``words/locale`` from ``words/help.json``.
"""

from __future__ import annotations

import json
import struct
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
WORDS = REPOSITORY / "chaingraph" / "words"
SOURCE = WORDS / "help.json"
CATALOGUE = WORDS / "locale" / "zh" / "LC_MESSAGES" / "messages.mo"
_MAGIC, _START, _ROW = 0x950412DE, 28, 8


def entries() -> dict[str, str]:
    """Return every sentence with its Chinese; one with a plural names it after a NUL, as gettext has it."""
    told = json.loads(SOURCE.read_text(encoding="utf-8"))
    found = {"": "Content-Type: text/plain; charset=UTF-8\nPlural-Forms: nplurals=1; plural=0;\n"}
    for english, (chinese, *plural) in told["click"].items():
        found["\0".join([english, *plural])] = chinese
    return found | told["help"] | told["usage"]


def compiled() -> bytes:
    """Return the catalogue in the format of GNU gettext (sorted, without a hash table)."""
    pairs = sorted((key.encode(), text.encode()) for key, text in entries().items())
    place = _START + 2 * _ROW * len(pairs)
    tables, texts = [b"", b""], b""
    for part in (0, 1):
        for pair in pairs:
            tables[part] += struct.pack("<II", len(pair[part]), place + len(texts))
            texts += pair[part] + b"\0"
    head = (_MAGIC, 0, len(pairs), _START, _START + _ROW * len(pairs), 0, place)
    return struct.pack("<7I", *head) + tables[0] + tables[1] + texts


if __name__ == "__main__":
    CATALOGUE.parent.mkdir(parents=True, exist_ok=True)
    CATALOGUE.write_bytes(compiled())
