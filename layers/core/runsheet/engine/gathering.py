"""Reads recent files once for a run, before its session is locked: each of its parts would else read all of them again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from runsheet.engine import session
from runsheet.engine.session import literal

if TYPE_CHECKING:
    from collections.abc import Container, Sequence
    from datetime import datetime

    import duckdb

    from runsheet.engine.relations import Gathered, Relation, Source

# What a run writes for itself is read within seconds: to compress it costs more than it saves.
# Row groups are so small that a part of the time reads little more than its own, and that to write them holds little memory.
_ON_DISK = "format parquet, compression uncompressed, use_tmp_file false, row_group_size 20480"
# Records of a row group of the lake's files, at the most.
_ROW_GROUP = 122_880
# About 64 MB.
_CELLS_AT_ONCE = 4_000_000
# Of records: as many keys are read while one footer is waited for.
_ROWS_FOR_A_FOOTER = 50_000


def gather(
    connection: duckdb.DuckDBPyConnection, relation: Relation, to: Gathered, named: Container[str]
) -> Relation:
    """Read recent files, in place of `Relation.prepare`, and return the relation that reads them from the disk from now on.

    Args:
        connection: a session that is not locked yet.
        relation: returned as it is if it has no recent files.
        to: what is made of them.
        named: the columns that are needed beside key and time; the others are read as NULL.
    """
    if not relation.recent:
        return relation
    key, time = relation.schema.key, relation.schema.time
    needed = [
        column.name
        for column in relation.schema.columns
        if column.name in {key, time} or column.name in named
    ]
    columns = ", ".join(needed)
    order = f"order by {time}, {key}" if to.by_time else ""
    # Each thread holds a row group of all columns.
    cells = max(min(source.rows, _ROW_GROUP) for source in relation.recent) * len(needed)
    threads = min(max(_CELLS_AT_ONCE // max(cells, 1), 1), session.READERS)
    with session.in_any_order(connection, threads):
        connection.execute(
            f"copy (select {columns}, _deleted, file_index::bigint as _index from {relation.files(relation.recent)} {order})"  # noqa: S608
            f" to {literal(to.held)} ({_ON_DISK})"
        )
    with session.in_any_order(connection, session.READERS):
        relation.note_latest(connection, f"read_parquet({literal(to.held)})", "_index")
        near = _with_keys_near(connection, relation)
        if to.replaced:
            _note_replaced(connection, relation, to.held, near)
    apart = frozenset(source.path for source in relation.base if source not in near)
    return replace(relation, gathered=replace(to, apart=apart))


def touched(
    connection: duckdb.DuckDBPyConnection, relation: Relation, parts: Sequence[tuple[datetime, datetime]]
) -> dict[int, list[Source]]:
    """Return the recent files, in the order in which they win, that the records of each of consecutive parts depend on.

    These hold a version of a record that any file has in the part, or its deletion: also where the newest
    version belongs into another part, or another file says so. What is not in the answer is as without recent files.

    Args:
        connection: the session of the run.
        relation: gathered with what it replaces, or without recent files: they touch nothing.
        parts: naive UTC.
    """
    if relation.gathered is None or not parts:
        return {}
    found = connection.execute(
        f"""with parts as (select unnest($numbers::bigint[]) as number, unnest($starts::timestamp[]) as first)
        select distinct number, _index
        from {_moments(relation)} as held asof join parts on held.moment >= parts.first
        where held.moment < $end
        order by all""",  # noqa: S608 - names of the catalogue
        {
            "numbers": list(range(len(parts))),
            "starts": [first for first, _ in parts],
            "end": parts[-1][1],
        },
    ).fetchall()
    recent: dict[int, list[Source]] = {}
    for number, index in found:
        recent.setdefault(number, []).append(relation.recent[index])
    return recent


def _note_replaced(
    connection: duckdb.DuckDBPyConnection, relation: Relation, held: str, near: Sequence[Source]
) -> None:
    """Make the tables of the base's records that are replaced, and of all times that each recent file says something of."""
    key, time = relation.schema.key, relation.schema.time
    of_key = f"select {key} as key, {time}::timestamp as moment"
    # Not `in` or a semi join: of these DuckDB takes the base for the smaller side, and holds all of its keys in memory.
    base = (
        f"{of_key} from {relation.files(near)} where not ({key} not in (select key from {relation.latest}))"  # noqa: S608
    )
    none = f"select key, null::timestamp as moment from {relation.latest} where false"  # noqa: S608
    connection.execute(f"create table {relation.replaced} as {base if near else none} order by moment")
    recent = f"read_parquet({literal(held)})"
    connection.execute(
        f"""create table {_moments(relation)} as
        select distinct moment, _index
        from (
            {of_key} from {recent} where {time} is not null union select key, moment from {relation.replaced}
        ) as told
        join (select {key} as key, _index from {recent}) as recent using (key)"""  # noqa: S608 - names of the catalogue
    )


def _with_keys_near(connection: duckdb.DuckDBPyConnection, relation: Relation) -> list[Source]:
    """Return the base files that may have a key of a recent file, by the least and the greatest key in their footers.

    Keys that follow time, as many do, leave a few files of many; to read the keys of all takes as long as a summary.
    """
    rows = sum(source.rows for source in relation.base)
    if rows < _ROWS_FOR_A_FOOTER * len(relation.base) or not rows:
        return list(relation.base)
    paths = ", ".join(literal(source.path) for source in relation.base)
    ranges = connection.execute(
        "select file_name, min(stats_min_value), max(stats_max_value),"  # noqa: S608 - paths are ours
        " bool_and(stats_min_value is not null and stats_max_value is not null)"
        f" from parquet_metadata([{paths}]) where path_in_schema = $key group by file_name",
        {"key": relation.schema.key},
    ).fetchall()
    [(lowest, highest)] = connection.execute(f"select min(key), max(key) from {relation.latest}").fetchall()  # noqa: S608
    near = {path for path, _, _, is_known in ranges if not is_known}
    around = [
        (path, least, greatest)
        for path, least, greatest, is_known in ranges
        if is_known and least <= highest and greatest >= lowest
    ]
    if around:
        # For each file the first key from its least one on. A join by inequality would sort all keys.
        firsts = ", ".join(
            f"min(key) filter (where key >= ${number})" for number in range(1, len(around) + 1)
        )
        [found] = connection.execute(
            f"select {firsts} from {relation.latest}",  # noqa: S608 - a name of the catalogue
            [least for _, least, _ in around],
        ).fetchall()
        near |= {
            path
            for (path, _, greatest), first in zip(around, found, strict=True)
            if first is not None and first <= greatest
        }
    return [source for source in relation.base if source.path in near]


def _moments(relation: Relation) -> str:
    return f"moments_{relation.schema.dataset}"
