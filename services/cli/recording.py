"""`retold record`: a browser in which a person does a task once; its steps as they happen, and the recording."""

import asyncio
import json
import os
import re
import sys
import webbrowser
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Annotated, Any
from urllib.parse import urljoin, urlsplit

import typer

from services.cli.client import LOOPBACK, RECONNECT_SECONDS, Client
from services.cli.desk import Desk
from services.cli.recording_shown import StepsShown, tell_end, tell_start
from shared.core.errors import InvalidInput, NotFound, Refused, Unavailable

PLACE = "/runner/v1/recording-sessions"
ENDED = ("terminated", "error")
NORMAL, REFUSED = 1000, 1008  # close codes: the session has ended, the token is a wrong one
PAUSE_SECONDS = 0.5  # before a broken connection is tried again
READY_SECONDS, LOOK_AGAIN = 20.0, 0.1  # within which what was recorded is one of the recordings


async def record(
    desk: Desk,
    address: Annotated[str, typer.Argument(metavar="URL", help="Where the task begins.")],
    name: Annotated[str | None, typer.Option(help="Call the recording this; by default after the page.")] = None,
    minutes: Annotated[int | None, typer.Option(min=1, max=480, help="It ends by itself then.")] = None,
    size: Annotated[
        str | None, typer.Option(metavar="WxH", help="Of the page, as 1280x800; by default that of its window.")
    ] = None,
    screen: Annotated[
        bool | None,
        typer.Option(
            "--screen/--no-screen", help="In a window of its own on this screen, or in a web page.", show_default=False
        ),
    ] = None,
    open_page: Annotated[bool, typer.Option("--open/--no-open", help="Open the web page in your browser.")] = True,
) -> int:
    """Do a task once in a browser, while its steps are recorded. Ctrl-C stops and keeps what was done."""
    request = {"url": address, "name": name, "minutes": minutes, **_size(size)}
    async with desk.client() as client:
        session = await _start(desk, client, request, screen)
        view = urljoin(_platform(desk), session["view"])
        on_screen = bool(session.get("on_screen"))
        tell_start(desk, session, view, on_screen=on_screen)
        if open_page and not on_screen and _has_screen():
            webbrowser.open(view)
        ended = await _until_it_ends(desk, client, session, view)
        kept = await _kept(client, ended)
    return tell_end(desk, ended, kept)


def _size(size: str | None) -> dict[str, int]:
    if size is None:
        return {}
    found = re.fullmatch(r"(\d{3,4})[x×](\d{3,4})", size.strip().lower())
    if not found:
        raise InvalidInput(f"--size {size} is no size; it should look like 1280x800")
    return {"width": int(found[1]), "height": int(found[2])}


def _platform(desk: Desk) -> str:
    running = desk.running()
    return desk.url or (running.address if running else "")


def _has_screen() -> bool:
    return sys.platform in ("darwin", "win32") or any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))


async def _start(desk: Desk, client: Client, request: dict[str, Any], screen: bool | None) -> dict[str, Any]:
    """In a window where that is asked for, or goes without saying: a screen here, and the services on this machine."""
    body = {field: value for field, value in request.items() if value is not None}
    here = urlsplit(_platform(desk)).hostname in LOOPBACK
    if screen or (screen is None and here and _has_screen()):
        try:
            return dict(await client.post(PLACE, json={**body, "on_screen": True}))
        except Refused as refusal:
            if screen:
                raise
            desk.note(f"not in a window of its own: {refusal.detail}")
    return dict(await client.post(PLACE, json=body))


async def _until_it_ends(desk: Desk, client: Client, session: dict[str, Any], view: str) -> dict[str, Any]:
    """The session as it ended. A first Ctrl-C ends it; a second one leaves it to itself."""
    shown = StepsShown(desk)
    following = asyncio.ensure_future(_follow(view, shown))
    with shown:
        try:
            return await asyncio.shield(following)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is None or task.uncancel() > 0:
                raise
            shown.note("stopping, and keeping what was done … (Ctrl-C again leaves it as it is)")
            with suppress(Refused):  # it has ended in this very moment
                await client.post(f"{PLACE}/{session['id']}/stop", json={})
            return await following
        finally:
            following.cancel()


async def _follow(view: str, shown: StepsShown) -> dict[str, Any]:
    last: dict[str, Any] = {}
    async for told in _messages(view):
        if told["kind"] == "steps":
            shown.show(told["steps"])
        elif told["kind"] in ("refused", "notice"):
            shown.note(told["message"])
        elif told["kind"] == "session":
            last = told
            shown.state(told)
    if last.get("status") not in ENDED:
        raise Unavailable("the recording session went away before it had ended")
    return last


async def _messages(view: str) -> AsyncIterator[dict[str, Any]]:
    """What the session tells, until it has ended; a broken connection is made again for a minute."""
    from websockets.asyncio.client import connect
    from websockets.exceptions import ConnectionClosed, InvalidHandshake

    page, _, token = view.partition("#")
    parts = urlsplit(page)
    address = urljoin(page, "live").replace("http", "ws", 1)
    # The services take the socket from their own pages alone; a proxy cannot reach this machine's own loopback.
    how: dict[str, Any] = {"origin": f"{parts.scheme}://{parts.netloc}"}
    how |= {"proxy": None} if parts.hostname in LOOPBACK else {}
    loop = asyncio.get_running_loop()
    answered = loop.time()
    while loop.time() - answered < RECONNECT_SECONDS:
        try:
            async with connect(address, max_size=None, **how) as socket:
                await socket.send(json.dumps({"kind": "hello", "token": token, "frames": False}))
                async for message in socket:
                    answered = loop.time()
                    if isinstance(message, str):
                        yield json.loads(message)
                if socket.close_code == NORMAL:
                    return
        except ConnectionClosed as closed:
            if closed.rcvd is not None and closed.rcvd.code == REFUSED:
                raise Refused(closed.rcvd.reason or "the recording session does not take this address") from closed
        except (OSError, InvalidHandshake, TimeoutError):
            pass
        await asyncio.sleep(PAUSE_SECONDS)
    raise Unavailable("the recording session does not answer; it goes on by itself until its time is up")


async def _kept(client: Client, ended: dict[str, Any]) -> dict[str, Any] | None:
    """The recording, once it is one of the recordings; none where nothing was kept."""
    if not ended["has_recording"]:
        return None
    recording = ended["recording_id"]
    try:
        async with asyncio.timeout(READY_SECONDS):
            while True:
                with suppress(NotFound):
                    return dict(await client.get(f"/ingest/v1/recordings/{recording}"))
                await asyncio.sleep(LOOK_AGAIN)
    except TimeoutError:
        raise Unavailable(
            f"what was recorded is not among the recordings yet; look for it with: retold recordings {recording}"
        ) from None
