"""What a worker remembers of organizations' URL policies, so that a row costs no look at the log."""

import asyncio
from collections import OrderedDict
from uuid import UUID

from shared.bus import subjects
from shared.bus.log import Log
from shared.contracts.ingest import UrlPolicyAdded, UrlPolicyChanged, UrlPolicyRemoved
from shared.contracts.url_policies import url_policies_of
from shared.ticks import with_ticks
from shared.url_policy import Pattern, Rules

ORGANIZATIONS_KEPT = 1000
TICK_SECONDS = 5.0
CHANGES = (UrlPolicyAdded, UrlPolicyChanged, UrlPolicyRemoved)


class KnownRules:
    """Reads an organization's policies once and follows changes; `operator`: what `RETOLD_ALLOW_ADDRESSES` says."""

    def __init__(self, log: Log, operator: tuple[Pattern, ...]) -> None:
        self._log, self._operator = log, operator
        self._rules: OrderedDict[UUID, Rules] = OrderedDict()
        self._position: int | None = None
        self._changes = 0
        self._beginning = asyncio.Lock()

    async def follow(self, stopping: asyncio.Event) -> None:
        """Forget what was changed, until `stopping`; run again, it goes on where it was."""
        position = await self._begin()
        follow = self._log.follow([subjects.ALL_URL_POLICIES], position, linger=0.0, only=CHANGES)
        async for batch in with_ticks(follow, TICK_SECONDS, stopping):
            if batch is not None:
                for recorded in batch.events:
                    self._changes += 1
                    self._rules.pop(recorded.org, None)
                self._position = batch.position

    async def _begin(self) -> int:
        """Changes are followed from here on: nothing that is kept was read before."""
        async with self._beginning:
            if self._position is None:
                self._position = await self._log.last_position()
            return self._position

    async def rules(self, org: UUID) -> Rules:
        """The rules for a row of an organization that starts now."""
        if org in self._rules:
            self._rules.move_to_end(org)
            return self._rules[org]
        await self._begin()
        before = self._changes
        recorded = await self._log.load(subjects.url_policies(org))
        policies = url_policies_of(item.event for item in recorded).values()
        rules = Rules.of(((each.type, each.pattern) for each in policies if each.is_active), self._operator)
        if before == self._changes:  # else it may be older than the change
            self._rules[org] = rules
            while len(self._rules) > ORGANIZATIONS_KEPT:
                self._rules.popitem(last=False)
        return rules
