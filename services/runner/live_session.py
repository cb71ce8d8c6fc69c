"""SHELL: one recording in a live browser, from its first page to its end, and those who watch and use it."""

import asyncio
import contextlib
from collections.abc import Coroutine
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog

from services.runner.adapters.live import acts
from services.runner.adapters.live.asked import Given
from services.runner.adapters.live.assembler import Assembler
from services.runner.adapters.live.browser import LiveBrowser
from services.runner.adapters.live.opening import FAILURES, opened
from services.runner.adapters.live.wanted import Owner, Wanted
from services.runner.adapters.row_files import safe_name
from services.runner.aggregates.browser_session import EndSession, LetIdle, ResumeSession, due
from services.runner.ending_sessions import ended_event, told_of
from services.runner.live_steps import LiveSteps
from services.runner.live_viewers import Viewer
from services.runner.session_stream import Held, SessionStream, ToldSoFar
from shared.bus import subjects
from shared.contracts.live_recording import BrowserSessionEnded, EndReason
from shared.core.errors import InvalidInput, NotFound, Refused, RetoldError, TooLarge, Unavailable
from shared.core.time_and_ids import derived_id
from shared.runtime import Resources

KEEP_SECONDS = 1.0
TICK_SECONDS, NEWS_SECONDS = 0.25, 30.0  # between looks at the time, and between words about what is left of it
READY_SECONDS = 10.0
LAST_SECONDS = 60.0  # in which the end is stored, where the log does not answer

log = structlog.get_logger()


