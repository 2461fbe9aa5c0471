"""Calls of the platform: send, read, and once more with a renewed token (youku.md §1-§3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vodkit.core.contract import Body, Exchange, Reply
from vodkit.core.errors import CredentialExpired, ProtocolError, VodError

from .. import wire
from ..errors import PROVIDER, fault_error, status_kind
from .tokens import Token, Tokens

_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass(frozen=True, slots=True)
class Hosts:
    """Where the API is: host, or host and path, with a scheme in front where that is not https.

    Attributes:
        api: Of the newer calls.
        openapi: Of the older ones.
    """

    api: str
    openapi: str

    def url(self, path: str, *, old: bool = False) -> str:
        """The address of a call."""
        base = self.openapi if old else self.api
        return f"{base if '://' in base else f'https://{base}'}/{path}"


class Api:
    """How the platform is reached.

    Args:
        client_id: Id of the application.
        tokens: Who calls.
        hosts: Where it is.
    """

    def __init__(self, client_id: str, tokens: Tokens, hosts: Hosts) -> None:
        self.client_id = client_id
        self._tokens = tokens
        self.hosts = hosts

    def call(
        self, exchange: Exchange, method: str, path: str, fields: Mapping[str, Any], *, old: bool = False
    ) -> dict[str, Any]:
        """A call in the application's name alone."""
        return self._send(exchange, method, path, {"client_id": self.client_id, **fields}, old=old)

    def authorized(
        self, exchange: Exchange, method: str, path: str, fields: Mapping[str, Any], *, old: bool = False
    ) -> dict[str, Any]:
        """A call in the user's name. A token past its life is renewed once, if there is a way to.

        Raises:
            VodError: the exchange failed, or the platform refused; classified by its code.
        """

        def ask(form: Mapping[str, Any]) -> Mapping[str, Any]:
            return self._ask_token(exchange, form)

        def send(token: str) -> dict[str, Any]:
            mine = {"client_id": self.client_id, "access_token": token}
            return self._send(exchange, method, path, {**mine, **fields}, old=old)

        used = self._tokens.get(ask)
        try:
            return send(used)
        except CredentialExpired:
            if not self._tokens.renew(used, ask):
                raise
            return send(self._tokens.get(ask))

    def authorize_url(self, redirect_uri: str, state: str) -> str:
        """Where the user agrees (§3.1)."""
        fields = {
            "client_id": self.client_id,
            "response_type": "code",
            "state": state,
            "redirect_uri": redirect_uri,
        }
        return f"{self.hosts.url('oauth2/authorize', old=True)}?{wire.form(fields)}"

    def login(self, exchange: Exchange, code: str, redirect_uri: str) -> Token:
        """Exchange a code for tokens, which are used from now on."""
        fields = {
            "client_id": self.client_id,
            "client_secret": self._tokens.secret(),
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
        }
        token = Token.parse(self._send(exchange, "POST", "oauth2/token", fields, old=True))
        self._tokens.adopt(token)
        return token

    def refresh(self, exchange: Exchange) -> Token:
        """Renew the access token now."""
        return self._tokens.refresh(lambda form: self._ask_token(exchange, form))

    def _ask_token(self, exchange: Exchange, form: Mapping[str, Any]) -> Mapping[str, Any]:
        return self._send(exchange, "POST", "oauth2/token.json", form)

    def _send(
        self, exchange: Exchange, method: str, path: str, fields: Mapping[str, Any], *, old: bool = False
    ) -> dict[str, Any]:
        url = self.hosts.url(path, old=old)
        what = path.removesuffix(".json")
        if method == "POST":
            return read(exchange("POST", url, headers=_FORM, body=wire.form(fields).encode()), what)
        return read(exchange("GET", f"{url}?{wire.form(fields)}"), what)


def gupload(
    exchange: Exchange,
    base: str,
    verb: str,
    fields: Mapping[str, Any],
    *,
    form: bool = False,
    body: Body | None = None,
) -> dict[str, Any]:
    """A call of the upload server; with ``form`` the fields, with ``body`` a slice is posted.

    Raises:
        VodError: the exchange failed, or the server refused; classified by its code.
    """
    url = f"{base}/gupload/{verb}"
    if form:
        return read(exchange("POST", url, headers=_FORM, body=wire.form(fields).encode()), verb)
    url = f"{url}?{wire.form(fields)}"
    if body is None:
        return read(exchange("GET", url), verb)
    return read(exchange("POST", url, headers={"Content-Type": "application/octet-stream"}, body=body), verb)


def read(reply: Reply, what: str) -> dict[str, Any]:
    """The object of an answer. Whether it is an error is decided by what it says, then by its status.

    Raises:
        VodError: it carries an error, has the status of one, or cannot be understood.
    """
    try:
        answer = wire.parse_answer(reply.body)
    except wire.Malformed as problem:
        if reply.status < 400:
            raise ProtocolError(
                f"{what}: {problem}", provider=PROVIDER, status=reply.status, retryable=True
            ) from None
        raise _by_status(reply, what) from None
    if isinstance(answer, wire.RemoteFault):
        if answer.code == wire.Codes.IGNORED:
            return {}
        raise fault_error(answer, reply.status, what)
    if reply.status >= 400:
        raise _by_status(reply, what)
    return dict(answer)


def _by_status(reply: Reply, what: str) -> VodError:
    return status_kind(reply.status)(f"{what}: refused", provider=PROVIDER, status=reply.status)
