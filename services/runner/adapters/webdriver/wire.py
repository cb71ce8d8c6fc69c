"""The connection to one WebKitWebDriver: W3C WebDriver's commands over HTTP, and its errors in the port's words.

The protocol is spoken by hand over httpx2: about twenty commands are needed, and the Python clients that there are
(Selenium's above all) block while they wait.
"""

from typing import Any

import httpx2

from services.runner.adapters.faults import DocumentGone, DriverError, DriverFailure, TargetGone

_DOCUMENT_GONE = ("no such frame", "stale element reference", "no such element", "detached shadow root")
_TARGET_GONE = ("no such window", "invalid session id")
ALERT_OPEN, NO_ALERT = "unexpected alert open", "no such alert"


class AlertOpen(DriverFailure):
    """A dialog of the page stands in the way: the command was not carried out, or a script not awaited."""


class NoAlert(DriverFailure):
    """There is no dialog any more."""


class Wire:
    """Sends commands to the driver at `address`; below the path of its session once `session` is set."""

    def __init__(self, address: str) -> None:
        self.session = ""
        self.lost = False
        # How long a page may think is decided above: a question may wait for seconds.
        self._http = httpx2.AsyncClient(base_url=address, timeout=None, trust_env=False)

    async def send(self, method: str, path: str, body: Any = None) -> Any:
        """The value that a command answers. Raises a `DriverFailure`."""
        given = ({} if body is None else body) if method == "POST" else None
        try:
            answer = await self._http.request(method, f"{self.session}{path}", json=given)
            value = answer.json()["value"]
        except (httpx2.HTTPError, ValueError, KeyError) as error:
            self.lost = self.lost or isinstance(error, httpx2.HTTPError)
            raise TargetGone(f"WebKit's driver does not answer ({type(error).__name__})") from error
        if answer.status_code != httpx2.codes.OK:
            raise _in_our_words(value)
        return value

    async def close(self) -> None:
        """No further command is sent."""
        self.lost = True
        await self._http.aclose()


def _in_our_words(value: Any) -> DriverFailure:
    error = str(value.get("error")) if isinstance(value, dict) else "unknown error"
    message = str(value.get("message") or "") if isinstance(value, dict) else ""
    first = (message.strip().splitlines() or [""])[0][:300]
    if error == ALERT_OPEN:
        return AlertOpen(error)
    if error == NO_ALERT:
        return NoAlert(error)
    if error in _TARGET_GONE:
        return TargetGone(error)
    if error in _DOCUMENT_GONE:
        return DocumentGone(first or error)
    return DriverError(first if error == "javascript error" and first else f"{error} {first}".strip())
