"""The local stack: python -m local up | down | clean | demo."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING

import typer

from local import emulator
from local.demo import run as run_demo
from local.errors import LocalStackError
from local.place import usual_place
from local.progress import Progress, fail
from local.up import bring_up

if TYPE_CHECKING:
    from local.place import Details, Place

app = typer.Typer(
    help="The local stack.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


@app.command()
def up() -> None:
    """Start the stack, or bring a running one up to date with the sources."""
    place = usual_place()
    progress = Progress()
    progress.say("Local stack")
    details = bring_up(place, progress)
    _tell(place, details, progress)


@app.command()
def demo() -> None:
    """Load sample records and run two reports, on a stack that is started if there is none."""
    run_demo(usual_place(), Progress())


@app.command()
def down() -> None:
    """Stop the stack. Its records, runs and keys are kept."""
    stopped = emulator.stop(usual_place())
    print(
        "The local stack is stopped; `make up` starts it again." if stopped else "No local stack runs here."
    )


@app.command()
def clean() -> None:
    """Stop the stack and delete all that it kept."""
    place = usual_place()
    emulator.stop(place)
    shutil.rmtree(place.folder, ignore_errors=True)


def _tell(place: Place, details: Details, progress: Progress) -> None:
    organisation = details.organisations[0]
    progress.say(f"  API    {details.base_url}")
    progress.say(
        f"  AWS    {details.aws_endpoint_url} (region {details.region}, access key and secret: test)"
    )
    progress.say(f"  Keys   {place.details_file}")
    progress.say()
    progress.say(f"  curl {details.base_url}/v1/reporting/report_types -u {organisation.test_key}:")


def main() -> None:
    """Run the command line; a message for the user is shown without a traceback."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    try:
        app()
    except LocalStackError as error:
        fail(str(error))
        sys.exit(1)


if __name__ == "__main__":
    main()
