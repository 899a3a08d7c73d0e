"""Deliveries as the API shows them: who got which run's mail and when, or why not."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AwareDatetime, ConfigDict, Field

from runsheet.deliveries.model import Kind, Role, Status
from runsheet.runtime import clock
from runsheet.runtime.model import Model

if TYPE_CHECKING:
    from runsheet.deliveries.model import Delivery


class DeliveriesQuery(Model):
    """The query of the list; what else is asked is passed over, as everywhere in this dialect."""

    model_config = ConfigDict(extra="ignore")

    limit: Annotated[int, Field(ge=1, le=200)] = 50


class DeliveryObject(Model):
    """One mail to one recipient, or the reason why there is none."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=True)

    object: Literal["report_config_delivery"] = "report_config_delivery"
    report_config: str
    report_run: str
    email: str
    role: Role = Field(description="to: of recipient_emails; cc: of cc_emails")
    kind: Kind = Field(description="The report, or the mail that says that it failed")
    is_test: bool = Field(
        description="Sent to others on request; it does not count as the config's last send"
    )
    status: Status
    reason: str | None = Field(description="Why it was not sent, or what came back")
    scheduled_for: AwareDatetime
    missed: int = Field(description="How many earlier send times it stands for, after an outage")
    created_at: AwareDatetime
    sent_at: AwareDatetime | None = Field(description="Handed to the mail service")
    delivered_at: AwareDatetime | None = Field(description="Taken by the recipient's server")
    message_id: str | None = Field(description="The mail service's")
    attempts: int


def delivery_object(delivery: Delivery) -> DeliveryObject:
    """Return a delivery as the API shows it."""
    return DeliveryObject(
        report_config=delivery.config_id,
        report_run=delivery.run_id,
        email=delivery.email,
        role=delivery.role,
        kind=delivery.kind,
        is_test=delivery.test,
        status=delivery.status,
        reason=delivery.reason,
        scheduled_for=datetime.fromtimestamp(delivery.scheduled_for, UTC),
        missed=delivery.missed,
        created_at=datetime.fromtimestamp(delivery.created, UTC),
        sent_at=clock.moment(delivery.sent_at),
        delivered_at=clock.moment(delivery.delivered_at),
        message_id=delivery.message_id,
        attempts=delivery.attempts,
    )
