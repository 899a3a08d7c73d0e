"""Strict casts, as SQL: a value is taken as it is meant or refused, never rounded, trimmed or guessed.

DuckDB's own casts are not used on text unguarded: they make 13 of "12.5", 16 of "0x10", and drop the offset of
"2024-01-01T00:00:00+02:00" on the way to TIMESTAMP (1.5.5). So a pattern decides first.
"""

# ruff: noqa: S608 - identifiers are quoted, texts are literals; DuckDB binds no names of columns and files

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runsheet import money
from runsheet.datasets.model import DECIMAL
from runsheet.engine.session import identifier, literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from runsheet.datasets.model import Column, Schema

# As long as any text of the v1 contract (contracts: v1, section 1.1).
MAX_TEXT_BYTES = 5_000
MAX_MAP_BYTES = 100_000
# Held against the cast value, once: in the cast, it would be made for each comparison.
_RANGES = {
    "TIMESTAMP": "between timestamp '1900-01-01' and timestamp '9999-12-31 23:59:59.999999'",
    "DATE": "between date '1900-01-01' and date '9999-12-31'",
}

_WHOLE_NUMBER = "-?[0-9]{1,18}"
_UNIX_SECONDS = "-?[0-9]{1,12}"
# Behind the ninth decimal only zeros: nothing that is written is dropped.
_PLAIN_DECIMAL = r"-?[0-9]{1,9}(\.[0-9]{1,9}0*)?"
# What a DECIMAL(38, 29) holds exactly, if it fits in it: at most 18 + 9 decimals.
_SCIENTIFIC_DECIMAL = r"-?[0-9]{1,9}(\.[0-9]{1,18}0*)?[eE][-+]?0{0,2}[0-9]"
_DATE = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
# Below a microsecond only zeros: nothing that is written is dropped.
_TIME = (
    r"([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,6}0{0,3})?(Z|[+-](0[0-9]|1[0-8])(:?[0-5][0-9])?)?"
)
_INSTANT = f"{_DATE}([T ]{_TIME})?"
# The usual form of an instant, half the time of the pattern. What it lets through beyond that no cast takes, but 24:00.
_USUAL_INSTANT = "[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]Z"

_EXPECTED = {
    "VARCHAR": f"must be text of at most {MAX_TEXT_BYTES} bytes without NUL characters",
    "BIGINT": "must be a whole number (amounts: minor units, at most 15 digits)",
    DECIMAL: "must be a decimal number such as 12.5, of at most 9 digits before the point and 9 behind it",
    "TIMESTAMP": "must be an ISO 8601 time of the years 1900 to 9999, UTC unless it has an offset (JSON: or unix seconds)",
    "DATE": "must be a date as YYYY-MM-DD of the years 1900 to 9999",
    "BOOLEAN": "must be true or false",
    "MAP(VARCHAR, VARCHAR)": "must be an object whose keys are there once and whose values are text",
}
_PARQUET_INTEGER = re.compile(r"U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|DECIMAL\(\d+,0\)")
_PARQUET_DECIMAL = re.compile(r"DECIMAL\(\d+,[0-9]\)")
_PARQUET_TEXT = re.compile(r"VARCHAR|JSON|UUID|ENUM\(.*\)", re.DOTALL)
_PARQUET_INSTANT = re.compile(r"TIMESTAMP(_S|_MS|_NS)?")
_ONE_OF_MANY = re.compile(r"(?P<column>\w+) in \( ?(?P<words>('\w+', ){8,}'\w+') ?\)", re.ASCII)
# The form of a check, and how it is put to whoever sent a record.
_REASONS = tuple(
    (re.compile(form), words)
    for form, words in (
        (r"\w+ in \( ?(.+?) ?\)", "must be one of {0}"),
        (r"\w+ not in \( ?(.+?) ?\)", "must not be one of {0}"),
        (r"\w+ >= (\w+)", "must be at least {0}"),
        (r"\w+ between (\S+) and (\S+)", "must be from {0} to {1}"),
        (r"length\(\w+\) between (\d+) and (\d+)", "must be {0} to {1} characters long"),
        (r"(\w+) = trim\(\1\)", "must not begin or end with a space"),
        (r"not regexp_matches\(\w+, '\[\\p{Cc}\\p{Zl}\\p{Zp}\]'\)", "must not hold control characters"),
    )
)


