"""Errors for answers that came as a success and are not: the same words for every provider."""

from __future__ import annotations

from dataclasses import dataclass

from .contract import Reply
from .errors import IntegrityError, ProtocolError


@dataclass(frozen=True, slots=True)
class Doubt:
    """How one provider's answers are doubted.

    Attributes:
        provider: Whose they are.
        request_id: Header, in lower case, that holds the id of a request.
    """

    provider: str
    request_id: str

    def nonsense(self, reply: Reply, doing: str, problem: object) -> ProtocolError:
        """The answer cannot be understood."""
        return ProtocolError(
            f"{doing}: the answer cannot be understood: {problem}",
            provider=self.provider,
            status=reply.status,
            request_id=reply.headers.get(self.request_id),
        )

    def damaged(self, reply: Reply, doing: str, problem: str, *, retryable: bool = True) -> IntegrityError:
        """What was stored is not what was sent."""
        return IntegrityError(
            f"{doing}: {problem}",
            provider=self.provider,
            status=reply.status,
            request_id=reply.headers.get(self.request_id),
            retryable=retryable,
        )
