"""File links as their owner makes, shows, changes and lists them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from runsheet import ids
from runsheet.errors import Conflict, InvalidRequest, NotFound
from runsheet.file_links import addresses, service, table
from runsheet.file_links.model import FileLink
from runsheet.file_links.objects import FileLinkChanges, FileLinkListQuery, NewFileLink
from runsheet.runtime import clock, secrets
from runsheet.runtime.settings import settings
from runsheet.tenancy import Tenant
from tests.links import DAY, YEAR, calls, delete_file, put_file, put_old_link, stored_links
from tests.mails import NOW, TENANT

if TYPE_CHECKING:
    from collections.abc import Callable

    from runsheet.file_links.objects import FileLinkObject
    from runsheet.files.model import File

pytestmark = pytest.mark.usefixtures("tables", "secrets")
BASE = "https://reports.example.com"
OTHERS = (Tenant("org_a", "live"), Tenant("org_b", "test"))


@pytest.fixture(autouse=True)
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Set the clock; at first it shows when the file was made."""

    def move(moment: int) -> None:
        monkeypatch.setattr(clock, "now", lambda: datetime.fromtimestamp(moment, UTC))

    move(NOW)
    return move


@pytest.fixture
def file() -> File:
    return put_file()


def create(file: File, **fields: Any) -> FileLink:
    return service.create(TENANT, NewFileLink.model_validate({"file": file.id, **fields}))


def update(link: FileLink, **fields: Any) -> FileLink:
    return service.update(TENANT, link.id, FileLinkChanges.model_validate(fields))


def show(link: FileLink, *expand: str) -> FileLinkObject:
    return service.shown(service.retrieve(TENANT, link.id), BASE, expand)


# ---------------------------------------------------------------- make and show


def test_a_link_is_shown_as_the_contract_has_it(file: File) -> None:
    link = create(file, expires_at=str(NOW + DAY), metadata={"to": "auditor"})
    assert show(link).model_dump(mode="json") == {
        "id": link.id,
        "object": "file_link",
        "created": NOW,
        "expired": False,
        "expires_at": NOW + DAY,
        "file": file.id,
        "livemode": False,
        "metadata": {"to": "auditor"},
        "url": f"{BASE}/links/{addresses.token_of(link.id)}",
        "opened": 0,
        "last_opened_at": None,
    }
    assert service.shown(link, BASE, []) == show(link)
    table.note_opened(link.token_hash, now=NOW + 7)
    assert (show(link).opened, show(link).last_opened_at) == (1, NOW + 7)


@pytest.mark.parametrize(
    ("given", "end"), [(None, YEAR), ("", YEAR), (str(NOW + 5), 5), (str(NOW + 2 * YEAR), YEAR)]
)
def test_a_link_ends_when_it_was_asked_to_and_at_the_latest_with_its_file(
    file: File, given: str | None, end: int
) -> None:
    assert create(file, expires_at=given).expires_at == NOW + end


@pytest.mark.parametrize("moment", [NOW, NOW - 5, 0, -1])
def test_an_end_in_the_past_is_refused(file: File, moment: int) -> None:
    with pytest.raises(InvalidRequest, match="must be a moment in the future") as refused:
        create(file, expires_at=str(moment))
    assert refused.value.param == "expires_at"
    assert list(stored_links()) == []


def test_a_file_that_is_not_there_is_refused(at: Callable[[int], None]) -> None:
    foreign, expired = put_file(tenant=OTHERS[1]), put_file(expires_at=NOW)
    for file_id in ("file_nope", foreign.id, expired.id, "../x"):
        with pytest.raises(InvalidRequest, match="No such file") as refused:
            service.create(TENANT, NewFileLink(file=file_id))
        assert (refused.value.param, refused.value.code) == ("file", "resource_missing")
    assert list(stored_links()) == []
    at(NOW - 1)
    assert service.create(TENANT, NewFileLink(file=expired.id)).expires_at == NOW


def test_the_file_is_expanded_where_it_is_still_there(file: File, at: Callable[[int], None]) -> None:
    link = create(file)
    assert show(link, "file").model_dump()["file"]["url"] == f"{BASE}/v1/files/{file.id}/contents"
    at(NOW + YEAR)
    assert show(link, "file").file == file.id
    delete_file(file)
    assert show(link, "file").file == file.id