@dataclass(frozen=True, slots=True)
class Field:
    """A column of the input.

    Attributes:
        name: the schema's column, or `deleted`.
        raw: SQL of what stands in the input; NULL where nothing does.
        value: SQL of the cast value; NULL where `raw` is not what it must be. A time or date may be out of range.
        expected: what it must be.
    """

    name: str
    raw: str
    value: str
    expected: str


def from_text(column: Column, raw: str) -> Field:
    """Return the field of a CSV cell."""
    return Field(column.name, raw, _text_casts[column.type](raw), _EXPECTED[column.type])


def from_json(column: Column, raw: str, number: str) -> Field:
    """Return the field of a JSON value.

    Args:
        column: what it must be.
        raw: SQL of the value, of DuckDB's type JSON. It keeps whole numbers as they are written, and no others.
        number: SQL of the number as it is written, '' if it is none; read for decimals only.
    """
    is_text = f"starts_with({raw}::varchar, '\"')"
    text = f"({raw} ->> '$')"
    whole = f"{raw}::varchar"
    match column.type:
        case "VARCHAR" | "DATE":
            value = f"case when {is_text} then {_text_casts[column.type](text)} end"
        case "BIGINT":
            value = _whole_number(whole)
        case "DECIMAL(18,9)":
            value = f"case when {is_text} then {_decimal(text)} else {_json_decimal(number)} end"
            raw = f"case when {is_text} or {number} = '' then {raw}::varchar else {number} end"
        case "BOOLEAN":
            value = f"case {whole} when 'true' then true when 'false' then false end"
        case "TIMESTAMP":
            value = f"case when {is_text} then {_instant(text)} else {_unix_seconds(whole)} end"
        case _:
            value = _map(f"{raw}::varchar")
    return Field(column.name, raw, value, _EXPECTED[column.type])


def from_parquet(column: Column, raw: str, stored: str) -> Field | None:
    """Return the field of a Parquet column that DuckDB reads as type `stored`; None if that can never be right."""
    value = _parquet_value(column.type, raw, stored)
    return None if value is None else Field(column.name, raw, value, _EXPECTED[column.type])


def from_keys(column: Column, cells: Sequence[tuple[str, str]]) -> Field:
    """Return the map field made of CSV columns of their own, `payment_metadata[key]`: pairs of key and cell."""
    entries = ", ".join(f"{{k: {literal(key)}, v: {_text(cell)}}}" for key, cell in cells)
    bad = " or ".join(f"({cell} is not null and {_text(cell)} is null)" for _, cell in cells)
    # The lambda's variable is named so that no column of the input can be meant.
    given = f"list_filter([{entries}], lambda _entry: _entry.v is not null)"
    raw = f"coalesce({', '.join(cell for _, cell in cells)})"
    return Field(
        column.name,
        raw,
        f"case when {bad} then null else map_from_entries({given}) end",
        _EXPECTED["VARCHAR"],
    )


def absent(column: Column) -> Field:
    """Return the field of a column that the input does not have."""
    return Field(column.name, "null::varchar", f"null::{column.type}", "")


