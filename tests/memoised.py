"""What moto and botocore find out anew for every call and every client, and always the same: a third of what a call costs.

Nothing here changes what they find; a release of theirs that has none of these names fails at the import.
"""

from __future__ import annotations

import inspect
from functools import cache
from typing import TYPE_CHECKING, Any

import botocore.endpoint_provider
import botocore.hooks
import botocore.useragent
import moto.core.responses
import moto.sqs.models
from moto.core.serialize import AttributePicker, XFormedAttributePicker

if TYPE_CHECKING:
    from collections.abc import Callable

# What is replaced is none of their interfaces, so the type checker knows little of it.
_endpoints: Any = botocore.endpoint_provider
_hooks: Any = botocore.hooks
_useragent: Any = botocore.useragent
_responses: Any = moto.core.responses
_queues: Any = moto.sqs.models
_picker: Any = XFormedAttributePicker

_pick = AttributePicker.__call__
_alias_event_name = _hooks.EventAliaser._alias_event_name
_accepts_kwargs = _hooks.accepts_kwargs
_rule_set = _endpoints.RuleSet
_keys: dict[tuple[str, Any], tuple[str, ...]] = {}
_aliased: dict[str, str] = {}
# By the identity of what they are made of, which is kept with them: that of each service is read once.
_rule_sets: dict[tuple[int, int], tuple[Any, Any, Any]] = {}


def apply() -> None:
    """Let moto and botocore remember it, for all of this process."""
    _picker.__call__ = _picked
    _responses.method_names_from_class = cache(_responses.method_names_from_class)
    for module in (_responses, _queues):
        module.camelcase_to_underscores = cache(module.camelcase_to_underscores)
    _endpoints.RuleSet = _same_rule_set
    _hooks.EventAliaser._alias_event_name = _aliased_event_name
    _hooks.NodeList.__copy__ = _copied
    _hooks.accepts_kwargs = _takes_any_name
    _useragent.sanitize_user_agent_string_component = cache(_useragent.sanitize_user_agent_string_component)


def _picked(self: XFormedAttributePicker, context: Any) -> Any:
    """Return a member of an answer: which names it may have in a dict follows from its shape alone."""
    found = context.obj
    if type(found) is not dict or self.response_transformers:
        return _pick(self, context)
    known = context.key, context.shape
    if known not in _keys:
        _keys[known] = tuple(dict.fromkeys(self.get_possible_keys(context)))
    return next((found[key] for key in _keys[known] if key in found), None)


def _aliased_event_name(self: Any, event_name: str) -> str:
    if event_name not in _aliased:
        _aliased[event_name] = _alias_event_name(self, event_name)
    return _aliased[event_name]


def _takes_any_name(handler: Callable[..., Any]) -> bool:
    code = getattr(handler, "__code__", None)
    return bool(_accepts_kwargs(handler) if code is None else code.co_flags & inspect.CO_VARKEYWORDS)


def _copied(handlers: Any) -> Any:
    # By way of `copy` it is a third of what a client costs: there are hundreds.
    return type(handlers)(*(each.copy() for each in handlers))


def _same_rule_set(*, rules: Any, partitions: Any, **rest: Any) -> Any:
    known = id(rules), id(partitions)
    if known not in _rule_sets:
        _rule_sets[known] = _rule_set(rules=rules, partitions=partitions, **rest), rules, partitions
    return _rule_sets[known][0]
