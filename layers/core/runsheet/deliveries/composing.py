"""Compose the mail of a delivery out of its run, its config and its file."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from runsheet import catalog, tokens
from runsheet.deliveries import attaching
from runsheet.errors import NotFound
from runsheet.file_links import addresses
from runsheet.file_links import service as file_links
from runsheet.mail import message, rendering
from runsheet.mail.addresses import Undeliverable
from runsheet.mail.model import About, FailureMail, ReportMail
from runsheet.runtime import clock
from runsheet.runtime.base_url import base_url
from runsheet.runtime.settings import settings
from runsheet.zones import zone

if TYPE_CHECKING:
    from runsheet.deliveries.model import Delivery
    from runsheet.mail.model import Attachment, Rendered
    from runsheet.report_configs.model import ReportConfig
    from runsheet.report_runs.model import ReportRun, Sending

_FILES = {
    "csv": "CSV",
    "gz": "gzip file",
    "jsonl": "JSON lines",
    "parquet": "Parquet file",
    "zip": "zip file",
}
_NOT_IN_FILENAMES = re.compile(r"[^A-Za-z0-9._-]+", re.ASCII)


def compose(delivery: Delivery, run: ReportRun, config: ReportConfig) -> tuple[bytes, str]:
    """Return the bytes of the mail and the hash of the token in its link to unsubscribe.

    Raises:
        Undeliverable: the address, or the report's file, will not do.
    """
    sending = run.sending
    if sending is None:
        raise Undeliverable("The run is not one that is mailed.")
    token = tokens.new_token()
    about = About(
        title=_title(run),
        period=_period(run, sending),
        run_id=run.id,
        missed=delivery.missed,
        is_test=delivery.test,
        unsubscribe_url=f"{base_url()}/unsubscribe/{token}",
    )
    rendered, attachment = (
        _report(about, run, config, sending)
        if delivery.kind == "report"
        else (_failure(about, run, config, sending), None)
    )
    built = message.build(
        rendered,
        sender=settings().mail_from,
        recipient=delivery.email,
        unsubscribe_url=about.unsubscribe_url,
        attachment=attachment,
        at=clock.now(),
    )
    return built, tokens.hash_of(token)


def _report(
    about: About, run: ReportRun, config: ReportConfig, sending: Sending
) -> tuple[Rendered, Attachment | None]:
    file = run.file
    if file is None:
        raise Undeliverable("The run has no file.")
    name = _NOT_IN_FILENAMES.sub("-", f"{config.report_type}-{sending.last_day}")[:60]
    contents = attaching.contents(file, config.attach, name)
    link = file_links.link_to(run.tenant, file, expires_at=file.expires_at)
    mail = ReportMail(
        about=about,
        summary=contents.summary,
        row_count=file.row_count,
        size=file.size,
        digest=("SHA-256", file.sha256) if file.sha256 else ("CRC-32", file.crc32 or ""),
        url=addresses.url_of(link, base_url()) or "",
        expires=datetime.fromtimestamp(link.expires_at, UTC).date().isoformat(),
        attachment=contents.note,
        file=_FILES[file.type],
    )
    return rendering.report(mail), contents.attachment


def _failure(about: About, run: ReportRun, config: ReportConfig, sending: Sending) -> Rendered:
    mail = FailureMail(
        about=about,
        at=_local(sending.scheduled_for, sending.timezone),
        error=run.error or "The report could not be run.",
        next_step=_next_step(config, sending),
        url=f"{base_url()}/v1/reporting/report_runs/{run.id}",
    )
    return rendering.failure(mail)


def _next_step(config: ReportConfig, sending: Sending) -> str:
    again = f"Send it again at once with POST /v2/report-configs/{config.id}/send."
    if config.next_run_at is None:
        return f"The schedule is switched off, so nothing is sent by itself. {again}"
    when = _local(config.next_run_at, sending.timezone)
    return f"This report is not tried again by itself; the next one is due at {when}. {again}"


def _title(run: ReportRun) -> str:
    try:
        return catalog.report_type(run.report_type).name
    except NotFound:  # its file left the catalogue while the run was under way
        return run.report_type


def _period(run: ReportRun, sending: Sending) -> str:
    if "as_of" in run.parameters:
        return f"as of the end of {sending.last_day}, {sending.timezone}"
    timezone = "UTC" if "start_date" in run.parameters else sending.timezone
    if sending.first_day == sending.last_day:
        return f"{sending.first_day}, {timezone}"
    return f"{sending.first_day} to {sending.last_day}, {timezone}"


def _local(moment: int, timezone: str) -> str:
    local = datetime.fromtimestamp(moment, zone(timezone))
    return f"{local:%Y-%m-%d %H:%M} ({timezone}, UTC{local:%z})"
