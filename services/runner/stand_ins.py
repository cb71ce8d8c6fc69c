"""What a row may use instead of an element that is not found: heals of other rows, and how freely its own."""

from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from uuid import UUID

from services.runner.adapters.options import HealReport, StepOptions
from services.runner.known_heals import RecordingHeals
from services.runner.row_options import HEALS_LAST, as_careful, is_young_enough
from shared.contracts.heal_cache import CachedHeal, cache_key, original_selector
from shared.contracts.healing_modes import healing_of
from shared.contracts.recording import Step
from shared.contracts.scheduler import JobOptions
from shared.core.time_and_ids import Clock


class StandIns:
    """The heals of one recording, as one row uses them."""

    def __init__(self, recording_id: UUID, heals: RecordingHeals, options: JobOptions, clock: Clock) -> None:
        self._recording_id, self._heals, self._options, self._clock = recording_id, heals, options, clock

    def options_for(self, step: Step, usual: StepOptions, *, secret: bool) -> StepOptions:
        """How a step is performed: the most careful of job, recording and step says how freely it is healed."""
        own = as_careful(usual, healing_of(step.metadata.get("healing")))
        if own.healing == "off":
            return replace(own, secret=secret) if secret else own

        def cached(origin: str, path: str) -> CachedHeal | None:
            heal = self._heals.cached(self._key(step.step_number, original_selector(step), origin, path))
            usable = heal is not None and is_young_enough(heal, self._options, self._clock())
            return heal if heal and usable and (own.healing == "autonomous" or heal.accepted) else None

        def turn(origin: str, path: str) -> AbstractAsyncContextManager[CachedHeal | None]:
            return self._heals.turn(self._key(step.step_number, original_selector(step), origin, path))

        return replace(own, cached=cached, heal_turn=turn if own.healing == "autonomous" else None, secret=secret)

    def is_rejected(self, report: HealReport) -> bool:
        """Whether a person has said that this stand-in is not to be used for the step on that page."""
        return (report.healed_selector or "") in self._heals.rejected(self.key_of(report))

    def note(self, report: HealReport) -> None:
        """A heal of this row is there for the others of this process at once."""
        if report.success and report.healed_bundle is not None:
            key, until = self.key_of(report), self._clock() + HEALS_LAST
            self._heals.note_own(
                CachedHeal(key, report.step_number, report.healed_bundle, until, report.healed_selector)
            )

    def forget(self, key: str) -> None:
        """This one found nothing, or did nothing."""
        self._heals.forget(key)

    def key_of(self, report: HealReport) -> str:
        """Under which key a heal is cached."""
        return self._key(report.step_number, report.original_selector, report.page_origin, report.page_path)

    def _key(self, step_number: int, original: str, origin: str, path: str) -> str:
        return cache_key(self._recording_id, step_number, original, origin, path)
