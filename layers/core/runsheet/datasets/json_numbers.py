"""Numbers of JSON as they are written. DuckDB's JSON makes doubles of all that are not whole: 0.1 of 0.10000000000000000001.

So the number is cut out of the text, by a pattern that reads the object from its beginning, pair by pair: nothing that
stands within a text or an inner object is taken for it.
"""

from __future__ import annotations

from runsheet.engine.session import literal

_TEXT = r'"(?:[^"\\]|\\.)*"'
# In the objects and arrays that a record may have there are no others.
_OBJECT, _ARRAY = rf'\{{(?:[^"{{}}]|{_TEXT})*\}}', rf'\[(?:[^"\[\]]|{_TEXT})*\]'
_OTHER = r'[^\s"{}\[\],]+'
_PAIRS = rf"\s*\{{(?:\s*{_TEXT}\s*:\s*(?:{_TEXT}|{_OTHER}|{_OBJECT}|{_ARRAY})\s*,)*"
_NUMBER = "-?[0-9][-+.0-9eE]*"


def number(line: str, name: str) -> str:
    """Return SQL of the number of this name as it is written in a JSON object; '' if what stands there is none.

    Args:
        line: SQL of the object's text, which is known to be valid, with each name there once.
        name: of letters, digits and underscores. Written with escapes, or behind objects in objects, it is not found.
    """
    pattern = rf'^{_PAIRS}\s*"{name}"\s*:\s*({_NUMBER})'
    return f"regexp_extract({line}, {literal(pattern)}, 1)"
