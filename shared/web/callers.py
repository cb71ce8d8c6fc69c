"""Who calls: a bearer token names an organization."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from shared.bus.log import Context
from shared.core.errors import NotAllowed
from shared.core.time_and_ids import derived_id

_bearer = HTTPBearer(auto_error=False, description="the token that `retold up` prints, or one of RETOLD_API_TOKENS")


@dataclass(frozen=True, slots=True)
class Caller:
    """The organization on whose behalf a request is made, and who made it."""

    org: UUID
    actor: str

    @property
    def user_id(self) -> UUID:
        """The user behind the token: until people log in, the organization's owner."""
        return owner_of(self.org)

    def context(self) -> Context:
        """The context of what this caller has us append."""
        return Context(self.org, self.actor)


def owner_of(org: UUID) -> UUID:
    """The id of an organization's first user."""
    return derived_id(org, "owner")


def token_digest(token: str) -> str:
    """What settings hold of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def _caller(request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]) -> Caller:
    tokens: Mapping[str, UUID] = request.app.state.tokens
    digest = token_digest(credentials.credentials) if credentials else ""
    if digest not in tokens:
        raise NotAllowed("say who you are: send the header `Authorization: Bearer <token>` with a token known here")
    return Caller(tokens[digest], f"token:{digest[:8]}")


CallerOf = Annotated[Caller, Depends(_caller)]
