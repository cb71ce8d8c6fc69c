"""Connections to NATS that never give up."""

import asyncio
from contextlib import suppress

import nats.errors
from nats.aio.client import Client

from shared.core.errors import Unavailable

CONNECT_SECONDS = 10.0


class LeanClient(Client):
    """nats-py's client with a quicker reading of headers.

    nats-py 2.16 looks at every character of every header's name for white space, which takes a third of the time of
    reading a log. Should it stop calling this method, only the speed is gone.
    """

    @staticmethod
    def _parse_header_lines(raw: bytes) -> dict[str, str]:
        try:
            lines = raw.decode("ascii").split("\r\n")
        except UnicodeDecodeError:
            return Client._parse_header_lines(raw)
        parsed = {}
        for line in lines:
            name, colon, value = line.partition(":")
            if colon and " " not in name and "\t" not in name:
                parsed[name] = value.strip()
        return parsed


async def disconnect(client: Client) -> None:
    """Send what is waiting, then close; a server that is gone is no error."""
    # Not drain(): it waits for pull subscriptions that nobody reads any more.
    with suppress(nats.errors.Error, TimeoutError, OSError):
        await client.flush(timeout=2)
    with suppress(OSError):
        await client.close()


async def connect(url: str, name: str) -> Client:
    """A NATS connection that never gives up. Raises `Unavailable` when there is no server now."""
    last: list[Exception] = []

    async def quiet(error: Exception) -> None:
        last[:] = [error]  # of interest while connecting only: later the client goes on trying by itself

    client = LeanClient()
    try:
        # The client itself would go on for ever at its first connection too.
        async with asyncio.timeout(CONNECT_SECONDS):
            await client.connect(
                url.split(","),
                name=name,
                max_reconnect_attempts=-1,
                reconnect_time_wait=0.5,  # type: ignore[arg-type]  # seconds, and it takes fractions
                connect_timeout=5,
                allow_reconnect=True,
                error_cb=quiet,
            )
    except (nats.errors.Error, TimeoutError, OSError) as failure:
        await client.close()
        reason = last[0] if last and isinstance(failure, TimeoutError) else failure
        raise Unavailable(f"NATS does not answer: {str(reason) or type(reason).__name__}") from failure
    return client
