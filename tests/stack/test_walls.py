"""The two walls around report SQL, on the stack, with IAM evaluation on: each holds with the other one taken away."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import boto3
import duckdb
import httpx
import pytest
from botocore.exceptions import ClientError

from local.deployment import physical_ids
from runsheet.engine import credentials as lake
from runsheet.engine.credentials import LakeCredentials, lake_credentials
from runsheet.engine.session import attach_lake, connect, literal, lock
from runsheet.runtime import clients, settings
from runsheet.tenancy import Tenant

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from local.accounts import Accounts
    from local.place import Organisation, Place

pytestmark = pytest.mark.stack

# The lake's role lets itself be assumed by roles of this name, the report workers'.
WORKER = "runsheet-GenerateReport-walls"
RECORD = {
    "id": "txn_1",
    "created": "2026-01-05T00:00:00Z",
    "available_on": "2026-01-07T00:00:00Z",
    "currency": "usd",
    "gross": 1000,
    "fee": 0,
    "net": 1000,
    "reporting_category": "charge",
}


@pytest.fixture(scope="module")
def stored(place: Place, accounts: Accounts) -> dict[str, tuple[Organisation, str]]:
    """Two organisations, each with the key of its one object in the lake."""
    from runsheet.organisations.model import NewOrganisation  # noqa: PLC0415

    s3 = place.session().client("s3", endpoint_url=place.aws_endpoint_url)
    found = {}
    for name in ("own", "other"):
        organisation = accounts.create(NewOrganisation(name))
        answer = httpx.post(
            f"{place.base_url}/v1/datasets/balance_transactions/records",
            json=[RECORD],
            auth=(organisation.test_key, ""),
            timeout=60,
        )
        assert answer.status_code == 200, answer.text
        prefix = f"lake/balance_transactions/{organisation.id}/test/"
        (listed,) = s3.list_objects_v2(Bucket=physical_ids(place)["LakeBucket"], Prefix=prefix)["Contents"]
        found[name] = (organisation, listed["Key"])
    return found


@pytest.fixture
def worker(place: Place, monkeypatch: pytest.MonkeyPatch) -> Iterator[boto3.Session]:
    """This process in the place of a report worker: its role's credentials and its environment."""
    stack, endpoint = physical_ids(place), place.aws_endpoint_url
    iam = place.session().client("iam", endpoint_url=endpoint)
    account = place.session().client("sts", endpoint_url=endpoint).get_caller_identity()["Account"]
    role_arn = f"arn:aws:iam::{account}:role/{stack['LakeRole']}"
    try:
        iam.get_role(RoleName=WORKER)
    except iam.exceptions.NoSuchEntityException:
        trust = {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
        }
        iam.create_role(RoleName=WORKER, AssumeRolePolicyDocument=_policy(trust))
        allowed = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": role_arn}
        iam.put_role_policy(RoleName=WORKER, PolicyName="lake", PolicyDocument=_policy(allowed))
    sts = place.session().client("sts", endpoint_url=endpoint)
    given = sts.assume_role(RoleArn=f"arn:aws:iam::{account}:role/{WORKER}", RoleSessionName="worker")[
        "Credentials"
    ]
    for name, value in (
        place.aws_environment()
        | {
            "AWS_ACCESS_KEY_ID": given["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": given["SecretAccessKey"],
            "AWS_SESSION_TOKEN": given["SessionToken"],
            "LAKE_BUCKET": stack["LakeBucket"],
            "LAKE_ROLE_ARN": role_arn,
        }
    ).items():
        monkeypatch.setenv(name, value)
    _forget()
    yield boto3.Session()
    _forget()


def tenant(organisation: Organisation) -> Tenant:
    return Tenant(organisation.id, "test")


def url(place: Place, key: str) -> str:
    return f"s3://{physical_ids(place)['LakeBucket']}/{key}"


def count(connection: duckdb.DuckDBPyConnection, path: str) -> int:
    answer = connection.execute(f"select count(*) from read_parquet({literal(path)})").fetchone()
    assert answer is not None
    return int(answer[0])


def everything(place: Place) -> LakeCredentials:
    """Credentials that IAM does not restrict: wall 2 taken away."""
    root = place.aws_environment()
    return LakeCredentials(
        access_key_id=root["AWS_ACCESS_KEY_ID"],
        secret_access_key=root["AWS_SECRET_ACCESS_KEY"],
        session_token="",
        region=root["AWS_REGION"],
        bucket=physical_ids(place)["LakeBucket"],
        expires=datetime.now(UTC) + timedelta(hours=1),
    )


def test_a_workers_own_role_cannot_read_the_lake(
    place: Place, worker: boto3.Session, stored: dict[str, tuple[Organisation, str]]
) -> None:
    s3 = worker.client("s3", endpoint_url=place.aws_endpoint_url)
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.get_object(Bucket=physical_ids(place)["LakeBucket"], Key=stored["own"][1])


def test_the_session_policy_alone_keeps_a_run_to_its_own_organisation(
    place: Place, worker: boto3.Session, stored: dict[str, tuple[Organisation, str]]
) -> None:
    """Wall 1 is taken away: the session is not locked."""
    del worker
    own, other = stored["own"], stored["other"]
    with connect() as connection:
        attach_lake(connection, lake_credentials(tenant(own[0])))
        assert count(connection, url(place, own[1])) == 1
        traversal = own[1].rsplit("/", 1)[0] + f"/../../{other[0].id}/test/{other[1].rsplit('/', 1)[1]}"
        for path in (
            other[1],
            traversal,
            f"lake/balance_transactions/{other[0].id}/test/*.parquet",
            "lake/*/*/*/*",
        ):
            with pytest.raises(duckdb.Error):
                count(connection, url(place, path))


def test_credentials_of_one_mode_do_not_reach_the_other(
    place: Place, worker: boto3.Session, stored: dict[str, tuple[Organisation, str]]
) -> None:
    del worker
    organisation, key = stored["own"]
    with connect() as connection:
        attach_lake(connection, lake_credentials(Tenant(organisation.id, "live")))
        with pytest.raises(duckdb.Error):
            count(connection, url(place, key))


def test_the_exact_paths_alone_keep_a_run_to_its_own_files(
    place: Place, worker: boto3.Session, stored: dict[str, tuple[Organisation, str]]
) -> None:
    """Wall 2 is taken away: the credentials open everything."""
    del worker
    own, other = stored["own"], stored["other"]
    with connect() as connection:
        attach_lake(connection, everything(place))
        assert count(connection, url(place, other[1])) == 1
        lock(connection, [url(place, own[1])])
        assert count(connection, url(place, own[1])) == 1
        traversal = own[1] + f"/../../../{other[0].id}/test/{other[1].rsplit('/', 1)[1]}"
        for path in (other[1], traversal, "lake/*/*/*/*", own[1].rsplit("/", 1)[0] + "/*.parquet"):
            with pytest.raises(duckdb.PermissionException):
                count(connection, url(place, path))


def test_credentials_for_reading_do_not_write(
    place: Place, worker: boto3.Session, stored: dict[str, tuple[Organisation, str]]
) -> None:
    del worker
    organisation, key = stored["own"]
    for write, allowed in ((False, False), (True, True)):
        given = lake_credentials(tenant(organisation), write=write)
        s3 = boto3.client(
            "s3",
            endpoint_url=place.aws_endpoint_url,
            aws_access_key_id=given.access_key_id,
            aws_secret_access_key=given.secret_access_key,
            aws_session_token=given.session_token,
        )
        bucket = physical_ids(place)["LakeBucket"]
        if allowed:
            s3.put_object(Bucket=bucket, Key=key + ".new", Body=b"x")
        else:
            with pytest.raises(ClientError, match="AccessDenied"):
                s3.put_object(Bucket=bucket, Key=key + ".new", Body=b"x")


def test_the_role_of_workers_deletes_nothing_whatever_their_session_asks_for(
    place: Place, worker: boto3.Session, stored: dict[str, tuple[Organisation, str]]
) -> None:
    """Deleting is the right of another role, which lets itself be assumed by the compactor alone."""
    del worker
    organisation, key = stored["own"]
    given = lake_credentials(tenant(organisation), delete=True)
    s3 = boto3.client(
        "s3",
        endpoint_url=place.aws_endpoint_url,
        aws_access_key_id=given.access_key_id,
        aws_secret_access_key=given.secret_access_key,
        aws_session_token=given.session_token,
    )
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.delete_object(Bucket=physical_ids(place)["LakeBucket"], Key=key)


def _policy(statement: Mapping[str, object]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _forget() -> None:
    settings.settings.cache_clear()
    clients.forget()
    lake._cache.clear()
