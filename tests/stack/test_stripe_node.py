"""The v1 contract's own Node SDK, unmodified, as a customer uses it: what is asserted stands in node/*.test.mjs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.stack.customer import END, START, new_customer
from tests.stack.node_runtime import run_tests

if TYPE_CHECKING:
    from local.place import Place

pytestmark = pytest.mark.stack


@pytest.mark.parametrize("file", ["reporting.test.mjs", "webhooks.test.mjs"])
def test_the_node_sdk_does_all_that_a_customer_does(file: str, place: Place) -> None:
    customer = new_customer(place)
    environment = {
        "BASE_URL": customer.base_url,
        "LIVE_KEY": customer.live_key,
        "TEST_KEY": customer.test_key,
        "RESTRICTED_KEY": customer.restricted_key,
        "FAILED_RUN": customer.failed_run,
        "START": str(START),
        "END": str(END),
    }

    done = run_tests(file, environment)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "# fail 0" in done.stdout
    assert "# pass 0" not in done.stdout
