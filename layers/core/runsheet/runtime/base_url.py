"""The address of the API outside a request: in the links of a mail."""

from __future__ import annotations

from functools import cache

from runsheet.runtime import clients
from runsheet.runtime.settings import settings


@cache
def base_url() -> str:
    """Return scheme and host that customers use, without a slash at the end.

    A function that names the API it may serve is a circular dependency in the template: the API's own address is
    read from an SSM parameter of a fixed name.
    """
    given = settings().public_base_url
    if given:
        return given
    return clients.ssm().get_parameter(Name=settings().base_url_parameter)["Parameter"]["Value"]
