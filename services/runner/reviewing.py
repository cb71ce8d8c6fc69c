"""SHELL: a row that waits for a person's answer about a stand-in; its slot is lent to another row meanwhile."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from uuid import UUID

from services.runner.adapters.options import HealReport
from services.runner.aggregates.row_run import NoteOnTheWay
from services.runner.known import Known
from services.runner.row_stream import RowStream, Stopped
from services.runner.row_told import RowTold
from services.runner.steering import HeldTooLong, Steering
from shared.contracts.heal_cache import cache_key
from shared.contracts.runner import HealProposed
from shared.core.errors import RetoldError
from shared.core.time_and_ids import derived_id


class HeldForReview(RetoldError):
    """Nobody answered for as long as the row kept its browser."""

    def __init__(self, step_number: int, detail: str) -> None:
        super().__init__(detail)
        self.step_number = step_number


class WaitingRoom:
    """The rows of a worker that keep their browser while a person thinks.

    Each lends its slot, so that other rows go on; there are as many places as the worker has slots, so that its
    browsers never hold more than twice as many rows.
    """

    def __init__(self, places: int, lend: Callable[[], Awaitable[None]], take_back: Callable[[], None]) -> None:
        self._places, self._lend, self._take_back = places, lend, take_back

    @property
    def is_full(self) -> bool:
        """Whether a row that wants to wait has to keep its slot."""
        return self._places <= 0

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Wait in here; where it is full, without lending the slot."""
        if self.is_full:
            yield
            return
        self._places -= 1
        try:
            await self._lend()
            yield
        finally:
            self._places += 1
            self._take_back()


class Reviewing:
    """Asks a person about the stand-ins of one row."""

    def __init__(self, stream: RowStream, told: RowTold, known: Known, room: WaitingRoom) -> None:
        self._stream, self._told, self._known, self._room = stream, told, known, room

    def accepted(self, proposal: HealProposed) -> bool | None:
        """What a person has said; nothing while nobody has."""
        decided = self._known.decided(proposal.recording_id, proposal.cache_key, proposal.healed_selector)
        return None if decided is None else decided == "accepted"

    async def answer(self, report: HealReport, steering: Steering, seconds: float) -> bool:
        """Whether a person lets the row go on with it. Raises `HeldForReview`, `Stopped`, `Fenced`."""
        proposal = self.proposal(report)
        answer = self.accepted(proposal)
        if answer is not None:
            return answer
        number = report.step_number
        await self._stream.carry_out(NoteOnTheWay(self._stream.hold, proposal), f"proposed-{proposal.proposal_id}")
        found = f"{proposal.healed_selector} instead of {proposal.original_selector}, {proposal.confidence} % certain"
        todo = f"retold heals accept {proposal.proposal_id}, or reject"
        await self._told.log("warn", f"step {number} waits for a person: found {found}; {todo}", number)
        if self._room.is_full and self._stream.state.intended is None:
            raise HeldForReview(number, "as many rows as this runner can hold wait for a person already")
        async with self._room.place():
            with self._known.telling_of_heals(proposal.recording_id, steering.hear):
                seconds = await self._wait(proposal, steering, seconds)
        answer = self.accepted(proposal)
        if answer is None:
            raise Stopped("the job was cancelled while a person was to decide about a stand-in")
        said = "accepted" if answer else "rejected"
        await self._told.log("info", f"step {number}: its stand-in was {said} after {seconds:.0f} s", number)
        return answer

    async def _wait(self, proposal: HealProposed, steering: Steering, seconds: float) -> float:
        try:
            return await steering.wait_for(lambda: self.accepted(proposal) is not None, seconds)
        except HeldTooLong:
            why = f"nobody decided within {seconds:g} s about the stand-in that was found"
            raise HeldForReview(proposal.step_number, why) from None

    def proposal(self, report: HealReport) -> HealProposed:
        """What is told of a stand-in that waits for an answer."""
        event = self._stream.event
        selector, step, revision = report.healed_selector or "?", report.step_number, event.revision
        where = (report.original_selector, report.page_origin, report.page_path)
        key = cache_key(event.recording_id, step, *where)
        return HealProposed(
            job_id=event.job_id,
            row=event.row,
            attempt=event.attempt,
            recording_id=event.recording_id,
            revision=revision,
            proposal_id=proposal_id(key, revision, selector),
            cache_key=key,
            step_number=step,
            method=report.method,
            original_selector=report.original_selector,
            healed_selector=selector,
            healed_bundle=report.healed_bundle,
            confidence=report.confidence,
            rivals=report.rivals,
            page_origin=report.page_origin,
            page_path=report.page_path,
            candidates=report.candidates,
            picture_before=report.picture_before,
            picture_after=report.picture_after,
        )


def proposal_id(key: str, revision: int, healed_selector: str) -> UUID:
    """The same for the same stand-in of the same step of a revision, on the same page."""
    return derived_id("heal proposal", key, revision, healed_selector)
