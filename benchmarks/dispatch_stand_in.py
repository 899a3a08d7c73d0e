"""As much of DynamoDB and SQS as a dispatcher uses, answering every call so many milliseconds after it came.

python benchmarks/dispatch_stand_in.py CONFIGS MILLISECONDS    # prints its address; a shard has so many configs due, once
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

_PER_PAGE = 500
_DUE = 1_772_456_400  # 2026-03-02T13:00:00Z


class StandIn:
    """Gives the configs of a shard in pages, and takes whatever is written."""

    def __init__(self, configs: int, answers_after_seconds: float) -> None:
        self._configs = configs
        self._answers_after_seconds = answers_after_seconds
        self.counts: dict[str, int] = {}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection."""
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
                fields = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
                body = await reader.readexactly(int(fields.get("content-length", 0)))
                arrived = asyncio.get_running_loop().time()
                answer = json.dumps(self._answer(fields.get("x-amz-target", "").split(".")[-1], body))
                await asyncio.sleep(arrived + self._answers_after_seconds - asyncio.get_running_loop().time())
                content = f"HTTP/1.1 200 OK\r\nContent-Length: {len(answer)}\r\n\r\n{answer}"
                writer.write(content.encode())
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    def _answer(self, operation: str, body: bytes) -> dict[str, Any]:
        self.counts[operation] = self.counts.get(operation, 0) + 1
        match operation:
            case "query":
                return self._page(json.loads(body))
            case "getitem":
                return {"Item": _ORGANISATION}
            case "transactwriteitems":
                self.counts["claims"] = self.counts.get("claims", 0) + body.count(b'"Update"')
                return {}
            case "sendmessagebatch":
                entries = json.loads(body)["Entries"]
                sent = [{"Id": e["Id"], "MessageId": "1", "MD5OfMessageBody": ""} for e in entries]
                return {"Successful": sent, "Failed": []}
            case "counts":
                return dict(self.counts)
            case _:
                return {}

    def _page(self, query: dict[str, Any]) -> dict[str, Any]:
        start = int(query.get("ExclusiveStartKey", {}).get("number", {"N": "0"})["N"])
        end = min(start + _PER_PAGE, self._configs)
        items = [_config(number) for number in range(start, end)]
        more = {"LastEvaluatedKey": {"number": {"N": str(end)}}} if end < self._configs else {}
        return {"Items": items, "Count": len(items), **more}


def _config(number: int) -> dict[str, Any]:
    texts = {
        "tenant": f"org_{number % 1000:024}#live", "id": f"rc_{number:024}", "report_type": "ar_aging_report",
        "frequency": "daily", "time": "08:00:00", "attach": "auto", "zone": "America/New_York", "shard": "0",
    }  # fmt: skip
    numbers = {"weekday": 4, "day_of_month": 1, "created_at": 1, "next_run_at": _DUE, "revision": 1}
    return {
        **{name: {"S": text} for name, text in texts.items()},
        **{name: {"N": str(value)} for name, value in numbers.items()},
        "recipient_emails": {"L": [{"S": "finance@example.com"}, {"S": "cfo@example.com"}]},
        "unsubscribed_emails": {"L": []},
        "parameters": {"M": {}},
        "is_enabled": {"BOOL": True},
        "skip_if_empty": {"BOOL": False},
    }


_ORGANISATION = {
    "id": {"S": "org_1"},
    "created": {"N": "1"},
    "name": {"S": "Acme"},
    "timezone": {"S": "America/New_York"},
}


async def main() -> None:
    """Serve until killed."""
    server = await asyncio.start_server(
        StandIn(int(sys.argv[1]), int(sys.argv[2]) / 1000).serve, "127.0.0.1", 0, limit=1 << 24
    )
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
