"""The fleet: warm browsers of every kind, and a fresh window in one of them for every row."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import structlog

from services.runner.adapters.driver_windows import RunningBrowser
from services.runner.adapters.events import Happenings
from services.runner.adapters.faults import DriverError, DriverFailure, StepFailed
from services.runner.adapters.folders import Folders
from services.runner.adapters.guard import guarded
from services.runner.adapters.options import SessionOptions
from services.runner.adapters.port import Guarding
from services.runner.adapters.session import Session
from services.runner.adapters.starting import DriverName, Kind, Remote, Starter
from services.runner.adapters.warm import Limits, Pool, Warm
from shared.contracts.browsers import Engine
from shared.core.errors import Unavailable
from shared.url_policy import Refusal, judge_url

PROBE_SECONDS = 3.0
WEIGH_EVERY = 5  # probes
OPEN_SECONDS = 30.0
OPEN_TRIES = 2
CLOSE_SECONDS = 20.0  # what was sent last gets ten of them to be answered
LEAVE_SECONDS = 5.0

log = structlog.get_logger()


class Fleet:
    """Gives fresh browser sessions; use it as an async context manager.

    `executable`: the browser's file, else the best that is installed. `engine` is for rows that name none, `driver`
    for all. `own_ports` are of this process: no page may reach them. `limits` are those of `Limits`, by name.
    A session may be asked for at any time: a browser that crashed, or that is worn, is replaced. One that does not
    answer is ended, and the steps in it fail as `browser_hung`. Raises `Unavailable` when no browser starts.
    """

    def __init__(
        self,
        executable: str | None = None,
        *,
        engine: Engine = "chromium",
        driver: DriverName | None = None,
        headless: bool = True,
        remotes: Sequence[Remote] = (),
        own_ports: Iterable[int] = (),
        **limits: Any,
    ) -> None:
        self._starter = Starter(executable, headless, remotes)
        self._ports = set(own_ports)
        self._engine, self._driver = engine, driver
        self._limits = Limits(**limits)
        self._pools: dict[Kind, Pool] = {}
        self._folders = Folders()
        self._keeping: set[asyncio.Task[None]] = set()
        self._watching: asyncio.Task[None] | None = None

    @property
    def browsers_running(self) -> int:
        """How many browsers this fleet has open now."""
        return sum(len(pool.running) for pool in self._pools.values())

    async def __aenter__(self) -> Self:
        self._watching = asyncio.create_task(self._watch())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._watching is not None:
            self._watching.cancel()
            with suppress(asyncio.CancelledError):
                await self._watching
        if self._keeping:  # rows that were cancelled while they ended
            await asyncio.wait(self._keeping, timeout=LEAVE_SECONDS)
        await asyncio.gather(*(pool.close() for pool in self._pools.values()))
        while self._keeping:
            await asyncio.wait(self._keeping)
        self._pools.clear()
        self._folders.close()

    @asynccontextmanager
    async def session(
        self, options: SessionOptions | None = None, guarding: Guarding | None = None
    ) -> AsyncIterator[Session]:
        """A fresh window with one empty page: no cookies, no storage, nothing of another row.

        The row has a folder of its own, which is gone afterwards; with `guarding`, nothing it opens goes unjudged.
        """
        opened: asyncio.Future[Session] = asyncio.get_running_loop().create_future()
        opened.add_done_callback(lambda told: told.cancelled() or told.exception())  # a cancelled row does not ask
        ended = asyncio.Event()
        keeping = asyncio.create_task(self._keep(options or SessionOptions(), guarding, opened, ended))
        self._keeping.add(keeping)
        keeping.add_done_callback(self._keeping.discard)
        try:
            yield await asyncio.shield(opened)
        finally:
            # A row may be cancelled at any moment, also while it opens or ends: its window is closed all the same.
            ended.set()
            await asyncio.shield(keeping)

    async def _keep(
        self,
        options: SessionOptions,
        guarding: Guarding | None,
        opened: "asyncio.Future[Session]",
        ended: asyncio.Event,
    ) -> None:
        """All that a row needs of the fleet, from before its window opens until nothing of it is left."""
        try:
            async with AsyncExitStack() as row:
                options = replace(options, folder=await row.enter_async_context(self._folders.one()))
                if guarding is not None:
                    options = await row.enter_async_context(self._guarded(options, guarding, opened))
                opened.set_result(await row.enter_async_context(self._opened(options)))
                await ended.wait()
        except Exception as failure:
            if opened.done():
                log.warning("what a row has left could not be cleared away", reason=str(failure) or repr(failure))
            else:
                opened.set_exception(failure)

    @asynccontextmanager
    async def _guarded(
        self, options: SessionOptions, guarding: Guarding, opened: "asyncio.Future[Session]"
    ) -> AsyncIterator[SessionOptions]:
        """The options of a row whose every request is judged; what is refused is told once, however often it is tried.

        The guard sees names and addresses; rules about more need the full address, which only the browser knows.
        One on another machine cannot reach the guard: there, only what the browser itself tells is judged.
        """
        elsewhere = self._starter.is_elsewhere(self._kind(options))
        told: set[Refusal] = set()

        def refused(refusal: Refusal) -> None:
            if opened.done() and opened.exception() is None:
                opened.result().refusal = refusal.detail
            if refusal not in told:
                told.add(refusal)
                guarding.refused(refusal)

        def judge(url: str) -> str | None:
            refusal = judge_url(guarding.rules, url)
            if refusal is None:
                return None
            refused(refusal)
            return refusal.detail

        async with guarded(guarding.rules, refused, self._own_ports) as guard:
            port = urlsplit(guard.address).port or 0
            self._ports.add(port)
            try:
                judged = elsewhere or guarding.rules.judges_addresses
                proxy = None if elsewhere else guard.address
                yield replace(options, proxy=proxy, judge=judge if judged else None)
            finally:
                self._ports.discard(port)

    def _own_ports(self) -> set[int]:
        """Of this service, of the other rows' ways out, and on which the browsers can be driven."""
        browsers = (warm.browser for pool in self._pools.values() for warm in pool.running)
        return self._ports.union(*(browser.ports for browser in browsers))

    def _kind(self, options: SessionOptions) -> Kind:
        return self._starter.kind_for(options.engine or self._engine, options, self._driver)

    def _pool(self, options: SessionOptions) -> Pool:
        kind = self._kind(options)
        if kind not in self._pools:
            self._pools[kind] = Pool(kind, self._starter, self._limits)
        return self._pools[kind]

    @asynccontextmanager
    async def _opened(self, options: SessionOptions) -> AsyncIterator[Session]:
        """A window in a browser with room; where that has just died, in another.

        Raises `Unavailable`, and `StepFailed` for a window that the browser cannot open as it is wanted.
        """
        pool = self._pool(options)
        for tries_left in reversed(range(OPEN_TRIES)):
            async with pool.place() as warm:
                try:
                    async with asyncio.timeout(OPEN_SECONDS):
                        session = await _open(warm.browser, options)
                except (DriverFailure, StepFailed, TimeoutError) as error:
                    if isinstance(error, DriverError) and warm.browser.connected:
                        raise StepFailed("invalid_step", f"the browser opens no such window: {error}") from error
                    warm.wear_out("it opens no window")
                    if tries_left:
                        continue
                    raise Unavailable(f"The browser opens no window: {error or 'it does not answer'}.") from error
                async with _performing(warm, session):
                    yield session
                if options.keep is not None:
                    await options.keep(session.remains)
                return

    async def _watch(self) -> None:
        probes = 0
        while True:
            await asyncio.sleep(PROBE_SECONDS)
            probes += 1
            weigh = probes % WEIGH_EVERY == 0
            await asyncio.gather(*(pool.watch(weigh=weigh) for pool in self._pools.values()))


@asynccontextmanager
async def _performing(warm: Warm, session: Session) -> AsyncIterator[None]:
    warm.sessions.add(session)
    try:
        yield
    finally:
        await _close(warm, session)
        warm.sessions.discard(session)


async def _open(browser: RunningBrowser, options: SessionOptions) -> Session:
    happenings = Happenings()
    window = await browser.window(options, happenings)
    try:
        session = await Session.open(window, happenings)
    except BaseException:
        with suppress(DriverFailure):
            await window.close()
        raise
    session.folder = options.folder
    session.browser = f"{browser.name.engine} {browser.name.version}"
    return session


async def _close(warm: Warm, session: Session) -> None:
    """Closes a row's window. A browser that cannot get rid of one (a script that never ends) gets no further row."""
    try:
        async with asyncio.timeout(CLOSE_SECONDS):
            await session.close()
    except (DriverFailure, StepFailed, TimeoutError) as error:
        if warm.browser.connected:
            warm.wear_out(f"it does not close a window: {error or type(error).__name__}")
            if len(warm.sessions) == 1:
                await warm.kill("a page of it does not end")
