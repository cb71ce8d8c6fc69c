"""An organization's URL policies: each pattern once on a list, switched on and off, removed for good."""

from typing import Any
from uuid import UUID

import pytest

from services.ingest.aggregates.url_policy import (
    MOST_POLICIES,
    AddUrlPolicy,
    ChangeUrlPolicy,
    RemoveUrlPolicy,
    url_policies,
)
from shared.contracts.ingest import UrlPolicyAdded, UrlPolicyChanged, UrlPolicyRemoved
from shared.contracts.url_policies import url_policies_of
from shared.core.errors import NotFound, Refused
from shared.testing.given import given

ONE, OTHER = UUID(int=1), UUID(int=2)
ADD = AddUrlPolicy(ONE, "*.example.com", "whitelist", "ours", True, {"a": 1})
ADDED = UrlPolicyAdded(
    policy_id=ONE, pattern="*.example.com", type="whitelist", description="ours", is_active=True, metadata={"a": 1}
)
REMOVED = UrlPolicyRemoved(policy_id=ONE)


def changed(**changes: Any) -> UrlPolicyChanged:
    told: dict[str, Any] = {"description": "ours", "is_active": True, "metadata": {"a": 1}}
    return UrlPolicyChanged(policy_id=ONE, **(told | changes))


def test_a_pattern_is_once_on_a_list() -> None:
    given(url_policies).when(ADD).then(ADDED)
    given(url_policies, ADDED).when(ADD).then_nothing()
    again = AddUrlPolicy(OTHER, "*.example.com", "whitelist", None, True, None)
    given(url_policies, ADDED).when(again).then_refused(Refused, "already")
    given(url_policies, ADDED, REMOVED).when(again).then(
        UrlPolicyAdded(
            policy_id=OTHER, pattern="*.example.com", type="whitelist", description=None, is_active=True, metadata=None
        )
    )


def test_an_id_means_one_policy_for_ever() -> None:
    other = AddUrlPolicy(ONE, "other.example", "blacklist", None, True, None)
    given(url_policies, ADDED).when(other).then_refused(Refused, "exists already")
    given(url_policies, ADDED, REMOVED).when(ADD).then_nothing()


def test_a_policy_is_changed_in_what_is_said() -> None:
    given(url_policies, ADDED).when(ChangeUrlPolicy(ONE, None, False, None)).then(changed(is_active=False))
    given(url_policies, ADDED).when(ChangeUrlPolicy(ONE, "theirs", None, {})).then(
        changed(description="theirs", metadata={})
    )
    given(url_policies, ADDED).when(ChangeUrlPolicy(ONE, "ours", True, None)).then_nothing()
    given(url_policies).when(ChangeUrlPolicy(ONE, "x", None, None)).then_refused(NotFound, "no URL policy")


def test_a_policy_is_removed_once() -> None:
    given(url_policies, ADDED).when(RemoveUrlPolicy(ONE)).then(REMOVED)
    given(url_policies, ADDED, REMOVED).when(RemoveUrlPolicy(ONE)).then_nothing()
    given(url_policies).when(RemoveUrlPolicy(ONE)).then_refused(NotFound, "no URL policy")


def test_there_is_a_most_of_policies() -> None:
    many = [
        ADDED.model_copy(update={"policy_id": UUID(int=number), "pattern": f"a{number}.example"})
        for number in range(MOST_POLICIES)
    ]
    last = AddUrlPolicy(UUID(int=MOST_POLICIES), "one.more", "whitelist", None, True, None)
    given(url_policies, *many).when(last).then_refused(Refused, "at most 1000")


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([ADDED], [("*.example.com", True)]),
        ([ADDED, changed(is_active=False)], [("*.example.com", False)]),
        ([changed(is_active=False)], []),
        ([ADDED, REMOVED], []),
    ],
)
def test_the_policies_that_stand_are_told_by_their_events(events: list[Any], expected: list[Any]) -> None:
    assert [(each.pattern, each.is_active) for each in url_policies_of(events).values()] == expected
