"""SHELL: one async function per thing that the healer does."""

from services.healer.aggregates.heals import Command, recording_heals
from services.healer.policies import whenever_a_cached_heal_misses, whenever_an_element_is_healed
from shared.bus import subjects
from shared.bus.commands import carry_out
from shared.bus.log import Context
from shared.contracts.runner import CachedHealMissed, ElementHealed
from shared.core.events import Recorded
from shared.runtime import Resources


async def record_heal(resources: Resources, recorded: Recorded) -> None:
    """Keep a heal that a runner reported."""
    assert isinstance(recorded.event, ElementHealed)
    command = whenever_an_element_is_healed(recorded.event, recorded.id, recorded.at)
    await _carry_out(resources, recorded, command, recorded.event)


async def drop_cached_heal(resources: Resources, recorded: Recorded) -> None:
    """Forget a heal that no longer finds its element."""
    assert isinstance(recorded.event, CachedHealMissed)
    await _carry_out(resources, recorded, whenever_a_cached_heal_misses(recorded.event), recorded.event)


async def _carry_out(
    resources: Resources, recorded: Recorded, command: Command, event: ElementHealed | CachedHealMissed
) -> None:
    context = Context.because_of(recorded, "healer")
    stream = subjects.heals(event.recording_id)
    await carry_out(resources.log, recording_heals, stream, command, context, str(recorded.id))
