"""The status of an account (contracts: account usage, section 2.1)."""

from __future__ import annotations

from typing import Literal

from pydantic import AliasGenerator, ConfigDict, Field
from pydantic.alias_generators import to_camel

from runsheet.organisations.model import LogModel, PlanType
from runsheet.runtime.model import Model, is_none


class AccountStatus(Model):
    """An account's plan and subscription; what has no value is left out."""

    model_config = ConfigDict(alias_generator=AliasGenerator(serialization_alias=to_camel))

    pricing_model: str | None = Field(exclude_if=is_none, description="What was bought, such as credits")
    can_update_plan: Literal[False] = Field(default=False, description="No route changes a plan")
    plan_type: PlanType | None = Field(exclude_if=is_none)
    plan_expiration_days: int | None = Field(
        exclude_if=is_none,
        description="Days from today (UTC) to the last day of the subscription; 0 from then on",
    )
    application_use: Literal["ALLOWED", "RESTRICTED"]
    account_activated: Literal[True] = True
    total_credits: int | None = Field(exclude_if=is_none, description="Credits of the subscription in all")
    log_model: LogModel