def judged(
    schema: Schema, fields: Iterable[Field], relation: str, *, number: str, blank: str
) -> tuple[str, list[tuple[str, str]]]:
    """Return SQL that casts and judges every row of `relation`, and the faults it can find.

    The SQL's columns are those of `fields`, `_deleted`, `_number` and `_blank` (as given), `_fault` (an index into the
    faults, or NULL) and `_shown` (the beginning of what stands there). A fault is a column and a reason. A deletion
    needs its key only.
    """
    listed = list(fields)
    names = {field.name for field in listed}
    deletes = "deleted" in names
    unless_deleted = "not coalesce(deleted, false) and " if deletes else ""
    faults: list[tuple[str, str]] = []
    cases: list[str] = []
    shown: list[str] = []

    def fault(column: str, reason: str, condition: str, raw: str) -> None:
        cases.append(f"when {condition} then {len(faults)}")
        shown.append(f"when {len(faults)} then left({raw}::varchar, 100)")
        faults.append((column, reason))

    raws = {field.name: f"_raw{number}" for number, field in enumerate(listed)}
    for field in listed:
        raw, name = raws[field.name], identifier(field.name)
        always = field.name in {schema.key, "deleted"}
        guard = "" if always else unless_deleted
        column = schema.column(field.name)
        if column is not None and not column.nullable:
            fault(field.name, "is required", f"{guard}{raw} is null", "null")
        if field.expected:
            within = _RANGES.get(column.type) if column is not None else None
            wrong = f"coalesce({name} not {within}, true)" if within else f"{name} is null"
            fault(field.name, field.expected, f"{guard}{raw} is not null and {wrong}", raw)
    for currency in (name for name in schema.currencies if name in names):
        reason = "must be an ISO 4217 currency code in lower case"
        known = _is_one_of(identifier(currency), sorted(money.EXPONENTS))
        fault(currency, reason, f"{unless_deleted}not {known}", raws[currency])
    for condition, columns in ((check, _columns_of(schema, check)) for check in schema.checks):
        if names.issuperset(columns):
            guard = "" if columns[0] == schema.key else unless_deleted
            fault(columns[0], _reason(condition), f"{guard}not ({_fast(condition)})", raws[columns[0]])

    typed = ", ".join(
        f"{field.raw} as {raws[field.name]}, {field.value} as {identifier(field.name)}" for field in listed
    )
    values = ", ".join(
        f"case when deleted then null else {identifier(name)} end as {identifier(name)}"
        if deletes and name != schema.key
        else identifier(name)
        for name in (field.name for field in listed)
        if name != "deleted"
    )
    sql = (
        f"with typed as not materialized (select {typed}, {number} as _number, {blank} as _blank from ({relation})), "
        f"judged as not materialized (select *, case when _blank then null {' '.join(cases)} end as _fault from typed) "
        f"select {values}, {'coalesce(deleted, false)' if deletes else 'false'} as _deleted, _number, _blank, _fault, "
        f"case _fault {' '.join(shown)} end as _shown from judged"
    )
    return sql, faults


def _columns_of(schema: Schema, condition: str) -> list[str]:
    """Return the columns that a check is about, the one that it is reported for first."""
    without_text = re.sub(r"'[^']*'", "", condition)
    words = re.findall(r"[a-z][a-z0-9_]*", without_text)
    return [word for word in words if schema.column(word) is not None]


def _fast(condition: str) -> str:
    """Return a check as it is fast."""
    listed = _ONE_OF_MANY.fullmatch(condition)
    if listed is None:
        return condition
    return _is_one_of(listed["column"], re.findall(r"\w+", listed["words"]))


def _is_one_of(value: str, words: Iterable[str]) -> str:
    """Return the condition, NULL of NULL: an enum is a lookup, half the time of a pattern and a tenth of comparisons."""
    listed = ", ".join(literal(word) for word in words)
    return f"(case when {value} is not null then try_cast({value} as enum({listed})) is not null end)"


def _reason(condition: str) -> str:
    """Return a check in words, or as it stands if it is of no known form."""
    for form, words in _REASONS:
        found = form.fullmatch(condition)
        if found:
            return words.format(*(part.replace("'", "") for part in found.groups()))
    return f"must satisfy: {condition}"


def _text(raw: str) -> str:
    return f"case when strlen({raw}) <= {MAX_TEXT_BYTES} and not contains({raw}, chr(0)) then {raw} end"


def _whole_number(raw: str) -> str:
    return f"case when regexp_full_match({raw}, '{_WHOLE_NUMBER}') then try_cast({raw} as bigint) end"


def _decimal(raw: str) -> str:
    return f"case when regexp_full_match({raw}, '{_PLAIN_DECIMAL}') then try_cast({raw} as {DECIMAL}) end"