def test_a_link_is_found_by_its_tenant_only_and_for_ninety_days_after_its_end(
    file: File, at: Callable[[int], None]
) -> None:
    link = create(file, expires_at=str(NOW + DAY))
    for tenant in OTHERS:
        with pytest.raises(NotFound, match=f"No such file_link: '{link.id}'"):
            service.retrieve(tenant, link.id)
        with pytest.raises(NotFound):
            service.update(tenant, link.id, FileLinkChanges(expires_at="now"))
    for unknown in ("link_nope", "file_1", "", "link_" + "x" * 5000):
        with pytest.raises(NotFound):
            service.retrieve(TENANT, unknown)
    at(NOW + 91 * DAY - 1)
    assert show(link).expired
    at(NOW + 91 * DAY)
    with pytest.raises(NotFound):
        service.retrieve(TENANT, link.id)


def test_a_link_is_found_where_its_id_says_and_not_by_the_index_that_lags(file: File) -> None:
    link = create(file)
    made = calls()
    service.retrieve(TENANT, link.id)
    assert made == ["GetItem"]


def test_with_another_key_links_go_on_working_and_their_addresses_are_not_told(file: File) -> None:
    link = create(file)
    token_hash = link.token_hash
    boto3.client("secretsmanager").put_secret_value(SecretId="FileLinksSecret", SecretString="another")
    secrets.secret.cache_clear()
    assert show(link).url is None
    assert table.by_token(token_hash) == link
    assert show(create(file)).url is not None


# ---------------------------------------------------------------- change


def test_a_link_expires_at_once(file: File, at: Callable[[int], None]) -> None:
    link = create(file)
    at(NOW + 9)
    ended = service.shown(update(link, expires_at="now"), BASE, [])
    assert (ended.expired, ended.expires_at) == (True, NOW + 9)
    assert show(link) == ended


def test_the_end_is_moved_and_taken_away(file: File) -> None:
    link = create(file, expires_at=str(NOW + DAY))
    assert update(link, expires_at=str(NOW + 2 * DAY)).expires_at == NOW + 2 * DAY
    assert update(link, expires_at=str(NOW + 2 * YEAR)).expires_at == NOW + YEAR
    assert update(link, expires_at=str(NOW + 3)).expires_at == NOW + 3
    assert update(link, metadata={"a": "b"}).expires_at == NOW + 3
    assert update(link, expires_at="").expires_at == NOW + YEAR
    item = next(stored_links())
    assert int(item["remove_at"]["N"]) == NOW + YEAR + 90 * DAY
    with pytest.raises(InvalidRequest, match="must be a moment in the future"):
        update(link, expires_at=str(NOW))


@pytest.mark.parametrize("fields", [{"expires_at": "now"}, {"expires_at": str(NOW + YEAR)}, {"metadata": ""}])
def test_an_expired_link_stays_as_it_is(
    file: File, at: Callable[[int], None], fields: dict[str, Any]
) -> None:
    withdrawn, ended = create(file), create(file, expires_at=str(NOW + DAY))
    update(withdrawn, expires_at="now")
    at(NOW + DAY)
    for link in (withdrawn, ended):
        before = show(link)
        with pytest.raises(InvalidRequest, match="Expired links can no longer be updated"):
            update(link, **fields)
        assert show(link) == before


def test_a_link_of_a_file_that_was_deleted_cannot_be_prolonged(file: File) -> None:
    link = create(file, expires_at=str(NOW + DAY))
    delete_file(file)
    with pytest.raises(InvalidRequest, match="No such file") as refused:
        update(link, expires_at="")
    assert refused.value.param == "expires_at"
    assert update(link, expires_at="now").revoked


def test_metadata_are_merged_and_unset(file: File) -> None:
    link = create(file, metadata={"a": "1", "b": "2", "c": ""})
    assert link.metadata == {"a": "1", "b": "2"}
    assert update(link, metadata={"b": "", "c": "3", "z": ""}).metadata == {"a": "1", "c": "3"}
    assert update(link, expires_at=str(NOW + 3)).metadata == {"a": "1", "c": "3"}
    assert update(link, metadata={}).metadata == {"a": "1", "c": "3"}
    assert update(link, metadata="").metadata == {}


def test_fifty_keys_are_allowed_after_all_changes(file: File) -> None:
    fifty = {f"key_{number}": "x" for number in range(50)}
    link = create(file, metadata=fifty)
    with pytest.raises(InvalidRequest, match="can have up to 50 keys, but you've set 51") as refused:
        update(link, metadata={"one_more": "x"})
    assert refused.value.param == "metadata"
    assert len(update(link, metadata={"one_more": "x", "key_0": ""}).metadata) == 50
    with pytest.raises(InvalidRequest, match="set 51"):
        create(file, metadata=fifty | {"one_more": "x"})


