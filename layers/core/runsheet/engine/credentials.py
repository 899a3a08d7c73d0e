"""The second wall: credentials that reach one organisation's files in one mode, whatever the SQL says."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from runsheet.runtime import clients, clock
from runsheet.runtime.settings import settings

if TYPE_CHECKING:
    from datetime import datetime

    from runsheet.tenancy import Tenant

_FRESH_FOR = timedelta(minutes=5)
_ORGANISATION = re.compile(r"org_[0-9A-Za-z]+", re.ASCII)
_cache: dict[tuple[Tenant, bool, bool], LakeCredentials] = {}


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
    cached = _cache.get((tenant, write, delete))
    now = clock.now()
    if cached is not None and cached.expires - now > _FRESH_FOR:
        return cached
    config = settings()
    sts = clients.sts()
    answer = sts.assume_role(
        RoleArn=config.lake_role_arn,
        RoleSessionName=f"{tenant.organisation_id}-{tenant.mode}"[:64],
        Policy=session_policy(
            tenant,
            bucket=config.lake_bucket,
            write=write,
            delete=delete,
            partition=config.lake_role_arn.split(":")[1],
        ),
    )["Credentials"]
    for key in [key for key, value in _cache.items() if value.expires - now <= _FRESH_FOR]:
        del _cache[key]
    fresh = LakeCredentials(
        access_key_id=answer["AccessKeyId"],
        secret_access_key=answer["SecretAccessKey"],
        session_token=answer["SessionToken"],
        region=sts.meta.region_name,
        bucket=config.lake_bucket,
        expires=answer["Expiration"],
    )
    _cache[tenant, write, delete] = fresh
    return fresh


def session_policy(
    tenant: Tenant, *, bucket: str, write: bool, delete: bool = False, partition: str = "aws"
) -> str:
    """Return the session policy (JSON) that leaves of the lake role what belongs to the tenant.

    Raises:
        ValueError: the tenant's names are not of our making: a `*` or `/` in one would widen the policy.
    """
    if not _ORGANISATION.fullmatch(tenant.organisation_id) or tenant.mode not in {"live", "test"}:
        raise ValueError(f"not a tenant: {tenant!r}")
    actions = ["s3:GetObject"]
    actions += ["s3:PutObject", "s3:AbortMultipartUpload"] if write else []
    actions += ["s3:DeleteObject"] if delete else []
    statement = {
        "Effect": "Allow",
        "Action": actions,
        "Resource": f"arn:{partition}:s3:::{bucket}/lake/*/{tenant.organisation_id}/{tenant.mode}/*",
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
