"""The queue entrypoint, over a queue in moto."""

from __future__ import annotations

from typing import Any

import boto3
import pytest

from runsheet.runtime import clients
from runsheet.runtime.model import Model
from runsheet.runtime.queue import worker
from tests.gateway import Context

pytestmark = pytest.mark.usefixtures("aws")


class Task(Model):
    name: str


@pytest.fixture
def queue_url() -> str:
    answer = boto3.client("sqs").create_queue(QueueName="tasks", Attributes={"VisibilityTimeout": "5400"})
    return answer["QueueUrl"]


def received(queue_url: str, *bodies: str) -> dict[str, Any]:
    """Put messages on the queue and return the event that Lambda would make of them."""
    sqs = boto3.client("sqs")
    for body in bodies:
        sqs.send_message(QueueUrl=queue_url, MessageBody=body)
    answer = sqs.receive_message(
        QueueUrl=queue_url, MaxNumberOfMessages=10, MessageSystemAttributeNames=["All"]
    )
    return {
        "Records": [
            {
                "messageId": m["MessageId"],
                "receiptHandle": m["ReceiptHandle"],
                "body": m["Body"],
                "attributes": m["Attributes"],
                "messageAttributes": {},
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:eu-west-1:123456789012:tasks",
                "awsRegion": "eu-west-1",
            }
            for m in answer["Messages"]
        ]
    }


def test_only_the_messages_that_failed_are_given_back_and_come_again_soon(queue_url: str) -> None:
    done: list[str] = []

    def carry_out(task: Task) -> None:
        if task.name == "bad":
            raise RuntimeError("broken")
        done.append(task.name)

    event = received(queue_url, '{"name":"one"}', '{"name":"bad"}', '{"name":"two"}')
    answer = worker(Task, carry_out, queue_url=lambda: queue_url)(event, Context())
    assert sorted(done) == ["one", "two"]
    failed = next(record for record in event["Records"] if "bad" in record["body"])
    assert answer == {"batchItemFailures": [{"itemIdentifier": failed["messageId"]}]}
    messages = boto3.client("sqs").get_queue_attributes(
        QueueUrl=queue_url, AttributeNames=["ApproximateNumberOfMessagesNotVisible"]
    )
    assert messages["Attributes"]["ApproximateNumberOfMessagesNotVisible"] == "3"


@pytest.mark.parametrize(("receives", "seconds"), [("1", 5), ("2", 10), ("4", 40)])
def test_a_failed_message_waits_longer_each_time(queue_url: str, receives: str, seconds: int) -> None:
    def fail(_: Task) -> None:
        raise RuntimeError("broken")

    waits: list[int] = []
    clients.sqs().meta.events.register(
        "provide-client-params.sqs.ChangeMessageVisibility",
        lambda params, **_: waits.append(params["VisibilityTimeout"]),
    )
    event = received(queue_url, '{"name":"bad"}')
    event["Records"][0]["attributes"]["ApproximateReceiveCount"] = receives
    worker(Task, fail, queue_url=lambda: queue_url)(event, Context())
    assert waits == [seconds]


def test_a_message_that_cannot_be_read_fails_alone(queue_url: str) -> None:
    event = received(queue_url, "not json", '{"name":"one"}')
    answer = worker(Task, lambda _: None, queue_url=lambda: queue_url)(event, Context())
    assert len(answer["batchItemFailures"]) == 1