class LiveSession(Owner):
    """The browser of a session, its recording, and those who watch."""

    def __init__(self, resources: Resources, held: Held, stream: SessionStream, wanted: Wanted) -> None:
        self._resources, self.held, self._wanted = resources, held, wanted
        self.stream = stream
        self.browser = LiveBrowser(wanted, self)
        self.steps = LiveSteps(ToldSoFar(stream, held.started.worker_id), self.browser, self.say)
        self.steps.name = held.started.name
        self.ended: BrowserSessionEnded | None = None
        self.recording_ready = False
        self.open: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.open.add_done_callback(lambda told: told.cancelled() or told.exception())  # nobody may be left to ask
        self.over = asyncio.Event()
        self.viewers: set[Viewer] = set()
        self._wish: EndReason | None = None
        self._wished = asyncio.Event()
        self._acted_at: datetime = resources.clock()

    @property
    def id(self) -> UUID:
        """The session's id."""
        return self.held.started.session_id

    # --- its life ---

    async def run(self) -> None:
        """Opens the browser, records until the end, and hands over what was recorded."""
        reason: EndReason = "not_started"
        try:
            async with opened(self.browser, self._wanted) as assembler:
                reason = "browser_gone"
                self.open.set_result(None)
                reason = await self._record(assembler)
        except Unavailable as failure:
            log.warning("a live recording's browser is not there", session=str(self.id), reason=failure.detail)
            if not self.open.done():
                self.open.set_exception(failure)
        except Exception:
            log.exception("a live recording broke off", session=str(self.id))
        finally:
            if not self.open.done():
                self.open.set_exception(Unavailable("The browser could not be opened."))
        if self.ended is None:
            known = reason not in ("discarded", "not_started")
            await self._end(reason, await self.steps.recording_anew(self._wanted.tools) if known else None)

    async def _record(self, assembler: Assembler) -> EndReason:
        showing = asyncio.create_task(self.steps.show(assembler))
        try:
            self._soon(self.browser.go(self.held.started.url))
            reason = await self._until_end()
            await self.browser.window.stop()
            with contextlib.suppress(Refused):
                await self.steps.keep()
        finally:
            showing.cancel()
            await asyncio.wait({showing})
        recording = None if reason == "discarded" else await self.steps.recording(assembler)
        if recording is not None or reason == "discarded":
            await self._end(reason, recording)  # before the browser takes its time to close
        return reason

    async def _until_end(self) -> EndReason:
        """Until a person, the time, or the browser ends it; meanwhile what was told is kept, second by second."""
        loop = asyncio.get_running_loop()
        kept_at = told_at = loop.time()
        while self._wish is None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(TICK_SECONDS):
                    await self._wished.wait()
            if self.browser.gone:
                closed = not self.browser.streamed and self.browser.connected
                return self._wish or ("stopped" if closed else "browser_gone")
            if loop.time() - kept_at >= KEEP_SECONDS:
                kept_at = loop.time()
                try:
                    await self.steps.keep()
                except Refused:
                    return "worker_lost"  # somebody else has ended it
            if loop.time() - told_at >= NEWS_SECONDS:
                told_at = loop.time()
                self.tell_session()
            passed = await self._pass_time()
            if passed is not None:
                return passed
        return self._wish

    async def _pass_time(self) -> EndReason | None:
        for level, message in self.browser.session.happenings.take_unsaid():
            self.say({"kind": "notice", "level": level, "message": message})
        match due(self.stream.state, self._acted_at, self._resources.clock()):
            case "idle":
                with contextlib.suppress(RetoldError):
                    await self.stream.carry_out(LetIdle(self.held.started.worker_id))
                self.tell_session()
            case "idle_limit":
                return "idle_limit"
            case "time_limit":
                return "time_limit"
        return None

    async def _end(self, reason: EndReason, recording: dict[str, Any] | None) -> None:
        event = ended_event(self.held.started, reason, self.steps.name, recording)
        deadline = asyncio.get_running_loop().time() + LAST_SECONDS
        while self.ended is None:
            try:
                await self.stream.carry_out(EndSession(event))
                self.ended = event
            except TooLarge:
                half = len(str(recording)) // 2
                event = ended_event(self.held.started, reason, self.steps.name, recording, most_bytes=half)
            except RetoldError as failure:
                log.warning("the end of a live recording could not be kept", reason=failure.detail)
                if isinstance(failure, NotFound) or asyncio.get_running_loop().time() > deadline:
                    self.ended = event  # whoever finds it later ends it, with what has been kept
                await asyncio.sleep(KEEP_SECONDS)
        self.over.set()
        self.tell_session()
        await self._await_recording()
        for viewer in list(self.viewers):
            viewer.end()

    async def _await_recording(self) -> None:
        if self.ended is not None and self.ended.recording is not None and not self._resources.stopping.is_set():
            with contextlib.suppress(TimeoutError, RetoldError):
                async with asyncio.timeout(READY_SECONDS):
                    recording = subjects.recording(self.ended.recording_id)
                    while await self._resources.log.first(recording) is None:
                        await asyncio.sleep(0.05)
                    self.recording_ready = True
            self.tell_session()

    def wish(self, reason: EndReason) -> None:
        """Ends it; the first wish counts."""
        self._wish = self._wish or reason
        self._wished.set()

    # --- what is told and shown ---

    def told(self, told: dict[str, Any]) -> None:
        """Something was done in the browser."""
        if told["kind"] == "step":
            self._acted_at = self._resources.clock()
        self.steps.told(told)

    def say(self, message: dict[str, Any]) -> None:
        """To every viewer."""
        for viewer in self.viewers:
            viewer.say(message)

    def framed(self) -> None:
        """There is a new picture."""
        for viewer in self.viewers:
            viewer.wake()

    def fitted(self, width: int, height: int) -> None:
        """The window fits the page that shows it."""
        self.steps.fit(width, height)
        self.tell_session()

    async def keep(self, name: str, content: bytes) -> str:
        """Keeps a file; gives what a step's value calls it."""
        digest = await self._resources.objects.put(self.held.org, content)
        return f"retold-file:{digest}/{safe_name(name)}"

    async def take_file(self, name: str, content: bytes) -> str:
        """A person gives a file, which pages may then be given. Raises `Refused` after the end."""
        if self.over.is_set() or not self.open.done():
            raise Refused("the recording has ended")
        value = await self.keep(name, content)
        path = self.browser.folder / "given" / derived_id(value).hex / safe_name(name)
        await asyncio.to_thread(path.parent.mkdir, parents=True, exist_ok=True)
        await asyncio.to_thread(path.write_bytes, content)
        self.browser.asked.files[value] = Given(path, value, len(content))
        return value

    def session(self) -> dict[str, Any]:
        """The session for viewers and callers."""
        started = self.held.started
        return {
            **told_of(started, self.ended),
            "name": self.steps.name,
            "status": self.ended.status if self.ended else self.stream.state.phase,
            "paused": self.steps.pauses.paused,
            "follow": self.held.follow,
            "width": self.browser.size[0],
            "height": self.browser.size[1],
            "idle_at": (self._acted_at + timedelta(seconds=started.idle_seconds)).isoformat(),
            "recording_ready": self.recording_ready,
        }

    def tell_session(self) -> None:
        """Every viewer is told how it stands."""
        self.say({"kind": "session", **self.session()})

    def enter(self, viewer: Viewer) -> None:
        """Somebody watches: all that is to be known now."""
        self.viewers.add(viewer)
        viewer.say({"kind": "session", **self.session()})
        viewer.say({"kind": "steps", "steps": self.steps.shown})
        viewer.say(self.browser.tabs())
        for message in self.browser.asked.now() if self.browser.streamed else ():
            viewer.say(message)
        if self.over.is_set():
            viewer.end()

    # --- what a person does ---

    async def act(self, viewer: Viewer, act: acts.Said) -> None:
        """One message of a viewer. Raises `InvalidInput`."""
        match act:
            case acts.Hello():
                raise InvalidInput("hello was said before")
            case acts.Seen():
                self.browser.screen.seen(act.frame)
                viewer.seen(act.frame)
                return
            case acts.Rename():
                self.steps.edit(act.step, label=act.label.strip())
            case acts.Remove() | acts.Restore():
                self.steps.edit(act.step, dropped=isinstance(act, acts.Remove))
            case acts.Secret():
                self.steps.edit(act.step, secret=act.secret)
            case acts.Name():
                self.steps.rename(act.name)
                self.tell_session()
            case acts.Pause() | acts.Resume():
                await self.steps.pause(paused=isinstance(act, acts.Pause))
                self.tell_session()
            case acts.Stop():
                self.wish("stopped")
            case acts.Discard():
                self.wish("discarded")
            case _:
                await self._do(act)
        await self._note_act()

    async def _note_act(self) -> None:
        self._acted_at = self._resources.clock()
        if self.stream.state.phase == "idle":
            with contextlib.suppress(RetoldError):
                await self.stream.carry_out(ResumeSession(self.held.started.worker_id))
            self.tell_session()

    async def _do(self, act: acts.Done) -> None:
        if self.over.is_set() or self._wish is not None:
            return
        if isinstance(act, acts.AT_ONCE):
            await self._shown(self.browser.do(act))
        else:
            self._soon(self.browser.do(act))

    def _soon(self, work: Coroutine[Any, Any, None]) -> None:
        self.browser.window.soon(self._shown(work))

    async def _shown(self, work: Coroutine[Any, Any, None]) -> None:
        """What goes wrong is shown to the person."""
        try:
            await work
        except (*FAILURES, InvalidInput) as failure:
            why = str(failure) or "it took too long"
            self.say({"kind": "notice", "level": "warn", "message": f"{why[:1].upper()}{why[1:]}."})