def test_two_changes_at_once_do_not_undo_each_other(file: File, monkeypatch: pytest.MonkeyPatch) -> None:
    link = create(file)
    written = table.update

    def after_another(changed: FileLink) -> FileLink | None:
        monkeypatch.setattr(table, "update", written)
        update(link, metadata={"theirs": "1"})
        return written(changed)

    monkeypatch.setattr(table, "update", after_another)
    assert update(link, metadata={"ours": "2"}).metadata == {"ours": "2", "theirs": "1"}
    monkeypatch.setattr(table, "update", lambda _: None)
    with pytest.raises(Conflict):
        update(link, metadata={"ours": "3"})


def test_a_change_does_not_undo_a_click(file: File) -> None:
    link = create(file)
    table.note_opened(link.token_hash, now=NOW)
    assert update(link, metadata={"a": "b"}).opens == 1


def test_what_changes_nothing_is_not_written(file: File) -> None:
    link = create(file, metadata={"a": "b"})
    made = calls()
    assert update(link) == link
    assert update(link, metadata={"a": "b"}) == link
    assert "UpdateItem" not in made


# ---------------------------------------------------------------- list


def page(**query: Any) -> tuple[list[str], bool]:
    answer = service.listed(TENANT, FileLinkListQuery.model_validate(query), BASE)
    return [link.id for link in answer.data], answer.has_more


@pytest.fixture
def twelve_links(file: File, at: Callable[[int], None]) -> list[str]:
    """The ids of twelve links, newest first; one every second from NOW on, every third of them expired by NOW + 12."""
    made = []
    for second in range(12):
        at(NOW + second)
        end = str(NOW + 12 if second % 3 == 0 else NOW + DAY)
        made.append(create(file, expires_at=end).id)
    at(NOW + 12)
    return made[::-1]


def test_a_list_is_newest_first_and_pages_both_ways(twelve_links: list[str]) -> None:
    links = twelve_links
    assert page() == (links[:10], True)
    assert page(limit=12) == (links, False)
    assert page(limit=5, starting_after=links[4]) == (links[5:10], True)
    assert page(limit=5, starting_after=links[6]) == (links[7:], False)
    assert page(limit=5, starting_after=links[-1]) == ([], False)
    assert page(limit=5, ending_before=links[7]) == (links[2:7], True)
    assert page(limit=5, ending_before=links[5]) == (links[:5], False)
    assert page(ending_before=links[0]) == ([], False)


def test_a_list_is_filtered_by_creation(twelve_links: list[str]) -> None:
    assert page(created={"gte": NOW + 10}) == (twelve_links[:2], False)
    assert page(created=NOW + 3) == ([twelve_links[8]], False)
    assert page(created={"lt": NOW + 4}, starting_after=twelve_links[9]) == (twelve_links[10:], False)
    assert page(created={"gt": NOW + 4, "lt": NOW + 5}) == ([], False)


def test_a_list_is_filtered_by_expiration(twelve_links: list[str]) -> None:
    expired, working = twelve_links[2::3], [link for link in twelve_links if link not in twelve_links[2::3]]
    assert page(expired="true") == (expired, False)
    assert page(expired="false") == (working, False)
    assert page(expired="true", limit=3) == (expired[:3], True)
    assert page(expired="true", limit=3, starting_after=expired[2]) == (expired[3:], False)
    assert page(expired="false", limit=3, ending_before=working[5]) == (working[2:5], True)
    # A cursor need not be one of those that are asked for.
    assert page(expired="true", starting_after=working[2]) == (expired[1:], False)
    service.update(TENANT, working[0], FileLinkChanges(expires_at="now"))
    assert page(expired="true") == ([working[0], *expired], False)


def test_a_list_is_filtered_by_file(twelve_links: list[str], file: File) -> None:
    other = put_file()
    first, second = create(other).id, create(other, expires_at=str(NOW + 13)).id
    assert page(file=other.id)[0] in ([second, first], [first, second])  # made in one millisecond
    assert page(file=file.id, limit=100) == (twelve_links, False)
    assert page(file=file.id, limit=2, starting_after=twelve_links[3]) == (twelve_links[4:6], True)
    assert page(file=file.id, limit=2, ending_before=twelve_links[3]) == (twelve_links[1:3], True)
    assert page(file=file.id, expired="true") == (twelve_links[2::3], False)
    assert page(file=file.id, created={"gte": NOW + 11}) == (twelve_links[:1], False)


def test_links_of_earlier_releases_are_listed_by_tenant_and_by_file(file: File) -> None:
    old, _ = put_old_link(file)
    assert page() == ([old], False)
    assert page(file=file.id) == ([old], False)
    assert page(file=file.id, starting_after=old) == ([], False)


