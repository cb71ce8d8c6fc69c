"""SHELL: one async function per thing that the healer does."""

from functools import cached_property
from typing import Any
from uuid import UUID

from services.healer.aggregates.heals import AcceptHeal, Command, Heals, RejectHeal, recording_heals
from services.healer.policies import (
    whenever_a_cached_heal_misses,
    whenever_a_heal_is_proposed,
    whenever_a_heal_is_withdrawn,
    whenever_a_recording_is_revised,
    whenever_an_element_is_healed,
)
from shared.bus import subjects
from shared.bus.log import Context
from shared.bus.remembering import Remembering
from shared.contracts.heal_cache import stand_in_id
from shared.contracts.ingest import RecordingSnapshot, snapshot_of
from shared.contracts.recording import LocatorBundle, Step
from shared.contracts.runner import CachedHealMissed, ElementHealed, HealProposed, HealWithdrawn
from shared.contracts.scheduler import OWN_STEPS
from shared.contracts.step_revisions import locators_of
from shared.core.errors import NotFound, Refused
from shared.core.events import Recorded
from shared.ops.metrics import HEAL_CACHE
from shared.runtime import Resources
from shared.web.callers import Caller


class HealKeeping:
    """Keeps the heals that runners report, and what people decide about them."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    @cached_property
    def _heals(self) -> Remembering[Command, Heals]:
        return Remembering(self._resources.log, recording_heals)

    # --- what is reacted to ---

    async def record(self, recorded: Recorded) -> None:
        """Keep a heal that a runner reported."""
        assert isinstance(recorded.event, ElementHealed)
        command = whenever_an_element_is_healed(recorded.event, recorded.id, recorded.at)
        await self._react(recorded, recorded.event.recording_id, command)

    async def propose(self, recorded: Recorded) -> None:
        """Keep a stand-in that waits for a person."""
        assert isinstance(recorded.event, HealProposed)
        await self._react(recorded, recorded.event.recording_id, whenever_a_heal_is_proposed(recorded.event))

    async def drop_missed(self, recorded: Recorded) -> None:
        """Forget a heal that no longer finds its element."""
        assert isinstance(recorded.event, CachedHealMissed)
        command = whenever_a_cached_heal_misses(recorded.event)
        if await self._react(recorded, recorded.event.recording_id, command):
            HEAL_CACHE.labels("dropped").inc()

    async def drop_withdrawn(self, recorded: Recorded) -> None:
        """Forget a heal that did nothing."""
        assert isinstance(recorded.event, HealWithdrawn)
        await self._react(recorded, recorded.event.recording_id, whenever_a_heal_is_withdrawn(recorded.event))

    async def drop_revised(self, recorded: Recorded) -> None:
        """Forget what was healed of a recording that has been revised."""
        recording_id = UUID(subjects.stream_of(recorded.subject).id)
        await self._react(recorded, recording_id, whenever_a_recording_is_revised(recording_id, recorded.at))

    async def _react(self, recorded: Recorded, recording_id: UUID, command: Command) -> bool:
        context = Context.because_of(recorded, "healer")
        stream = subjects.heals(recording_id)
        return (await self._heals.carry_out(stream, command, context, str(recorded.id))).changed

    # --- what people decide ---

    async def accept(self, caller: Caller, heal: dict[str, Any]) -> int:
        """A person accepts a heal, as its read model tells it. Returns the position where that stands.

        Raises `Refused` where the recording has moved on from what the heal was made on.
        """
        if heal["healed_selector"] is None or heal["healed_bundle"] is None:
            raise Refused(f"heal {heal['id']} found nothing that could be accepted")
        if not await self._is_accepted(heal):
            await self._check_revision(heal)
        command = AcceptHeal(
            **_facts(heal),
            revision=heal["revision"] or None,
            healed_bundle=LocatorBundle.model_validate(heal["healed_bundle"]),
            by=caller.actor,
        )
        return await self._decide(caller, command)

    async def reject(self, caller: Caller, heal: dict[str, Any]) -> int:
        """A person rejects a heal. Returns the position where that stands."""
        if heal["healed_selector"] is None:
            raise Refused(f"heal {heal['id']} found nothing that could be rejected")
        return await self._decide(caller, RejectHeal(**_facts(heal), by=caller.actor))

    async def _is_accepted(self, heal: dict[str, Any]) -> bool:
        """As the log says: the read model may not have heard of it yet."""
        decided = (await self._heals.seen(subjects.heals(heal["recording_id"]))).state.decided
        return decided.get(stand_in_id(heal["cache_key"], heal["healed_selector"])) == "accepted"

    async def _decide(self, caller: Caller, command: AcceptHeal | RejectHeal) -> int:
        stream = subjects.heals(command.recording_id)
        return (await self._heals.carry_out(stream, command, caller.context())).position

    async def _check_revision(self, heal: dict[str, Any]) -> None:
        """The step must still be found by what it was found by when the heal was made."""
        made_on, number = heal["revision"], heal["step_number"]
        if made_on is None:
            raise Refused(
                f"heal {heal['id']} does not tell which revision of its recording it was made on; run the recording "
                "again and accept the new heal"
            )
        if made_on == OWN_STEPS:
            return  # the steps are a job's own: only its rows that wait are concerned
        events = [item.event for item in await self._resources.log.load(subjects.recording(heal["recording_id"]))]
        now = snapshot_of(events)
        before, after = _step(snapshot_of(events, made_on), number), _step(now, number)
        if now is None or before is None:
            raise NotFound(f"the recording {heal['recording_id']} of heal {heal['id']} is not in the log")
        if after is None or locators_of(before) != locators_of(after):
            raise Refused(
                f"step {number} has been revised since heal {heal['id']} was made on revision {made_on} (the recording "
                f"is at revision {now.revision}); run it again, and accept the new heal if it still needs one"
            )


def _facts(heal: dict[str, Any]) -> dict[str, Any]:
    facts = {name: heal[name] for name in ("recording_id", "step_number", "cache_key", "healed_selector")}
    return {**facts, "heal_id": heal["id"]}


def _step(snapshot: RecordingSnapshot | None, number: int) -> Step | None:
    steps = snapshot.steps if snapshot else ()
    return next((step for step in steps if step.step_number == number), None)
