"""The second wall: credentials that reach one organisation's files in one mode, whatever the SQL says."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from runsheet.runtime import clients, clock
from runsheet.runtime.settings import settings

if TYPE_CHECKING:
    from datetime import datetime

    from runsheet.tenancy import Tenant

_FRESH_FOR = timedelta(minutes=5)
# Athena's own limit of a query: it reads with the credentials that the query was started with.
_LONGEST_QUERY = timedelta(minutes=30)
_ORGANISATION = re.compile(r"org_[0-9A-Za-z]+", re.ASCII)
_cache: dict[tuple[Tenant, str, str], LakeCredentials] = {}


@dataclass(frozen=True, slots=True)
class LakeCredentials:
    """Temporary credentials for `s3://{bucket}/lake/*/{organisation}/{mode}/`."""

    access_key_id: str
    secret_access_key: str
    session_token: str
    region: str
    bucket: str
    expires: datetime

    def __repr__(self) -> str:
        """Say whose they are, never what they are: this may end in a log."""
        return f"LakeCredentials({self.access_key_id}, expires={self.expires:%Y-%m-%dT%H:%M:%SZ})"


def lake_credentials(tenant: Tenant, *, write: bool = False, delete: bool = False) -> LakeCredentials:
    """Return credentials for the tenant's files, from a warm cache until 5 minutes before they expire.

    Args:
        tenant: whose files.
        write: also to put objects.
        delete: also to delete objects, which the role of compactions alone has the right to.
    """
    config = settings()
    role = config.lake_role_arn
    policy = session_policy(
        tenant, bucket=config.lake_bucket, write=write, delete=delete, partition=role.split(":")[1]
    )
    return _assumed(tenant, role, policy)


def query_credentials(tenant: Tenant) -> LakeCredentials:
    """Return credentials for queries: Athena reads as the one who starts them, so no other's files than the tenant's."""
    config = settings()
    role = config.lake_query_role_arn
    policy = query_policy(tenant, bucket=config.lake_bucket, partition=role.split(":")[1])
    return _assumed(tenant, role, policy, fresh_for=_FRESH_FOR + _LONGEST_QUERY)


def _assumed(
    tenant: Tenant, role_arn: str, policy: str, *, fresh_for: timedelta = _FRESH_FOR
) -> LakeCredentials:
    cached = _cache.get((tenant, role_arn, policy))
    now = clock.now()
    if cached is not None and cached.expires - now > fresh_for:
        return cached
    sts = clients.sts()
    answer = sts.assume_role(
        RoleArn=role_arn, RoleSessionName=f"{tenant.organisation_id}-{tenant.mode}"[:64], Policy=policy
    )["Credentials"]
    for key in [key for key, value in _cache.items() if value.expires - now <= _FRESH_FOR]:
        del _cache[key]
    fresh = LakeCredentials(
        access_key_id=answer["AccessKeyId"],
        secret_access_key=answer["SecretAccessKey"],
        session_token=answer["SessionToken"],
        region=sts.meta.region_name,
        bucket=settings().lake_bucket,
        expires=answer["Expiration"],
    )
    _cache[tenant, role_arn, policy] = fresh
    return fresh


def session_policy(
    tenant: Tenant, *, bucket: str, write: bool, delete: bool = False, partition: str = "aws"
) -> str:
    """Return the session policy (JSON) that leaves of the lake role what belongs to the tenant.

    Raises:
        ValueError: the tenant's names are not of our making: a `*` or `/` in one would widen the policy.
    """
    actions = ["s3:GetObject"]
    actions += ["s3:PutObject", "s3:AbortMultipartUpload"] if write else []
    actions += ["s3:DeleteObject"] if delete else []
    files = f"arn:{partition}:s3:::{bucket}/{_prefix(tenant)}/*"
    return _document({"Effect": "Allow", "Action": actions, "Resource": files})


def query_policy(tenant: Tenant, *, bucket: str, partition: str = "aws") -> str:
    """Return the session policy (JSON) that leaves of the query role what belongs to the tenant.

    What it allows of everything, the role allows of little: its own work group, the lake's tables, and to write results.

    Raises:
        ValueError: as `session_policy`.
    """
    lake = f"arn:{partition}:s3:::{bucket}"
    own = _prefix(tenant)
    around = [
        "athena:StartQueryExecution",
        "athena:StopQueryExecution",
        "glue:GetDatabase",
        "glue:GetTable",
        "s3:AbortMultipartUpload",
        "s3:GetBucketLocation",
        "s3:ListBucketMultipartUploads",
        "s3:ListMultipartUploadParts",
        "s3:PutObject",
    ]
    return _document(
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"{lake}/{own}/*"},
        {
            "Effect": "Allow",
            "Action": "s3:ListBucket",
            "Resource": lake,
            "Condition": {"StringLike": {"s3:prefix": [own, f"{own}/*"]}},
        },
        {"Effect": "Allow", "Action": around, "Resource": "*"},
    )


def _prefix(tenant: Tenant) -> str:
    if not _ORGANISATION.fullmatch(tenant.organisation_id) or tenant.mode not in {"live", "test"}:
        raise ValueError(f"not a tenant: {tenant!r}")
    return f"lake/*/{tenant.organisation_id}/{tenant.mode}"


def _document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})
