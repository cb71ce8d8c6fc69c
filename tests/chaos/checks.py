"""After everything was healed: does it all add up?"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from importlib import import_module

from services.__main__ import SERVICES
from shared.bus.subjects import ALL_EVENTS, EVENTS_STREAM
from shared.contracts.scheduler import JobEnded, JobStopping, JobSubmitted
from shared.core.events import Recorded
from shared.runtime import Blueprint, Resources, open_resources
from shared.testing.command_line import command
from tests.chaos import invariants
from tests.chaos.people import People
from tests.chaos.read_models import compare_with_the_log
from tests.chaos.stage import Stage

BLUEPRINTS: tuple[Blueprint, ...] = tuple(import_module(f"services.{name}.main").BLUEPRINT for name in SERVICES)
END_SECONDS = 60.0
CATCH_UP_SECONDS = 30.0


class Inquiry:
    """All checks of a run, over the servers themselves and over HTTP."""

    def __init__(self, stage: Stage, people: People) -> None:
        self._stage, self._people = stage, people
        self._check = stage.timeline.check
        self._log: Sequence[Recorded] = ()

    async def hold(self, stored_twice: Sequence[str]) -> None:
        """Wait for the jobs to end, then look at everything."""
        async with self._resources(BLUEPRINTS[0]) as resources:
            await self._until_jobs_have_ended(resources)
            self._log = await resources.log.read(ALL_EVENTS)
            await self._look_at_the_log(resources, stored_twice)
        await self._look_at_what_people_see()
        for instance in self._stage.instances.values():
            await self._stage.take_down(instance)
        await self._look_at_the_read_models()
        await self._verify()

    @asynccontextmanager
    async def _resources(self, blueprint: Blueprint) -> AsyncIterator[Resources]:
        settings = blueprint.settings(**self._stage.settings(blueprint.name))
        async with open_resources(blueprint, settings, asyncio.Event()) as resources:
            yield resources

    async def _until_jobs_have_ended(self, resources: Resources) -> None:
        try:
            async with asyncio.timeout(END_SECONDS):
                while True:
                    events = [each.event for each in await resources.log.read("evt.scheduler.job.>")]
                    submitted = {event.job_id for event in events if isinstance(event, JobSubmitted)}
                    if submitted == {event.job_id for event in events if isinstance(event, JobEnded)}:
                        return
                    await asyncio.sleep(0.3)
        except TimeoutError:
            self._stage.timeline.note("people", f"gave up waiting for the jobs after {END_SECONDS:.0f} s")

    async def _look_at_the_log(self, resources: Resources, stored_twice: Sequence[str]) -> None:
        log, witness = self._log, self._stage.witness
        state = (await resources.nats.jetstream().stream_info(EVENTS_STREAM)).state
        gaps = (
            [] if state.messages == state.last_seq else [f"{state.messages} messages up to position {state.last_seq}"]
        )
        self._check("the log has no gap", gaps, f"{state.messages} messages")
        missing = [*witness.contradictions, *invariants.confirmed_and_missing(log, witness.confirmed)]
        self._check("what the log confirmed is in it", missing, f"{len(witness.confirmed)} confirmations seen")
        self._check("no message is stored twice", [*stored_twice, *invariants.stored_twice(log)])
        self._check("what people were told is true", self._promises_broken(), f"{len(self._people.jobs)} jobs")
        self._check("every job has ended, its counts are right", list(invariants.odd_jobs(log)))
        rows = invariants.by_row(log)
        endings = Counter(str(invariants.how_it_ended(events)) for events in rows.values())
        told = ", ".join(f"{count} {ending}" for ending, count in endings.most_common())
        self._check("every row went its way once", list(invariants.odd_rows(log)), f"{len(rows)} rows: {told}")
        self._check("no job had more rows under way than it allows", list(invariants.crowded_jobs(log)))
        entries = Counter(entry["name"] for entry in self._people.sites.entries())
        wrong = list(invariants.disagreeing_with_the_site(log, entries))
        self._check("the site received what the results say", wrong, f"{entries.total()} received")

    def _promises_broken(self) -> list[str]:
        people, events = self._people, [recorded.event for recorded in self._log]
        submitted = {event.job_id for event in events if isinstance(event, JobSubmitted)}
        over = {event.job_id for event in events if isinstance(event, JobStopping | JobEnded)}
        recordings = {str(each) for each in people.recordings}
        streams = {recorded.subject.split(".")[3] for recorded in self._log}
        return [
            *people.contradictions,
            *(f"job {job}, acknowledged, is not in the log" for job in people.jobs.keys() - submitted),
            *(f"job {job}, whose stop was acknowledged, went on" for job in people.stops - over),
            *(f"recording {each}, acknowledged, is not in the log" for each in recordings - streams),
        ]

    async def _look_at_what_people_see(self) -> None:
        wrong: list[str] = []
        head = max(each.position for each in self._log)
        for end in (each.event for each in self._log if isinstance(each.event, JobEnded)):
            try:
                async with asyncio.timeout(CATCH_UP_SECONDS):
                    wrong += await self._shown_otherwise(end, head)
            except TimeoutError:
                wrong.append(f"job {end.job_id}: not shown as far as position {head} after {CATCH_UP_SECONDS:.0f} s")
                break
        self._check("people are shown what the log tells", wrong)

    async def _shown_otherwise(self, end: JobEnded, head: int) -> list[str]:
        wrong: list[str] = []
        job = await self._people.get("scheduler", f"/scheduler/v1/jobs/{end.job_id}", at_least=head)
        if job["status"] != end.status:
            wrong.append(f"job {end.job_id} is shown as {job['status']}, and ended as {end.status}")
        endings = {
            row: invariants.how_it_ended(events)
            for (of, row), events in invariants.by_row(self._log).items()
            if of == end.job_id
        }
        told = {row: ending for row, ending in endings.items() if ending not in (None, "skipped")}
        shown: dict[int, str] = {}
        while len(shown) < len(told):
            results = await self._people.get("runner", f"/runner/v1/jobs/{end.job_id}/results", limit=1000)
            ran = [each for each in results if each["status"] != "skipped"]
            shown = {each["row_index"]: each["error_type"] or each["status"] for each in ran}
        if shown != told:
            wrong.append(f"job {end.job_id}: results show {shown}, the log {told}")
        return wrong

    async def _look_at_the_read_models(self) -> None:
        """Live tables against tables built from the log anew; no service runs any more."""
        wrong: list[str] = []
        count = 0
        for blueprint in BLUEPRINTS:
            async with self._resources(blueprint) as resources:
                found, differing = await compare_with_the_log(self._stage.stack, blueprint, resources)
                count += found
                wrong += differing
        self._check("read models are the fold of the log", wrong, f"{count} rows")

    async def _verify(self) -> None:
        """Only where the command line has it."""
        if "verify" not in (await command("--help")).out:
            return
        given = self._stage.settings("ingest")
        environment = {f"RETOLD_{key.upper()}": str(value) for key, value in given.items()}
        ended = await command("verify", "--json", environment=environment)
        self._check("retold verify finds the log whole", [] if ended.code == 0 else [ended.err or ended.out])
