"""PURE: what a job's options mean for the browser of a row, for its steps, and for what is kept of it."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import takewhile

from services.runner.adapters.options import SessionOptions, StepOptions
from services.runner.pacing import pauses_between_tries
from shared.contracts.browsers import browser_type
from shared.contracts.heal_cache import CachedHeal
from shared.contracts.healing_modes import Healing
from shared.contracts.recording import Step
from shared.contracts.scheduler import JobOptions, Recording
from shared.contracts.steps import event_of, is_disabled

HEALS_LAST = timedelta(hours=24)  # decided: the longest that a heal is used, see `HealRecorded.cached_until`
USUAL = StepOptions()
UNASKED = Healing()  # whoever says nothing is content with what others say
STEP_MS = 60_000
ACTION_MS = 30_000  # beyond the wait for its element, a step may take this long


def session_options(options: JobOptions, steps: Iterable[Step], attempt: int) -> SessionOptions:
    """The browser context of a row's attempt: the job goes before the recording. Raises `InvalidInput`."""
    kind = browser_type(options.browser)
    recorded = SessionOptions.for_steps([step for step in steps if not is_disabled(step)])
    if kind.is_mobile:
        recorded = replace(
            recorded,
            width=kind.viewport_width,
            height=kind.viewport_height,
            device_scale_factor=kind.scale,
            is_mobile=True,
            has_touch=True,
        )
    if options.viewport is not None:
        recorded = replace(recorded, width=options.viewport.width, height=options.viewport.height)
    return replace(
        recorded,
        engine=kind.type,
        user_agent=options.user_agent or kind.user_agent,
        locale=options.locale,
        timezone=options.time_zone,
        trace=is_recorded(options.trace, attempt),
        video=is_recorded(options.video, attempt),
        network_log=options.network_log,
    )


def steps_in_window(steps: Sequence[Step], options: JobOptions) -> Sequence[Step]:
    """The steps without the resize that they begin with, where the job says itself how large the window is."""
    if options.viewport is None and not browser_type(options.browser).is_mobile:
        return steps
    leading = takewhile(lambda step: is_disabled(step) or event_of(step) in ("resize", "navigate"), steps)
    resizing = (step for step in leading if event_of(step) == "resize" and not is_disabled(step))
    first = next(resizing, None)
    return [step for step in steps if step is not first]


def step_options(options: JobOptions, recording: Healing = UNASKED) -> StepOptions:
    """How every step of a row is performed; what differs from step to step is added where it is known.

    `recording`: how careful the recording wants to be.
    """
    waits = options.auto_wait
    limit = options.step_timeout or max(STEP_MS, options.wait_timeout + ACTION_MS)
    usual = StepOptions(
        wait_timeout=min(options.wait_timeout, limit) if waits else 0,
        heal_grace=USUAL.heal_grace if waits else 0,
        step_timeout=limit,
        navigation_timeout=min(USUAL.navigation_timeout, limit),
        wait_until=options.wait_until,
        retry_backoff=pauses_between_tries(options),
        healing=options.healing,
        heal_attempts=options.heal_attempts,
        threshold=options.confidence_threshold,
        strict=options.strict_mode,
        highlight=options.highlight,
        screenshot_before=options.screenshot_before,
        screenshot_after=options.screenshot_after,
        console_log=options.console_log,
        network_log=options.network_log,
        evidence=options.debug_mode,
    )
    return as_careful(usual, recording)


def as_careful(options: StepOptions, healing: Healing) -> StepOptions:
    """The same for what wants to be as careful as this: the most careful of job, recording and step counts."""
    both = Healing(options.healing, options.threshold).and_as_careful_as(healing)
    if (both.mode, both.threshold) == (options.healing, options.threshold):
        return options
    return replace(options, healing=both.mode, threshold=both.threshold)


def is_recorded(wish: Recording, attempt: int) -> bool:
    """Whether a trace or a video is recorded of an attempt; of the first ones nobody knows how they will end."""
    return wish in ("on", "on_failure") or (wish == "on_retry" and attempt > 1)


def is_kept(wish: Recording, *, failed: bool) -> bool:
    """Whether what was recorded is kept."""
    return failed if wish == "on_failure" else wish != "off"


def is_young_enough(heal: CachedHeal, options: JobOptions, at: datetime) -> bool:
    """Whether a job uses a heal of this age."""
    cut = HEALS_LAST - timedelta(seconds=options.heal_cache_seconds)
    return options.heal_cache_seconds > 0 and heal.until - cut > at
