"""What a row can go through; who may tell of it (rules 2 and 3 of the decisions)."""

from uuid import UUID

from services.runner.aggregates.row_run import (
    LOST_WORKERS_LIMIT,
    FinishRow,
    Hold,
    IntendStep,
    NoteOnTheWay,
    TakeRow,
    row_runs,
)
from shared.contracts.runner import CachedHealMissed, RowFinished, RowStarted, StepIntended
from shared.contracts.scheduler import RowDispatched, RowLost, RowSkipped
from shared.core.errors import NotFound, Refused
from shared.testing.given import given

JOB, RECORDING = UUID(int=1), UUID(int=3)
FIRST, SECOND = Hold("first", 1), Hold("second", 2)


def dispatched(attempt: int = 1) -> RowDispatched:
    return RowDispatched(job_id=JOB, row=7, attempt=attempt, attempts=3, recording_id=RECORDING, revision=1)


def take(hold: Hold, attempt: int = 1, rerun_unknown: bool = False) -> TakeRow:
    return TakeRow(JOB, 7, attempt, hold, rerun_unknown)


def started(hold: Hold, attempt: int = 1) -> RowStarted:
    return RowStarted(job_id=JOB, row=7, attempt=attempt, worker_id=hold.worker_id, delivery=hold.delivery)


def intended(step_number: int = 4) -> StepIntended:
    return StepIntended(job_id=JOB, row=7, attempt=1, step_number=step_number, action="click")


def finished(hold: Hold, attempt: int = 1, final: bool = True) -> RowFinished:
    return RowFinished(
        job_id=JOB,
        row=7,
        attempt=attempt,
        worker_id=hold.worker_id,
        status="success" if final else "failed",
        final=final,
        duration=900,
        steps=[],
    )


def lost(attempt: int = 1, final: bool = True) -> RowLost:
    return RowLost(
        job_id=JOB, row=7, attempt=attempt, final=final, error_type="worker_lost", error_message="nobody ended it"
    )


def missed(step_number: int = 4) -> CachedHealMissed:
    return CachedHealMissed(job_id=JOB, row=7, recording_id=RECORDING, step_number=step_number, cache_key="k")


def test_a_dispatched_row_is_started_by_the_worker_that_takes_it():
    given(row_runs, dispatched()).when(take(FIRST)).then(started(FIRST))


def test_a_row_that_was_never_dispatched_is_not_run():
    given(row_runs).when(take(FIRST)).then_refused(NotFound, f"row 7 of job {JOB} was never dispatched")


def test_a_lost_row_without_an_intent_is_run_again_by_another_worker():
    given(row_runs, dispatched(), started(FIRST)).when(take(SECOND)).then(started(SECOND))


def test_a_lost_row_with_an_intent_ends_because_nobody_knows_what_happened():
    given(row_runs, dispatched(), started(FIRST), intended(4)).when(take(SECOND)).then_only(
        RowFinished,
        status="failed",
        final=True,
        error_type="outcome_unknown",
        failed_step=4,
        worker_id="second",
        attempt=1,
    )


def test_a_lost_row_with_an_intent_is_run_again_where_the_job_says_so():
    given(row_runs, dispatched(), started(FIRST), intended()).when(take(SECOND, rerun_unknown=True)).then(
        started(SECOND)
    )


def test_an_intent_counts_only_for_the_worker_that_had_it():
    third = Hold("third", 3)
    given(row_runs, dispatched(), started(FIRST), intended(), started(SECOND)).when(take(third)).then(started(third))


def test_a_row_that_loses_every_worker_is_given_up():
    lost = [started(Hold(f"worker {n}", n)) for n in range(1, LOST_WORKERS_LIMIT + 1)]
    past = Hold("unlucky", LOST_WORKERS_LIMIT + 1)
    given(row_runs, dispatched(), *lost).when(take(past)).then_only(
        RowFinished, status="failed", final=True, error_type="worker_lost"
    )


def test_a_delivery_that_was_only_handed_back_loses_no_worker():
    late = Hold("late", 20)
    given(row_runs, dispatched(), started(FIRST)).when(take(late)).then(started(late))


def test_a_worker_that_wakes_up_with_an_older_delivery_takes_nothing():
    given(row_runs, dispatched(), started(SECOND)).when(take(FIRST)).then_refused(Refused, "later delivery")


def test_the_last_worker_that_is_tried_still_runs_the_row():
    last = Hold("last", LOST_WORKERS_LIMIT)
    given(row_runs, dispatched(), started(SECOND)).when(take(last)).then(started(last))


def test_a_row_whose_messages_came_late_but_that_nobody_ran_is_started():
    late = Hold("late", LOST_WORKERS_LIMIT + 5)
    given(row_runs, dispatched()).when(take(late)).then(started(late))


