"""SHELL: the recordings in live browsers that this process holds; those of a runner that is gone are ended."""

import asyncio
import contextlib
import hashlib
import os
import secrets
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import nats.errors
from nats.aio.msg import Msg

from services.runner.adapters.live.limits import within
from services.runner.adapters.live.on_screen import fleet_on_screen
from services.runner.adapters.live.wanted import Wanted, as_url
from services.runner.adapters.port import Guarding
from services.runner.adapters.starting import read_remotes
from services.runner.aggregates.browser_session import DEFAULT_MINUTES, StartSession
from services.runner.ending_sessions import told_of
from services.runner.known_rules import KnownRules
from services.runner.live_session import LiveSession
from services.runner.lost_sessions import LostSessions
from services.runner.session_stream import Held, SessionStream
from services.runner.settings import RunnerSettings
from shared.bus import subjects
from shared.bus.log import Context
from shared.contracts.live_recording import BrowserSessionEnded, BrowserSessionStarted
from shared.core.errors import InvalidInput, NotFound, Refused, RetoldError, Unavailable
from shared.core.time_and_ids import new_id
from shared.runtime import Resources
from shared.url_policy import Refusal, Rules, judge_url
from shared.web.callers import Caller

WIDTH, HEIGHT = 1280, 720
OPEN_SECONDS = 60.0
LEAVE_SECONDS = 15.0  # of the DRAIN_SECONDS that the process has


@dataclass(frozen=True, slots=True)
class Asking:
    """What a person wants to record. Sizes in CSS pixels; without one, the window fits the page that shows it."""

    url: str
    name: str | None = None
    width: int | None = None
    height: int | None = None
    minutes: int | None = None
    on_screen: bool = False


