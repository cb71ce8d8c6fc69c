"""The URL policies of an organization: which addresses its browsers may open (whitelist) and may not (blacklist).

Events: `UrlPolicyAdded`, `UrlPolicyChanged`, `UrlPolicyRemoved`. What follows from them: `shared.url_policy`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, assert_never
from uuid import UUID

from shared.contracts.ingest import (
    PolicyType,
    UrlPolicyAdded,
    UrlPolicyChanged,
    UrlPolicyRemoved,
)
from shared.contracts.url_policies import url_policies_of
from shared.core.decider import Decider
from shared.core.errors import NotFound, Refused
from shared.core.events import Event

MOST_POLICIES = 1000  # every connection of every row is judged by them


@dataclass(frozen=True, slots=True)
class AddUrlPolicy:
    """A rule, its pattern read and found right."""

    policy_id: UUID
    pattern: str
    type: PolicyType
    description: str | None
    is_active: bool
    metadata: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class ChangeUrlPolicy:
    """Switch a rule on or off, or describe it anew; what is `None` stays."""

    policy_id: UUID
    description: str | None
    is_active: bool | None
    metadata: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class RemoveUrlPolicy:
    """Take a rule away."""

    policy_id: UUID


Command = AddUrlPolicy | ChangeUrlPolicy | RemoveUrlPolicy


@dataclass(frozen=True, slots=True)
class UrlPolicies:
    """The rules that stand, by id, and the ids of those that stood once."""

    policies: Mapping[UUID, UrlPolicyAdded] = field(default_factory=dict)
    removed: frozenset[UUID] = frozenset()


def evolve(state: UrlPolicies, event: Event) -> UrlPolicies:
    """The rules after an event."""
    policies = url_policies_of([event], state.policies)
    gone = {event.policy_id} if isinstance(event, UrlPolicyRemoved) else set()
    return UrlPolicies(policies, state.removed | gone)


def decide(command: Command, state: UrlPolicies) -> Sequence[Event]:
    """New events for a command."""
    match command:
        case AddUrlPolicy():
            return _add(command, state)
        case ChangeUrlPolicy():
            return _change(command, state)
        case RemoveUrlPolicy():
            if command.policy_id in state.removed:
                return []
            _require(command.policy_id, state)
            return [UrlPolicyRemoved(policy_id=command.policy_id)]
        case _:
            assert_never(command)


def _add(command: AddUrlPolicy, state: UrlPolicies) -> Sequence[Event]:
    wanted = (command.type, command.pattern)
    if command.policy_id in state.removed:
        return []  # it was added, and then removed: a repeated request does not bring it back
    if command.policy_id in state.policies:
        known = state.policies[command.policy_id]
        if (known.type, known.pattern) == wanted:
            return []
        raise Refused(f"URL policy {command.policy_id} exists already, for {known.pattern}")
    for known in state.policies.values():
        if (known.type, known.pattern) == wanted:
            raise Refused(f"{command.pattern} is on the {command.type} already, as URL policy {known.policy_id}")
    if len(state.policies) >= MOST_POLICIES:
        raise Refused(f"an organization has at most {MOST_POLICIES} URL policies; remove some first")
    return [
        UrlPolicyAdded(
            policy_id=command.policy_id,
            pattern=command.pattern,
            type=command.type,
            description=command.description,
            is_active=command.is_active,
            metadata=command.metadata,
        )
    ]


def _change(command: ChangeUrlPolicy, state: UrlPolicies) -> Sequence[Event]:
    known = _require(command.policy_id, state)
    changed = UrlPolicyChanged(
        policy_id=command.policy_id,
        description=known.description if command.description is None else command.description,
        is_active=known.is_active if command.is_active is None else command.is_active,
        metadata=known.metadata if command.metadata is None else command.metadata,
    )
    same = (known.description, known.is_active, known.metadata)
    return [] if (changed.description, changed.is_active, changed.metadata) == same else [changed]


def _require(policy_id: UUID, state: UrlPolicies) -> UrlPolicyAdded:
    if policy_id not in state.policies:
        raise NotFound(f"no URL policy {policy_id} in this organization")
    return state.policies[policy_id]


url_policies: Decider[Command, UrlPolicies] = Decider(UrlPolicies(), evolve, decide)