def test_taking_a_row_that_has_ended_does_nothing():
    given(row_runs, dispatched(), started(FIRST), finished(FIRST)).when(take(SECOND)).then_nothing()


def test_taking_a_skipped_row_does_nothing():
    given(row_runs, RowSkipped(job_id=JOB, row=7, reason="cancelled")).when(take(FIRST)).then_nothing()


def test_a_late_message_of_an_older_attempt_is_dropped():
    before = [dispatched(), started(FIRST), finished(FIRST, final=False), dispatched(2)]
    given(row_runs, before).when(take(SECOND, attempt=1)).then_nothing()


def test_the_next_attempt_is_taken_by_the_worker_that_failed_as_by_any_other():
    before = [dispatched(), started(FIRST), finished(FIRST, final=False), dispatched(2)]
    given(row_runs, before).when(take(FIRST, attempt=2)).then(started(FIRST, attempt=2))
    given(row_runs, before).when(take(SECOND, attempt=2)).then(started(SECOND, attempt=2))


def test_a_worker_that_lost_its_row_can_tell_nothing_more_of_it():
    before = [dispatched(), started(FIRST), started(SECOND)]
    for command in (
        IntendStep(FIRST, intended()),
        NoteOnTheWay(FIRST, missed()),
        FinishRow(FIRST, finished(FIRST)),
    ):
        given(row_runs, before).when(command).then_refused(Refused, "taken over by another worker")


def test_the_same_worker_that_was_handed_the_row_again_is_another_hold():
    again = Hold("first", 2)
    given(row_runs, dispatched(), started(FIRST)).when(take(again)).then(started(again))
    given(row_runs, dispatched(), started(FIRST), started(again)).when(IntendStep(FIRST, intended())).then_refused(
        Refused, "taken over"
    )


def test_a_worker_intends_nothing_in_a_row_that_has_ended():
    before = [dispatched(), started(FIRST), finished(FIRST)]
    given(row_runs, before).when(IntendStep(FIRST, intended())).then_refused(Refused, "taken over")


def test_each_step_is_intended_once():
    before = [dispatched(), started(FIRST)]
    given(row_runs, before).when(IntendStep(FIRST, intended(4))).then(intended(4))
    given(row_runs, before, intended(4)).when(IntendStep(FIRST, intended(4))).then_nothing()
    given(row_runs, before, intended(4)).when(IntendStep(FIRST, intended(5))).then(intended(5))


def test_what_is_seen_on_the_way_is_told_once():
    before = [dispatched(), started(FIRST)]
    given(row_runs, before).when(NoteOnTheWay(FIRST, missed())).then(missed())
    given(row_runs, before, missed()).when(NoteOnTheWay(FIRST, missed())).then_nothing()
    given(row_runs, before, missed()).when(NoteOnTheWay(FIRST, missed(5))).then(missed(5))


def test_a_row_has_one_result():
    before = [dispatched(), started(FIRST)]
    given(row_runs, before).when(FinishRow(FIRST, finished(FIRST))).then(finished(FIRST))
    given(row_runs, before, finished(FIRST)).when(FinishRow(FIRST, finished(FIRST))).then_nothing()
    given(row_runs, before, finished(FIRST)).when(FinishRow(SECOND, finished(SECOND))).then_refused(Refused, "taken")


def test_what_a_row_learned_is_told_beside_its_result():
    given(row_runs, dispatched(), started(FIRST)).when(FinishRow(FIRST, finished(FIRST), [missed()])).then(
        missed(), finished(FIRST)
    )


def test_a_worker_that_wakes_up_after_its_row_was_given_up_can_tell_nothing_more_of_it():
    before = [dispatched(), started(FIRST), lost()]
    for command in (
        IntendStep(FIRST, intended()),
        NoteOnTheWay(FIRST, missed()),
        FinishRow(FIRST, finished(FIRST)),
    ):
        given(row_runs, before).when(command).then_refused(Refused, "taken over by another worker")


def test_a_row_that_was_given_up_is_taken_by_nobody():
    given(row_runs, dispatched(), lost()).when(take(FIRST)).then_nothing()
    given(row_runs, dispatched(), started(FIRST), intended(), lost()).when(take(SECOND)).then_nothing()


def test_the_attempt_after_a_lost_one_is_taken_as_any_other():
    before = [dispatched(), started(FIRST), intended(), lost(final=False), dispatched(2)]
    given(row_runs, before).when(take(FIRST, attempt=1)).then_nothing()
    given(row_runs, before).when(take(SECOND, attempt=2)).then(started(SECOND, attempt=2))
