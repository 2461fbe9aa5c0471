"""Who calls, for which application, and what the handlers of actions look like."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from vodkit.server.contract import Service

from .credentials import Credential, Credentials
from .fields import Field, Params


@dataclass(frozen=True, slots=True)
class App:
    """An application: media, classes and templates belong to exactly one.

    Attributes:
        id: SubAppId.
        account: Id of the account that owns it.
        bucket: Its bucket, ``<name>-<digits>``.
        region: Its default storage region.
        status: ``On``, ``Off`` or ``Destroyed``.
    """

    id: int
    account: str
    bucket: str
    region: str
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Whose media something is about, at one instant.

    Attributes:
        account: Id of the account.
        now: Seconds since the epoch.
        app: The application; ``None`` where it is about none.
    """

    service: Service
    account: str
    now: float
    app: App | None = None

    @property
    def home(self) -> App:
        """The application, where it is about one."""
        assert self.app is not None
        return self.app


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller(Owner):
    """One call of an action; ``account`` is who signed it.

    Attributes:
        ours: Whether vodkit's own client calls, which is told more than the vendor has words for.
    """

    credentials: Credentials
    credential: Credential
    request_id: str
    ours: bool = False


Handler = Callable[[Caller, Params], Awaitable[Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class Action:
    """An action of the API.

    Attributes:
        run: Its handler: the fields of its answer, without ``RequestId``.
        fields: Its parameters, without ``SubAppId``.
        in_app: Whether it is about an application (and takes ``SubAppId``).
    """

    run: Handler
    fields: Mapping[str, Field] = field(default_factory=dict)
    in_app: bool = True