def _json_decimal(number: str) -> str:
    """Read 1e-9 as well, which is how many write small numbers."""
    wide = f"try_cast({number} as decimal(38, 29))"
    exact = f"case when try_cast({wide} as {DECIMAL}) = {wide} then try_cast({wide} as {DECIMAL}) end"
    return f"case when regexp_full_match({number}, '{_SCIENTIFIC_DECIMAL}') then {exact} else {_decimal(number)} end"


def _instant(raw: str) -> str:
    # By way of TIMESTAMPTZ, which heeds the offset (the session's time zone is UTC), and without ICU's slow way back.
    instant = f"make_timestamp(epoch_us(try_cast({raw} as timestamptz)))"
    usual = f"({raw} glob '{_USUAL_INSTANT}' and not contains({raw}, 'T24'))"
    return f"case when {usual} or regexp_full_match({raw}, '{_INSTANT}') then {instant} end"


def _unix_seconds(raw: str) -> str:
    seconds = f"make_timestamp(try_cast({raw} as bigint) * 1000000)"
    return f"case when regexp_full_match({raw}, '{_UNIX_SECONDS}') then {seconds} end"


def _date(raw: str) -> str:
    return f"case when regexp_full_match({raw}, '{_DATE}') then try_cast({raw} as date) end"


def _boolean(raw: str) -> str:
    return f"case lower({raw}) when 'true' then true when 'false' then false end"


def _map(raw: str) -> str:
    """Read a JSON object of text; a value that is null is left out. `try` because a key that is there twice raises.

    It raises where the map is made, not where it is cast: DuckDB keeps the pairs until then (1.5.5).
    """
    entries = f"map_entries(try(cast({raw} as json)::map(varchar, json)))"
    bad = (
        "json_type(_entry.value) not in ('VARCHAR', 'NULL') "
        f"or strlen(_entry.value ->> '$') > {MAX_TEXT_BYTES} "
        "or contains(_entry.key, chr(0)) or contains(_entry.value ->> '$', chr(0))"
    )
    texts = f"list_transform({entries}, lambda _entry: {{k: _entry.key, v: _entry.value ->> '$'}})"
    made = f"try(map_from_entries(list_filter({texts}, lambda _entry: _entry.v is not null)))"
    return (
        f"case when strlen({raw}) <= {MAX_MAP_BYTES} and json_valid({raw}) and json_type({raw}) = 'OBJECT' "
        f"and len(list_filter({entries}, lambda _entry: {bad})) = 0 then {made} end"
    )


_text_casts: dict[str, Callable[[str], str]] = {
    "VARCHAR": _text,
    "BIGINT": _whole_number,
    DECIMAL: _decimal,
    "TIMESTAMP": _instant,
    "DATE": _date,
    "BOOLEAN": _boolean,
    "MAP(VARCHAR, VARCHAR)": _map,
}


def _parquet_value(wanted: str, raw: str, stored: str) -> str | None:
    if _PARQUET_TEXT.fullmatch(stored):
        return _text_casts[wanted](f"{raw}::varchar")
    value = None
    match wanted:
        case "BIGINT" if _PARQUET_INTEGER.fullmatch(stored):
            value = f"try_cast({raw} as bigint)"
        case "DECIMAL(18,9)" if _PARQUET_INTEGER.fullmatch(stored) or _PARQUET_DECIMAL.fullmatch(stored):
            value = f"try_cast({raw} as {DECIMAL})"
        case "TIMESTAMP" if _PARQUET_INTEGER.fullmatch(stored):
            value = _unix_seconds(f"{raw}::varchar")
        case "TIMESTAMP" if _PARQUET_INSTANT.fullmatch(stored) or stored == "DATE":
            value = f"try_cast({raw} as timestamp)"
        case "TIMESTAMP" if stored == "TIMESTAMP WITH TIME ZONE":
            value = f"make_timestamp(epoch_us({raw}))"
        case "DATE" if stored == "DATE":
            value = raw
        case "BOOLEAN" if stored == "BOOLEAN":
            value = raw
        case "MAP(VARCHAR, VARCHAR)" if stored == wanted or stored.startswith("STRUCT("):
            value = _map(f"to_json({raw})::varchar")
    return value
