"""Deploy template.yaml into the emulator, as a user deploys it into AWS: `sam build`, then `sam deploy`."""

from __future__ import annotations

import hashlib
import platform
import re
import shutil
import subprocess
import sys
import zipfile
from contextlib import suppress
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from local import routes, trust
from local.alone import alone
from local.errors import LocalStackError
from local.place import ROOT, STACK_NAME

if TYPE_CHECKING:
    from pathlib import Path

    from local.place import Place
    from local.progress import Progress

_SAM = [sys.executable, "-m", "samcli"]
_ARTIFACTS_BUCKET = "runsheet-artifacts"
_SENDER = "reports@example.com"
_SOURCES_TAG = "runsheet:sources"
# Shared by all local stacks of this checkout: the tests use what `make up` has built.
_BUILDS = ROOT / ".local" / "builds"
_LAYER_CACHE = ROOT / ".local" / "layers"
_KEPT_BUILDS = 2
_ARCHITECTURES = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}


def deploy(place: Place, progress: Progress) -> bool:
    """Deploy the sources as they are now, unless that is what runs already. Tell whether it had to be done.

    Raises:
        LocalStackError: `sam` failed, or this machine's processor has no Lambda.
    """
    digest = _digest_of_sources(place)
    if _deployed(place) == digest and routes.exist(place):
        return False
    with progress.step("Build the functions and layers (sam build)"):
        template = _build(digest, place)
    with progress.step("Deploy template.yaml into the emulator (sam deploy)"):
        _deploy(template, digest, place)
    with progress.step("Open the routes"):
        trust.admit_sessions(place)
        _verify_sender(place)
        routes.create(place)
    return True


def physical_ids(place: Place) -> dict[str, str]:
    """Return the physical id of every resource of the stack by its logical id."""
    cloudformation = place.session().client("cloudformation", endpoint_url=place.aws_endpoint_url)
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=STACK_NAME)
    return {
        resource["LogicalResourceId"]: resource["PhysicalResourceId"]
        for page in pages
        for resource in page["StackResourceSummaries"]
    }


def _parameters(place: Place) -> dict[str, str]:
    machine = platform.machine().lower()
    if machine not in _ARCHITECTURES:
        raise LocalStackError(f"There is no Lambda for this machine's processor ({machine}).")
    return {
        "Runtime": "python{}.{}".format(*sys.version_info),
        "Architecture": _ARCHITECTURES[machine],
        "PublicBaseUrl": place.base_url,
        "MailFrom": _SENDER,
        # Tests and benchmarks have test keys and poll all the time; the other limits are those of AWS.
        "TestRequestsPerSecond": "100",
        "AllowLocalWebhooks": "true",
        # Workers are processes of this machine, and its queue hands out in order, whoever a message is for.
        "ReportWorkers": "4",
        "ReportRunsPerOrganisation": "2",
    } | dict(place.parameters)


def _verify_sender(place: Place) -> None:
    """Have SES take mail from the stack, as the owner of its address does in AWS; again, if it has forgotten."""
    ses = place.session().client("sesv2", endpoint_url=place.aws_endpoint_url)
    with suppress(ses.exceptions.AlreadyExistsException):
        ses.create_email_identity(EmailIdentity=_SENDER)


def _deployed(place: Place) -> str | None:
    """Return the digest of the sources that run; None if nothing was deployed to its end."""
    cloudformation = place.session().client("cloudformation", endpoint_url=place.aws_endpoint_url)
    try:
        stack = cloudformation.describe_stacks(StackName=STACK_NAME)["Stacks"][0]
    except ClientError:
        return None
    if not stack["StackStatus"].endswith("_COMPLETE") or "ROLLBACK" in stack["StackStatus"]:
        return None
    return next((tag["Value"] for tag in stack.get("Tags", []) if tag["Key"] == _SOURCES_TAG), None)


def _build(digest: str, place: Place) -> Path:
    """Return the built template of the sources, from an earlier build if there is one."""
    folder = _BUILDS / digest
    built = folder / "built"
    with alone(_BUILDS):
        if not built.exists():
            shutil.rmtree(folder, ignore_errors=True)
            environment = {"RUNSHEET_RUNTIME": "host", "RUNSHEET_LAYER_CACHE": str(_LAYER_CACHE)}
            arguments = ["--build-dir", str(folder), "--parallel"]
            _run_sam(
                "build", ["--template-file", str(ROOT / "template.yaml"), *arguments], place, environment
            )
            _pack_layers(folder)
            built.touch()
        built.touch()
        builds = sorted(_BUILDS.glob("*/built"), key=lambda mark: mark.stat().st_mtime, reverse=True)
        for old in builds[_KEPT_BUILDS:]:
            shutil.rmtree(old.parent, ignore_errors=True)
    return folder / "template.yaml"


