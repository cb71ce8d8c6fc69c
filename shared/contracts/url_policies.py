"""Which URL policies stand after an organization's events."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from shared.contracts.ingest import UrlPolicyAdded, UrlPolicyChanged, UrlPolicyRemoved
from shared.core.events import Event


def url_policies_of(
    events: Iterable[Event], before: Mapping[UUID, UrlPolicyAdded] | None = None
) -> dict[UUID, UrlPolicyAdded]:
    """The URL policies that stand after an organization's events, by id, each as if it had been added as it is now."""
    policies = dict(before or {})
    for event in events:
        match event:
            case UrlPolicyAdded():
                policies[event.policy_id] = event
            case UrlPolicyChanged() if event.policy_id in policies:
                changed = {"description": event.description, "is_active": event.is_active, "metadata": event.metadata}
                policies[event.policy_id] = policies[event.policy_id].model_copy(update=changed)
            case UrlPolicyRemoved():
                policies.pop(event.policy_id, None)
    return policies
