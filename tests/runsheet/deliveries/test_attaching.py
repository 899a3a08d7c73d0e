"""Whether and how the CSV is in the mail."""

from __future__ import annotations

import io
import random
import zipfile
from typing import TYPE_CHECKING

import pytest

from runsheet.deliveries import attaching
from runsheet.runtime import clients
from tests.mails import put_file

if TYPE_CHECKING:
    from runsheet.report_configs.model import Attach

# Scaled down a thousandfold, so that a test takes no time.
KILO = 1000


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attaching, "MAX_BYTES", 5 * KILO)
    monkeypatch.setattr(attaching, "MAX_BYTES_ALWAYS", 7 * KILO)
    monkeypatch.setattr(attaching, "_MAX_ZIPPED_FROM", 100 * KILO)
    monkeypatch.setattr(attaching, "_HEAD_BYTES", 100)
    monkeypatch.setattr(attaching, "_TAIL_BYTES", 500)
    monkeypatch.setattr(attaching, "_CHUNK", KILO)


def csv(size: int, *, shrinks: bool) -> bytes:
    noise = random.Random(1).randbytes(size).replace(b"\n", b"x")  # noqa: S311 - the same on each run
    return (b"a\n" + (b"0" * size if shrinks else noise))[:size]


@pytest.mark.parametrize(
    ("attach", "size", "shrinks", "expected"),
    [
        ("auto", 5 * KILO, False, "text/csv"),
        ("auto", 5 * KILO + 1, True, "application/zip"),
        ("auto", 5 * KILO + 1, False, None),
        ("auto", 100 * KILO, True, "application/zip"),
        ("auto", 100 * KILO + 1, True, None),
        ("always", 7 * KILO, False, "text/csv"),
        ("always", 7 * KILO + 1, True, "application/zip"),
        ("always", 7 * KILO + 1, False, None),
        ("never", 10, True, None),
        ("never", 50 * KILO, True, None),
    ],
)
def test_small_is_attached_larger_is_zipped_else_there_is_the_link(
    attach: Attach, size: int, expected: str | None, *, shrinks: bool
) -> None:
    content = csv(size, shrinks=shrinks)
    found = attaching.contents(put_file(content), attach, "report-2026-11-21")
    if expected is None:
        assert found.attachment is None
        assert "not attached" in found.note or "too large" in found.note
        return
    assert found.attachment is not None
    assert found.attachment.media_type == expected
    if expected == "text/csv":
        assert found.attachment.filename == "report-2026-11-21.csv"
        assert found.attachment.content == content
    else:
        assert found.attachment.filename == "report-2026-11-21.zip"
        with zipfile.ZipFile(io.BytesIO(found.attachment.content)) as archive:
            assert archive.read("report-2026-11-21.csv") == content


def test_a_large_file_is_never_read_whole_into_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    extents: list[object] = []
    real = clients.s3().get_object

    def noted(**given: object) -> object:
        extents.append(given.get("Range"))
        return real(**given)  # type: ignore[arg-type]

    file = put_file(csv(200 * KILO, shrinks=True))
    monkeypatch.setattr(clients.s3(), "get_object", noted)
    attaching.contents(file, "auto", "r")
    assert extents == ["bytes=0-99", "bytes=199500-"]


def test_the_totals_of_a_large_aging_are_read_from_its_end() -> None:
    header = b"row_type,customer_name,currency,current,days_1_30,days_31_60,days_61_90,days_91_plus,total\n"
    total = b'"total","TOTAL","eur","1.00","2.00","0.00","0.00","-1.00","2.00"\n'
    content = header + b'"customer","x","eur","1.00","0","0","0","0","1.00"\n' * 5000 + total
    assert len(header) <= 100
    found = attaching.contents(put_file(content), "never", "r")
    assert found.summary is not None
    assert [one.currency for one in found.summary.totals] == ["EUR"]


def test_an_empty_object_is_no_error() -> None:
    found = attaching.contents(put_file(b""), "never", "r")
    assert found.summary is None
