"""Where a local stack lives: its port, its folder, and the file that tells others about it."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import boto3

ROOT = Path(__file__).resolve().parent.parent
REGION = "us-east-1"
STACK_NAME = "runsheet"
_ROOT_KEY = "test"  # the emulator's name for the account's root user, which IAM does not restrict


@dataclass(frozen=True, slots=True)
class Organisation:
    """An organisation with a key of every kind.

    Attributes:
        id: `org_…`.
        name: what it is called.
        timezone: IANA name.
        test_key: `sk_test_…`.
        live_key: `sk_live_…`.
        access_id: the usage contract's user name; it opens live data.
        access_key: its password.
    """

    id: str
    name: str
    timezone: str
    test_key: str
    live_key: str
    access_id: str
    access_key: str


@dataclass(frozen=True, slots=True)
class Details:
    """What stack.json tells about a running stack.

    Attributes:
        base_url: the API, at the root of its host.
        aws_endpoint_url: AWS, for the SDKs' AWS_ENDPOINT_URL.
        region: the AWS region to name.
        stack_name: the CloudFormation stack.
        organisations: two or more.
    """

    base_url: str
    aws_endpoint_url: str
    region: str
    stack_name: str
    organisations: tuple[Organisation, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """A port and a folder; `.local` at the project's root for `make up`, one of their own for the tests."""

    folder: Path
    port: int
    # Of the template, in place of those that every local stack has.
    parameters: tuple[tuple[str, str], ...] = ()

    @property
    def base_url(self) -> str:
        """Where the API is. The emulator tells the API from AWS by the name in the Host header."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def aws_endpoint_url(self) -> str:
        """Where AWS is."""
        return f"http://localhost:{self.port}"

    @property
    def details_file(self) -> Path:
        """stack.json, readable by its owner only: it holds keys."""
        return self.folder / "stack.json"

    @property
    def log_file(self) -> Path:
        """What the emulator and the functions write."""
        return self.folder / "emulator.log"

    def aws_environment(self) -> dict[str, str]:
        """Return the variables that make an AWS SDK talk to this stack as the account's root user."""
        return {
            "AWS_ENDPOINT_URL": self.aws_endpoint_url,
            "AWS_ACCESS_KEY_ID": _ROOT_KEY,
            "AWS_SECRET_ACCESS_KEY": _ROOT_KEY,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def environment(self) -> dict[str, str]:
        """Return the variables for a program that works on this stack: none of the caller's own AWS settings."""
        own = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "SAM_"))}
        # First on the PATH: `sam build` looks there for the interpreter that the functions' runtime names.
        path = os.pathsep.join([str(Path(sys.executable).parent), own.get("PATH", os.defpath)])
        return own | self.aws_environment() | {"PATH": path}

    def session(self) -> boto3.Session:
        """Return a session of the root user; its clients need `endpoint_url` as well."""
        return boto3.Session(aws_access_key_id=_ROOT_KEY, aws_secret_access_key=_ROOT_KEY, region_name=REGION)

    def read_details(self) -> Details | None:
        """Return what stack.json says; None if there is none."""
        try:
            stored = json.loads(self.details_file.read_text())
        except FileNotFoundError:
            return None
        stored["organisations"] = tuple(Organisation(**one) for one in stored["organisations"])
        return Details(**stored)

    def write_details(self, details: Details) -> None:
        """Write stack.json, at once or not at all."""
        fresh = self.details_file.with_suffix(".new")
        fresh.touch(mode=0o600)
        fresh.chmod(0o600)
        fresh.write_text(json.dumps(asdict(details), indent=2) + "\n")
        fresh.replace(self.details_file)


def usual_place() -> Place:
    """Return the place of `make up`: `.local`, port 4566 or RUNSHEET_PORT."""
    return Place(ROOT / ".local", int(os.environ.get("RUNSHEET_PORT", "4566")))
