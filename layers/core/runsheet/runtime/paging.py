"""Pages of v1 lists: which ids a page is cut from, and whether more follow (contracts: v1, section 5)."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from runsheet import ids
from runsheet.errors import InvalidRequest, missing
from runsheet.runtime.clients import dynamodb
from runsheet.runtime.items import from_item, to_item

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from runsheet.runtime.model import CreatedListQuery, ListQuery

Found = TypeVar("Found")
_LAST_ID = "~"  # sorts behind every digit of an id


@dataclass(frozen=True, slots=True)
class Span:
    """The ids that a page is cut from. Ids are ordered by creation, so bounds on `created` are bounds on the id.

    Attributes:
        first, last: the outermost ids, which need not exist; both are included.
        cursors: ids that are not part of the page, though they lie in between.
        ascending: whether the page lies at the oldest end, as with `ending_before`, and not at the newest.
        limit: objects of the page, at most.
    """

    first: str
    last: str
    cursors: frozenset[str]
    ascending: bool
    limit: int

    @property
    def is_empty(self) -> bool:
        """Whether no id lies in it; DynamoDB refuses such bounds."""
        return self.first > self.last

    def items(self, values: Mapping[str, Any], **query: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - DynamoDB's
        """Yield what a Query finds in the span, beginning where the page does.

        It is one Query, unless a filter leaves too little of it for the page or an answer ends at 1 MB.

        Args:
            values: the query's own ExpressionAttributeValues, as plain values.
            query: its other parts; its key condition bounds `id` by `:first` and `:last`.
        """
        if self.is_empty:
            return
        bounds = to_item({**values, ":first": self.first, ":last": self.last})
        # One more for has_more, and one because BETWEEN includes the cursor itself.
        where: dict[str, Any] = {"Limit": self.limit + 2}
        while where:
            answer = dynamodb().query(
                **query, ExpressionAttributeValues=bounds, ScanIndexForward=self.ascending, **where
            )
            for item in map(from_item, answer["Items"]):
                if item["id"] not in self.cursors:
                    yield item
            following = answer.get("LastEvaluatedKey")
            where = {"ExclusiveStartKey": following} if following else {}

    def cut(self, found: Iterable[Found]) -> tuple[list[Found], bool]:
        """Return the page, newest first, and whether more follow; `found` begins where the page does."""
        taken = list(islice(found, self.limit + 1))
        page = taken[: self.limit]
        return (page[::-1] if self.ascending else page), len(taken) > self.limit


def span(query: CreatedListQuery, *, prefix: str, noun: str, known: Callable[[str], object]) -> Span:
    """Return what a list's query asks for.

    Args:
        query: the query.
        prefix: of the ids.
        noun: what an object is called in a message.
        known: says of an id whether it is one of the caller's objects.

    Raises:
        InvalidRequest: both cursors, or one that is not known.
    """
    check_cursors(query, noun=noun, known=lambda cursor: ids.plausible(prefix, cursor) and known(cursor))
    since, before = query.created.since(), query.created.before()
    return Span(
        first=max(ids.lowest_id(prefix, since or 0), query.ending_before or ""),
        last=min(
            ids.lowest_id(prefix, before) if before is not None else _LAST_ID,
            query.starting_after or _LAST_ID,
        ),
        cursors=frozenset(filter(None, (query.starting_after, query.ending_before))),
        ascending=query.ending_before is not None,
        limit=query.limit,
    )


def check_cursors(query: ListQuery, *, noun: str, known: Callable[[str], object]) -> None:
    """Refuse cursors that lead nowhere.

    Args:
        query: that may have one.
        noun: what an object is called in a message.
        known: says of any text whether it is the id of one of the caller's objects.

    Raises:
        InvalidRequest: both cursors, or one that is not known.
    """
    if query.starting_after and query.ending_before:
        raise InvalidRequest("You cannot use both starting_after and ending_before.", param="ending_before")
    for param, cursor in (("starting_after", query.starting_after), ("ending_before", query.ending_before)):
        if cursor and not known(cursor):
            unknown = missing(noun, cursor[:100])
            raise InvalidRequest(unknown.message, param=param, code=unknown.code)
