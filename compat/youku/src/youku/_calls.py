"""Calls of the platform, declared by the signature of a method."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any, ParamSpec

from vodkit import Cancel
from vodkit.core.contract import Reply
from vodkit.engine.calls import patiently
from vodkit.providers.youku import wire
from vodkit.providers.youku.client.api import read

from ._connect import Connected
from ._errors import vendor_errors
from .util import check_error, remove_none_value

P = ParamSpec("P")
Declared = Callable[P, Any]
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Answer:
    """An answer, with the names that :func:`youku.util.check_error` reads."""

    def __init__(self, reply: Reply) -> None:
        self.status_code = reply.status
        self.content = reply.body


class Calls(Connected):
    """Calls in the name of an application.

    Args:
        client_id: Its id.
    """

    def __init__(self, client_id: str) -> None:
        self.client_id = client_id

    def _ask(self, method: str, path: str, fields: Mapping[str, Any], *, old: bool) -> dict[str, Any]:
        """One call; those that change nothing are repeated where they fail for a moment.

        Raises:
            YoukuError: the platform refused, or could not be asked.
        """
        given = {name: text_of(value) for name, value in remove_none_value(fields).items()}
        with vendor_errors():
            vod = self._connect(self.client_id)
            provider: Any = vod.provider
            url, exchange = provider.api.hosts.url(path, old=old), vod.transport.bind()

            def once() -> Reply:
                reply = exchange("GET", f"{url}?{wire.form(given)}")
                if reply.status >= 500:
                    read(reply, path)
                return reply

            if method == "GET":
                answer = Answer(patiently(once, vod.settings, Cancel()))
            else:
                answer = Answer(exchange("POST", url, headers=_FORM, body=wire.form(given).encode()))
        check_error(answer)
        found = wire.parse_answer(answer.content)
        assert isinstance(found, Mapping)
        return dict(found)


def text_of(value: Any) -> Any:
    """A list as the platform takes it: separated by commas."""
    return ",".join(map(str, value)) if isinstance(value, list | tuple | set) else value


def _declare(
    method: str, path: str, answer: Callable[[dict[str, Any]], Any], old: bool, named: Mapping[str, str]
) -> Callable[[Declared[P]], Declared[P]]:
    def decorate(function: Declared[P]) -> Declared[P]:
        signature = inspect.signature(function)

        @functools.wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> Any:
            bound = signature.bind(*args, **kwargs)
            bound.apply_defaults()
            calls, *_ = bound.args
            given = {named.get(name, name): value for name, value in bound.arguments.items()}
            del given["self"]
            return answer(calls._ask(method, path, {"client_id": calls.client_id, **given}, old=old))

        return call

    return decorate


def get(path: str, *, old: bool = True, **named: str) -> Callable[[Declared[P]], Declared[P]]:
    """A method that sends its arguments in a query and returns the answer.

    Args:
        path: Of the call.
        old: Whether it is on the older host.
        named: Arguments that have another name on the wire.
    """
    return _declare("GET", f"{path}.json", dict, old, named)


def post(path: str) -> Callable[[Declared[P]], Declared[P]]:
    """As :func:`get`, with a form."""
    return _declare("POST", f"{path}.json", dict, True, {})


def change(path: str) -> Callable[[Declared[P]], Declared[P]]:
    """A method that changes something and returns its id."""
    return _declare("POST", f"{path}.json", lambda found: found.get("id"), True, {})


def switch(method: str, path: str) -> Callable[[Declared[P]], Declared[P]]:
    """A method that returns whether it succeeded."""
    return _declare(method, f"{path}.json", lambda found: found.get("result") == 0, True, {})