def _pack_layers(folder: Path) -> None:
    """Archive the built layers without compression: `sam deploy` takes seconds to compress what stays on this machine."""
    template = folder / "template.yaml"
    text = template.read_text()
    for name in re.findall(r"^ +ContentUri: (\w+)$", text, re.MULTILINE):
        with zipfile.ZipFile(folder / f"{name}.zip", "w") as archive:
            for file in sorted((folder / name).rglob("*")):
                archive.write(file, file.relative_to(folder / name))
        text = text.replace(f" ContentUri: {name}\n", f" ContentUri: {name}.zip\n")
        shutil.rmtree(folder / name)
    template.write_text(text)


def _deploy(template: Path, digest: str, place: Place) -> None:
    s3 = place.session().client("s3", endpoint_url=place.aws_endpoint_url)
    s3.create_bucket(Bucket=_ARTIFACTS_BUCKET)
    routes.close(place)
    arguments = [
        "--template-file",
        str(template),
        "--stack-name",
        STACK_NAME,
        "--s3-bucket",
        _ARTIFACTS_BUCKET,
    ]
    arguments += [
        "--capabilities",
        "CAPABILITY_IAM",
        "--no-confirm-changeset",
        "--no-fail-on-empty-changeset",
    ]
    arguments += ["--no-progressbar", "--tags", f"{_SOURCES_TAG}={digest}"]
    _run_sam("deploy", arguments, place, {"SAM_CLI_POLL_DELAY": "0.2"})
    _number_workers(place)
    _forget_former_deployments(place)


def _number_workers(place: Place) -> None:
    """Make a number of each MaximumConcurrency: the emulator keeps a parameter's as text, and its poller fails at it."""
    functions = place.session().client("lambda", endpoint_url=place.aws_endpoint_url)
    for page in functions.get_paginator("list_event_source_mappings").paginate():
        for mapping in page["EventSourceMappings"]:
            most = mapping.get("ScalingConfig", {}).get("MaximumConcurrency")
            if most is not None:
                functions.update_event_source_mapping(
                    UUID=mapping["UUID"], ScalingConfig={"MaximumConcurrency": int(most)}
                )


def _forget_former_deployments(place: Place) -> None:
    """Delete archives and former versions of layers: a stack of many days would start slower and slower."""
    bucket = place.session().resource("s3", endpoint_url=place.aws_endpoint_url).Bucket(_ARTIFACTS_BUCKET)
    bucket.objects.delete()
    functions = place.session().client("lambda", endpoint_url=place.aws_endpoint_url)
    for layer in functions.list_layers()["Layers"]:
        name, newest = layer["LayerName"], layer["LatestMatchingVersion"]["Version"]
        for version in functions.list_layer_versions(LayerName=name)["LayerVersions"]:
            if version["Version"] != newest:
                functions.delete_layer_version(LayerName=name, VersionNumber=version["Version"])


def _run_sam(command: str, arguments: list[str], place: Place, environment: dict[str, str]) -> None:
    overrides = [f"{name}={value}" for name, value in _parameters(place).items()]
    # A configuration of its own: samconfig.toml is the user's, for the account in AWS.
    options = ["--config-file", str(ROOT / "local" / "sam.toml"), "--parameter-overrides", *overrides]
    own = {"SAM_CLI_TELEMETRY": "0", "PYTHON": sys.executable, "__SAM_CLI_APP_DIR": str(place.folder / "sam")}
    (place.folder / "sam").mkdir(exist_ok=True)
    result = subprocess.run(
        [*_SAM, command, *arguments, *options],
        cwd=ROOT,
        env=place.environment() | own | environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if result.returncode:
        raise LocalStackError(f"{result.stdout}\nsam {command} failed.")


def _digest_of_sources(place: Place) -> str:
    """Return a digest of all that decides what is deployed."""
    digest = hashlib.sha256(repr((sorted(_parameters(place).items()), sys.version)).encode())
    own = ("deployment.py", "routes.py", "trust.py")
    files = [ROOT / "template.yaml", *(ROOT / "local" / name for name in own)]
    files += [ROOT / "requirements" / f"{layer}.lock" for layer in ("dependencies", "engine")]
    for folder in (ROOT / "functions", ROOT / "layers"):
        files += [file for file in folder.rglob("*") if file.is_file() and not _made(file)]
    for file in sorted(files):
        content = hashlib.sha256(file.read_bytes()).hexdigest()
        digest.update(f"{file.relative_to(ROOT)} {content}\n".encode())
    return digest.hexdigest()[:20]


def _made(file: Path) -> bool:
    return any(part == "__pycache__" or part.endswith((".egg-info", ".pyc")) for part in file.parts)