class RecordingSessions:
    """Opens sessions, finds them, and sees to those that nobody holds any more."""

    def __init__(self, resources: Resources) -> None:
        self._settings: RunnerSettings = resources.settings
        self._resources = resources
        self.worker_id = f"{self._settings.worker_id or f'{socket.gethostname()}-{os.getpid()}'}-{new_id().hex[-6:]}"
        self._rules = KnownRules(resources.log, self._settings.allowances)
        self._held: dict[UUID, LiveSession] = {}
        self._running: set[asyncio.Task[None]] = set()
        remotes = read_remotes(self._settings.browser_address)
        self._fleet: dict[str, Any] = {"executable": self._settings.chromium, "remotes": remotes}
        self._fleet |= {"own_ports": [self._settings.port]}
        self.lost = LostSessions(resources, self.worker_id, self._held.__contains__, self._fleet)

    # --- opening, finding ---

    async def start(self, caller: Caller, asking: Asking) -> tuple[LiveSession, str]:
        """A session and the token that opens it. Raises `InvalidInput`, `Refused`, `Unavailable`."""
        url = as_url(asking.url)
        rules = await self._rules.rules(caller.org)
        refusal = judge_url(rules, url)
        if refusal is not None:
            raise InvalidInput(f"{refusal.detail}.")
        if not url.startswith(("http://", "https://")):
            raise InvalidInput("a recording begins at an address with http:// or https://")
        self._require_room(caller.org)
        started = self._started(caller, asking, url)
        context = Context(caller.org, caller.actor)
        stream = SessionStream(self._resources.log, started.session_id, context)
        token = secrets.token_urlsafe(32)
        digest = hashlib.sha256(token.encode()).hexdigest()
        held = Held(started, caller.org, digest, follow=asking.width is None and asking.height is None)
        session = self._session(held, stream, rules)
        self._held[started.session_id] = session
        try:
            await stream.carry_out(StartSession(started))
            task = asyncio.create_task(self._run(session))
            self._running.add(task)
            task.add_done_callback(self._running.discard)
            async with asyncio.timeout(OPEN_SECONDS):
                await asyncio.shield(session.open)
        except TimeoutError:
            session.wish("discarded")
            raise Unavailable(f"The browser was not open after {OPEN_SECONDS:g} s.") from None
        except RetoldError:
            if not session.open.done():
                del self._held[started.session_id]
            raise
        return session, token

    def _require_room(self, org: UUID) -> None:
        most, each = self._settings.recording_sessions, self._settings.recording_sessions_each
        if self._resources.stopping.is_set():
            raise Unavailable("this runner is stopping; try again in a moment")
        running = [session for session in self._held.values() if not session.over.is_set()]
        if most == 0:
            raise Refused("this runner opens no browsers to record in (RETOLD_RECORDING_SESSIONS is 0)")
        if len(running) >= most:
            raise Refused(f"this runner has {len(running)} recordings under way, its limit (RETOLD_RECORDING_SESSIONS)")
        own = self.lost.of(org) | {session.id for session in running if session.held.org == org}
        if len(own) >= each:
            raise Refused(
                f"this organization has {len(own)} recordings under way, its limit (RETOLD_RECORDING_SESSIONS_EACH): "
                "stop one of them"
            )

    def _started(self, caller: Caller, asking: Asking, url: str) -> BrowserSessionStarted:
        now = self._resources.clock()
        width, height = within(asking.width or WIDTH, asking.height or HEIGHT)
        minutes = DEFAULT_MINUTES if asking.minutes is None else asking.minutes
        return BrowserSessionStarted(
            session_id=new_id(),
            recording_id=new_id(),
            user_id=caller.user_id,
            name=asking.name,
            url=url,
            width=width,
            height=height,
            on_screen=asking.on_screen,
            worker_id=self.worker_id,
            address=self._settings.own_address,
            started_at=now,
            expires_at=now + timedelta(minutes=minutes),
            idle_seconds=round(self._settings.recording_idle_minutes * 60),
        )

    def _session(self, held: Held, stream: SessionStream, rules: Rules) -> LiveSession:
        def judge(url: str) -> str | None:
            refusal = judge_url(rules, url)
            return refusal.detail if refusal else None

        def refused(refusal: Refusal) -> None:
            message = f"{refusal.detail[:1].upper()}{refusal.detail[1:]}."
            session.say({"kind": "refused", "url": refusal.url, "message": message})

        started = held.started
        guarding = Guarding(rules, refused)
        size = {"width": started.width, "height": started.height}
        fleet = fleet_on_screen(self._fleet) if started.on_screen else self._fleet
        wanted = Wanted(fleet, self._fleet, on_screen=started.on_screen, guarding=guarding, judge=judge, **size)
        session = LiveSession(self._resources, held, stream, wanted)
        return session

    async def _run(self, session: LiveSession) -> None:
        try:
            async with self._answering(session.id):
                await session.run()
        finally:
            asyncio.get_running_loop().call_later(60, self._held.pop, session.id, None)  # its viewers may come back

    @asynccontextmanager
    async def _answering(self, session_id: UUID) -> AsyncIterator[None]:
        """Whoever asks is told that the session is held."""

        async def here(message: Msg) -> None:
            with contextlib.suppress(nats.errors.Error):
                await message.respond(self.worker_id.encode())

        subject = subjects.presence_of_session(session_id)
        subscription = await self._resources.nats.subscribe(subject, cb=here)
        try:
            yield
        finally:
            with contextlib.suppress(nats.errors.Error):
                await subscription.unsubscribe()

    def held(self, session_id: UUID) -> LiveSession | None:
        """The session, if it is held here."""
        return self._held.get(session_id)

    async def of(self, caller: Caller, session_id: UUID) -> LiveSession:
        """A caller's session that is held here. Raises `NotFound`, and `Refused` where another runner has it."""
        session = self._held.get(session_id)
        if session is not None and session.held.org == caller.org:
            return session
        found = await self.told(caller, session_id)
        raise Refused(
            f"the session {session_id} has ended: {found['message']}"
            if found["reason"]
            else f"the session {session_id} is held by another runner: ask {found['address']}"
        )

    async def elsewhere(self, session_id: UUID) -> str | None:
        """Where the runner answers that holds a session; none where it is held here, has ended, or never was."""
        if session_id in self._held:
            return None
        recorded = await self._resources.log.load(subjects.browser_session(session_id))
        if not recorded or isinstance(recorded[-1].event, BrowserSessionEnded):
            return None
        started = recorded[0].event
        assert isinstance(started, BrowserSessionStarted)
        return None if started.address == self._settings.own_address else started.address

    async def told(self, caller: Caller, session_id: UUID) -> dict[str, Any]:
        """How a session stands, wherever it is held. Raises `NotFound`."""
        session = self._held.get(session_id)
        if session is not None and session.held.org == caller.org:
            return session.session()
        recorded = await self._resources.log.load(subjects.browser_session(session_id))
        if not recorded or recorded[0].org != caller.org:
            raise NotFound(f"no recording session {session_id} in this organization")
        first, last = recorded[0].event, recorded[-1].event
        assert isinstance(first, BrowserSessionStarted)
        return told_of(first, last if isinstance(last, BrowserSessionEnded) else None)

    # --- as long as the service runs ---

    async def run(self) -> None:
        """Until the process stops; then every recording ends, and is kept."""
        await self._resources.stopping.wait()
        for session in self._held.values():
            session.wish("shutdown")
        if self._running:
            await asyncio.wait(set(self._running), timeout=LEAVE_SECONDS)

    async def watch_policies(self) -> None:
        """Which addresses may be opened, as it changes."""
        await self._rules.follow(self._resources.stopping)
