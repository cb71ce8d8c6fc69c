"""Where a run takes place: the pages, one browser for all, the contestants that were started, and the judge."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass, field
from itertools import count
from os import getpid
from pathlib import Path
from typing import Any

import psutil

from shared.chromium import NONE_FOUND, find_chromium
from shared.core.errors import Unavailable
from shared.testing.folders import open_folder
from tests.benchmarks.replay import tree
from tests.benchmarks.replay.contestants.protocol import Chosen
from tests.benchmarks.replay.entrants import Entrant, webdriver
from tests.benchmarks.replay.forms import Form
from tests.benchmarks.replay.processes import Pages, Peer, open_pages, started

QUIET_SHARE = 0.2  # of the machine, at most, before a row begins
PATIENCE, LOOK_SECONDS = 2.0, 0.1
WARM_UP = 2


class WrongRow(Unavailable):
    """What a contestant sent is not what it was told to send."""


@dataclass(frozen=True, slots=True)
class Row:
    """What a row took. Milliseconds; `cpu` of the whole tree of processes; `foreign`: cores that others kept busy."""

    setup: float
    run: float
    close: float
    cpu: float
    foreign: float
    steps: list[dict[str, Any]] = field(default_factory=list)

    @property
    def total(self) -> float:
        """A fresh context, the steps, and its end."""
        return self.setup + self.run + self.close


@dataclass(frozen=True, slots=True)
class Load:
    """Rows that ran beside each other."""

    rows: list[dict[str, Any]]
    seconds: float
    cpu: float
    foreign: float


class Arena:
    """Use it through `open_arena`.

    `patience`: seconds that a row waits for a quiet machine, at most; `warm_up`: rows of each that do not count.
    """

    patience = PATIENCE
    warm_up = WARM_UP

    def __init__(self, pages: Pages, chosen: Chosen, folder: Path, stack: AsyncExitStack) -> None:
        self.pages, self._chosen, self._folder, self._stack = pages, chosen, folder, stack
        self._peers: dict[str, Peer] = {}
        self._prepared: set[tuple[str, str]] = set()
        self._keys = (f"row{number}x" for number in count(1))

    async def peer(self, entrant: Entrant) -> Peer:
        """The entrant's process; started when it is asked for first."""
        if entrant.name not in self._peers:
            context = self.lone_peer(entrant, self._folder)
            self._peers[entrant.name] = await self._stack.enter_async_context(context)
        return self._peers[entrant.name]

    @asynccontextmanager
    async def lone_peer(self, entrant: Entrant, folder: Path) -> AsyncIterator[Peer]:
        """A process of its own, whose temporary files are in a folder of its own."""
        names = {"variant": entrant.variant, "webdriver": webdriver()}
        told = json.dumps({**asdict(self._chosen), **names})
        log = folder / f"{entrant.name.replace('/', ' ')}.log"
        temporary = folder / f"{log.stem} files"
        temporary.mkdir(exist_ok=True)
        environment = {"RETOLD_CHROMIUM": self._chosen.browser, "TMPDIR": str(temporary)}
        async with started((*entrant.arguments, told), log, environment, entrant.folder) as (peer, _):
            yield peer

    async def prepare(self, entrant: Entrant, peer: Peer, form: Form) -> None:
        """Lets the process learn the form, once."""
        if (entrant.name, form.name) in self._prepared and self._peers.get(entrant.name) is peer:
            return
        await peer.ask(do="prepare", form=form.name, actions=self.told(form, self.key()))
        self._prepared.add((entrant.name, form.name))

    def key(self) -> str:
        """A row's own word."""
        return next(self._keys)

    def told(self, form: Form, key: str) -> list[dict[str, Any]]:
        """The form's actions for a row."""
        return [action.to_json() for action in form.actions(self.pages.url, key)]

    async def row(self, entrant: Entrant, form: Form) -> Row:
        """One row by itself, once the machine is quiet. Raises `WrongRow` where not everything arrived as told."""
        peer = await self.peer(entrant)
        await self.prepare(entrant, peer, form)
        await _quiet(self.patience)
        load = await self.load(peer, form, 1, 1)
        done = load.rows[0]
        return Row(done["setup"], done["run"], done["close"], load.cpu * 1000, load.foreign, done["steps"])

    async def load(self, peer: Peer, form: Form, rows: int, at_once: int) -> Load:
        """So many rows, so many of them at once; each is judged."""
        keys = [self.key() for _ in range(rows)]
        wanted = [self.told(form, key) for key in keys]
        machine, theirs, ours = tree.machine_seconds(), tree.cpu_seconds(peer.pid), self._our_seconds()
        began = time.perf_counter()
        answer = await peer.ask(do="rows", form=form.name, rows=wanted, at_once=at_once)
        passed = time.perf_counter() - began
        cpu = tree.cpu_seconds(peer.pid) - theirs
        foreign = tree.machine_seconds() - machine - cpu - (self._our_seconds() - ours)
        for key in keys:
            self.judge(form, key, await self.pages.received(key))
        return Load(answer["rows"], answer["seconds"], cpu, max(0.0, foreign / passed))

    def _our_seconds(self) -> float:
        mine = psutil.Process(getpid()).cpu_times()
        return tree.cpu_seconds(self.pages.peer.pid) + float(mine.user + mine.system)

    def judge(self, form: Form, key: str, received: Sequence[dict[str, str]]) -> None:
        """Everything must have arrived once. Raises `WrongRow`."""
        arrived = {name: value for fields in received for name, value in fields.items()}
        wrong = differences(form.expected(key), arrived)
        if wrong or len(received) != form.posts:
            told = ", ".join(wrong) or f"{len(received)} requests instead of {form.posts}"
            raise WrongRow(f"A row of {form.name} did not arrive as it was told: {told}.")


def differences(expected: dict[str, str], arrived: dict[str, str]) -> list[str]:
    """The fields whose value is not the expected one."""
    return [name for name, value in expected.items() if arrived.get(name) != value]


@asynccontextmanager
async def open_arena() -> AsyncIterator[Arena]:
    """Everything that was started ends with the context. Raises `Unavailable` where no browser is installed."""
    found = find_chromium()
    if found is None:
        raise Unavailable(NONE_FOUND)
    chosen = Chosen(str(found.path), found.arguments())
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(open_folder())
        yield Arena(await stack.enter_async_context(open_pages(folder)), chosen, folder, stack)


async def _quiet(patience: float) -> None:
    """Waits until the machine has little else to do; not for ever."""
    deadline = time.perf_counter() + patience
    while time.perf_counter() < deadline:
        before = tree.machine_seconds()
        await asyncio.sleep(LOOK_SECONDS)
        if tree.machine_seconds() - before <= QUIET_SHARE * LOOK_SECONDS * (psutil.cpu_count() or 1):
            return


def kinds(form: Form) -> Iterable[str]:
    """What is done in each step; the first of a kind after a navigation apart, because it costs more."""
    fresh, seen = False, Counter[str]()
    for action in form.actions("", ""):
        if action.do == "open" or action.leads:
            fresh = True
            yield "open" if action.do == "open" else "click that leads"
            continue
        seen[action.do] += 1
        yield f"first {action.do} of a page" if fresh else action.do
        fresh = False