def test_others_links_are_not_listed(file: File) -> None:
    mine = create(file)
    foreign = put_file(tenant=OTHERS[1])
    theirs = service.create(OTHERS[1], NewFileLink(file=foreign.id))
    assert page() == ([mine.id], False)
    for param in ("starting_after", "ending_before"):
        for cursor in (theirs.id, "link_nope", file.id, "link_" + "x" * 5000):
            with pytest.raises(InvalidRequest, match="No such file_link") as refused:
                page(**{param: cursor})
            assert (refused.value.param, refused.value.code) == (param, "resource_missing")
    for unknown in (foreign.id, "file_nope"):
        with pytest.raises(InvalidRequest, match="No such file: ") as refused:
            page(file=unknown)
        assert (refused.value.param, refused.value.code) == ("file", "resource_missing")
    with pytest.raises(InvalidRequest, match="both starting_after and ending_before"):
        page(starting_after=mine.id, ending_before=mine.id)


def test_the_index_by_file_shows_nobody_a_link_of_another(file: File) -> None:
    """File ids are drawn at random; should two tenants have the same one, each still sees its own links alone."""
    put_file(tenant=OTHERS[1], id=file.id)
    theirs = service.create(OTHERS[1], NewFileLink(file=file.id))
    mine = create(file)
    assert theirs.id != mine.id
    assert page(file=file.id) == ([mine.id], False)


def test_forgotten_links_are_not_listed_though_they_are_still_there(
    file: File, at: Callable[[int], None]
) -> None:
    create(file, expires_at=str(NOW + DAY))
    kept = create(file, expires_at=str(NOW + 2 * DAY))
    at(NOW + 91 * DAY)
    assert page() == ([kept.id], False)


def test_the_files_are_expanded_in_a_list(file: File) -> None:
    other = put_file()
    for target in (file, other, file):
        create(target)
    listed = service.listed(TENANT, FileLinkListQuery(expand=["data.file"]), BASE).model_dump()["data"]
    assert sorted(link["file"]["id"] for link in listed) == sorted([file.id, file.id, other.id])


def test_a_list_costs_a_query_and_a_read(twelve_links: list[str], file: File) -> None:
    made = calls()
    page(limit=10)
    assert made == ["Query", "BatchGetItem"]
    made.clear()
    page(limit=5, starting_after=twelve_links[0])
    assert made == ["GetItem", "Query", "BatchGetItem"]
    made.clear()
    page(limit=10, file=file.id, expand=["data.file"])
    assert made == ["GetItem", "Query", "BatchGetItem", "BatchGetItem"]


@pytest.fixture
def many_links(file: File) -> list[str]:
    """250 links, newest first, the oldest of which has expired."""
    made = []
    for number in range(250):
        moment = datetime.fromtimestamp(NOW + number, UTC)
        link_id = ids.new_id("link", moment)
        table.put(
            FileLink(
                tenant=TENANT,
                id=link_id,
                token_hash=addresses.token_hash_of(link_id),
                file_id=file.id,
                created=NOW + number,
                expires_at=NOW + 300 if number == 0 else NOW + DAY,
            )
        )
        made.append(link_id)
    return made[::-1]


def test_one_expired_link_is_found_among_many(many_links: list[str], at: Callable[[int], None]) -> None:
    at(NOW + 300)
    assert page(expired="true") == ([many_links[-1]], False)
    assert page(expired="false", limit=100, starting_after=many_links[99]) == (many_links[100:200], True)


def test_a_search_that_would_read_too_much_says_how_to_narrow_it(
    many_links: list[str], at: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table, "MAX_READ", 200)
    at(NOW + 300)
    with pytest.raises(InvalidRequest, match="narrow the list by `created`") as refused:
        page(expired="true")
    assert refused.value.param == "expired"
    assert page(expired="true", created={"lt": NOW + 150}) == ([many_links[-1]], False)
    # What was found until then is a page; it goes on behind its last link.
    service.update(TENANT, many_links[50], FileLinkChanges(expires_at="now"))
    assert page(expired="true") == ([many_links[50]], True)
    assert page(expired="true", starting_after=many_links[50]) == ([many_links[-1]], False)


def test_an_item_is_read_back_as_it_was_stored(file: File) -> None:
    link = create(file, metadata={"1": "ä€😀", "b": "x" * 500})
    assert service.retrieve(TENANT, link.id) == link
    assert settings().file_links_table == "FileLinksTable"
