"""Files and file links on the stack: the official Python SDK on one side, whoever is given a link on the other."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import stripe

from local.deployment import physical_ids
from runsheet import tokens
from runsheet.organisations.model import NewOrganisation
from runsheet.runtime.items import to_item

if TYPE_CHECKING:
    from local.accounts import Accounts
    from local.place import Organisation, Place

pytestmark = pytest.mark.stack

DAY = 24 * 60 * 60
HEADER = '"category","description","net_amount","currency"\n'


@pytest.fixture(scope="module")
def owner(accounts: Accounts) -> Organisation:
    """An organisation without records: its reports have a header alone."""
    return accounts.create(NewOrganisation("Litware", "Europe/Vienna"))


@pytest.fixture(scope="module")
def client(owner: Organisation, place: Place) -> stripe.StripeClient:
    return client_of(owner.test_key, place)


def client_of(key: str, place: Place) -> stripe.StripeClient:
    addresses: Any = {"api": place.base_url, "files": place.base_url}
    return stripe.StripeClient(key, base_addresses=addresses, max_network_retries=0)


def new_file(client: stripe.StripeClient) -> stripe.File:
    """Run a report and return its result."""
    parameters: Any = {"interval_start": 1_680_000_000, "interval_end": 1_680_100_000, "refresh": "true"}
    run: Any = client.v1.reporting.report_runs.create(
        {"report_type": "balance.summary.1", "parameters": parameters}
    )
    deadline = time.monotonic() + 60
    while run.status == "pending" and time.monotonic() < deadline:
        time.sleep(0.2)
        run = client.v1.reporting.report_runs.retrieve(run.id)
    assert run.status == "succeeded", run
    file: stripe.File = run.result
    return file


@pytest.fixture(scope="module")
def files(client: stripe.StripeClient) -> list[stripe.File]:
    """Three files, newest first."""
    return [new_file(client) for _ in range(3)][::-1]


def table(place: Place) -> Any:
    return place.session().client("dynamodb", endpoint_url=place.aws_endpoint_url)


def opened(link: stripe.FileLink, method: str = "GET") -> httpx.Response:
    """Open a link as somebody who has no key."""
    assert link.url is not None
    return httpx.request(method, link.url, follow_redirects=True, timeout=30)


def test_files_of_others_and_wrong_lists_are_refused(
    client: stripe.StripeClient, files: list[stripe.File], owner: Organisation, place: Place
) -> None:
    live = client_of(owner.live_key, place)
    assert live.v1.files.list().data == []
    wrong: list[tuple[stripe.StripeClient, Any, str]] = [
        (live, {"starting_after": files[0].id}, "starting_after"),
        (client, {"ending_before": "file_none"}, "ending_before"),
        (client, {"purpose": "homework"}, "purpose"),
        (client, {"limit": 0}, "limit"),
    ]
    for asking, parameters, param in wrong:
        with pytest.raises(stripe.InvalidRequestError) as refused:
            asking.v1.files.list(parameters)
        assert (refused.value.http_status, refused.value.param) == (400, param)


def test_whoever_has_a_link_gets_the_file_without_a_key_and_is_counted(
    client: stripe.StripeClient, files: list[stripe.File], owner: Organisation
) -> None:
    link = client.v1.file_links.create({"file": files[1].id})

    scanned = opened(link, "HEAD")
    assert (scanned.status_code, scanned.content) == (200, b"")
    assert scanned.headers["content-type"].startswith("text/csv")
    assert client.v1.file_links.retrieve(link.id).to_dict()["opened"] == 0

    for _ in range(2):
        answer = opened(link)
        assert (answer.status_code, answer.text) == (200, HEADER)
        for step in (answer, *answer.history):
            assert owner.id not in f"{step.url} {step.headers} {step.text}"
    shown = client.v1.file_links.retrieve(link.id).to_dict()
    assert shown["opened"] == 2
    assert abs(shown["last_opened_at"] - time.time()) < 60

    client.v1.file_links.update(link.id, {"expires_at": "now"})
    gone = opened(link)
    assert (gone.status_code, "was withdrawn" in gone.text) == (410, True)
    assert (opened(link, "HEAD").status_code, opened(link, "HEAD").content) == (410, b"")
    unknown = httpx.get(f"{str(link.url)[:-1]}{'b' if str(link.url)[-1] == 'a' else 'a'}", timeout=30)
    assert unknown.status_code == 404


def test_links_are_listed_paged_and_filtered(
    client: stripe.StripeClient, accounts: Accounts, place: Place
) -> None:
    mine = client_of(accounts.create(NewOrganisation("Wingtip")).test_key, place)
    one, other = new_file(mine), new_file(mine)
    made: list[str] = []
    for file in (one, one, other, one):
        made.insert(0, mine.v1.file_links.create({"file": file.id}).id)
        time.sleep(0.005)  # so that no two are made in one millisecond
    mine.v1.file_links.update(made[2], {"expires_at": "now"})

    def found(**parameters: Any) -> list[str]:
        return [link.id for link in mine.v1.file_links.list(parameters)]  # type: ignore[arg-type]

    assert found() == made
    assert found(file=one.id) == [made[0], made[2], made[3]]
    assert found(expired=True) == [made[2]]
    assert found(expired=False, file=one.id) == [made[0], made[3]]
    assert found(ending_before=made[3], limit=2) == made[1:3]
    assert [link.id for link in mine.v1.file_links.list({"limit": 1}).auto_paging_iter()] == made
    expanded = mine.v1.file_links.list({"expand": ["data.file"]}).data
    assert {link.file.id for link in expanded} == {one.id, other.id}  # type: ignore[union-attr]
    # The file itself says where its links are listed.
    assert mine.v1.files.retrieve(other.id).links is not None
    assert [link.id for link in mine.v1.files.retrieve(other.id).links.list()] == [made[1]]  # type: ignore[union-attr]
    wrong: list[tuple[Any, str]] = [
        ({"file": "file_none"}, "file"),
        ({"starting_after": "link_none"}, "starting_after"),
        ({"expand": ["file"]}, "expand"),
    ]
    for parameters, param in wrong:
        with pytest.raises(stripe.InvalidRequestError) as refused:
            mine.v1.file_links.list(parameters)
        assert (refused.value.http_status, refused.value.param) == (400, param)
    with pytest.raises(stripe.InvalidRequestError, match="No such file_link") as missing:
        client.v1.file_links.retrieve(made[0])
    assert (missing.value.http_status, missing.value.code) == (404, "resource_missing")


def test_a_link_of_an_earlier_release_goes_on_working(
    client: stripe.StripeClient, files: list[stripe.File], owner: Organisation, place: Place
) -> None:
    token, now = tokens.new_token(), int(time.time())
    item = {
        "token_hash": tokens.hash_of(token),
        "tenant": f"{owner.id}#test",
        "id": "link_0VbOld0000000000000001",
        "file_id": files[0].id,
        "created": now,
        "expires_at": now + DAY,
        "remove_at": now + 2 * DAY,
        "revoked": False,
        "opens": 0,
    }
    table(place).put_item(TableName=physical_ids(place)["FileLinksTable"], Item=to_item(item))

    assert httpx.get(f"{place.base_url}/links/{token}", follow_redirects=True, timeout=30).text == HEADER
    shown = client.v1.file_links.retrieve(str(item["id"]))
    assert (shown.url, shown.expired, shown.to_dict()["opened"]) == (None, False, 1)
    assert item["id"] in [link.id for link in client.v1.file_links.list({"file": files[0].id, "limit": 100})]
    assert client.v1.file_links.update(str(item["id"]), {"expires_at": "now"}).expired
    assert httpx.get(f"{place.base_url}/links/{token}", timeout=30).status_code == 410


def test_a_file_ends_everywhere_at_once(
    client: stripe.StripeClient, owner: Organisation, place: Place
) -> None:
    file = new_file(client)
    link = client.v1.file_links.create({"file": file.id})
    # As after the retention, before DynamoDB and S3 have removed anything.
    table(place).update_item(
        TableName=physical_ids(place)["FilesTable"],
        Key=to_item({"tenant": f"{owner.id}#test", "id": file.id}),
        UpdateExpression="SET expires_at = :past",
        ExpressionAttributeValues=to_item({":past": int(time.time()) - 1}),
    )

    with pytest.raises(stripe.InvalidRequestError, match="No such file") as missing:
        client.v1.files.retrieve(file.id)
    assert missing.value.http_status == 404
    assert file.id not in [listed.id for listed in client.v1.files.list({"limit": 100})]
    assert httpx.get(str(file.url), auth=(owner.test_key, ""), timeout=30).status_code == 404
    gone = opened(link)
    assert (gone.status_code, "no longer kept" in gone.text) == (410, True)
    with pytest.raises(stripe.InvalidRequestError, match="No such file"):
        client.v1.file_links.create({"file": file.id})
