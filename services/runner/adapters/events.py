"""What happens in a window beside the steps: dialogs, downloads, the console, requests."""

from collections import deque
from typing import Any

from services.runner.adapters.driver import Tab
from services.runner.adapters.driver_terms import DialogAnswer, DialogShown, Download, Listener, RequestSeen
from services.runner.adapters.faults import place
from services.runner.adapters.options import LogLevel
from services.runner.adapters.secrets import Secrets
from shared.contracts.runner import NetworkRequest

MOST_LINES = 20  # of the console, and of requests, that are kept for a step
LONGEST_LINE = 300
ERRORS = frozenset({"error", "assert"})


class Happenings(Listener):
    """Listens to a window, answers its dialogs as the step says, and remembers what the step may be asked for."""

    def __init__(self) -> None:
        self.secrets = Secrets()
        self.console_errors = 0
        self.page_errors = 0
        self.dialogs: list[DialogShown] = []  # all of the row, for steps that expect one
        self.requests_seen = 0
        self.downloads_begun = 0
        self.requests: list[RequestSeen] = []  # of the step
        self.console_lines: list[str] = []  # of the step
        self.unmet: deque[DialogShown] = deque()  # since the last step that was no `dialog` step, which expect them
        self._answers: deque[DialogAnswer] = deque()
        self._stays = False  # where the page asks whether to leave it
        self._downloads: list[Download] = []
        self._unsaid: list[tuple[LogLevel, str]] = []

    def begin_step(self, answers: Any, *, goes_on: bool = False) -> None:
        """A step begins; `answers` are those to the dialogs it opens: `{accept, text}`, or a list of them.

        `goes_on`: it only awaits the dialogs of the step before, whose answers still hold.
        """
        self.requests, self.console_lines = [], []
        if goes_on:
            return
        self.unmet.clear()
        given = [one for one in (answers if isinstance(answers, list) else [answers]) if isinstance(one, dict)]
        self._answers = deque(_answer(one) for one in given if one.get("kind") != "beforeunload")
        self._stays = any(one.get("kind") == "beforeunload" and one.get("accept") is False for one in given)

    def take_downloads(self) -> list[Download]:
        """Those that nobody has taken."""
        taken, self._downloads = self._downloads, []
        return taken

    def give_back(self, downloads: list[Download]) -> None:
        """Those that were taken and not kept."""
        self._downloads[:0] = downloads

    def take_download(self) -> Download | None:
        """The oldest that nobody has taken."""
        return self._downloads.pop(0) if self._downloads else None

    def take_unsaid(self) -> list[tuple[LogLevel, str]]:
        """What is to be told, once."""
        unsaid, self._unsaid = self._unsaid, []
        return unsaid

    def note(self, level: LogLevel, message: str) -> None:
        """Something to be told after the step."""
        self._unsaid.append((level, message))

    def opened(self, tab: Tab) -> None:
        """A page is there."""

    def dialog(self, shown: DialogShown) -> DialogAnswer:
        """As the step says; else accepted, a prompt with what it proposes."""
        self.dialogs.append(shown)
        if shown.kind != "beforeunload":
            self.unmet.append(shown)
        default = DialogAnswer(text=shown.default if shown.kind == "prompt" else None)
        if shown.kind == "beforeunload":
            answer = DialogAnswer(accept=not self._stays)
        else:
            answer = self._answers.popleft() if self._answers else default
        asked = self.secrets.scrub(shown.message)[:300]
        self.note("info", f"The page asked ({shown.kind}): {asked!r}; {'accepted' if answer.accept else 'dismissed'}.")
        return answer

    def download(self, download: Download) -> None:
        """A download has begun."""
        self.downloads_begun += 1
        self._downloads.append(download)
        self.note("info", f"The page started a download: {download.name[:200]!r}.")

    def console(self, kind: str, text: str) -> None:
        """A line of the console."""
        self.console_errors += kind in ERRORS
        if len(self.console_lines) < MOST_LINES:
            self.console_lines.append(f"{kind}: {text}"[:LONGEST_LINE])

    def page_error(self, text: str) -> None:
        """A script of the page failed."""
        self.page_errors += 1
        if len(self.console_lines) < MOST_LINES:
            self.console_lines.append(f"uncaught: {text}"[:LONGEST_LINE])

    def request(self, seen: RequestSeen) -> None:
        """A request has ended."""
        self.requests_seen += 1
        if len(self.requests) < MOST_LINES:
            self.requests.append(seen)

    def told_requests(self) -> list[NetworkRequest]:
        """The step's requests, without their queries."""
        return [
            NetworkRequest(
                method=one.method, url=place(one.url), kind=one.kind, status=one.status, ms=one.ms, failure=one.failure
            )
            for one in self.requests
        ]


def _answer(given: Any) -> DialogAnswer:
    if not isinstance(given, dict):
        return DialogAnswer()
    text = given.get("text")
    return DialogAnswer(accept=given.get("accept") is not False, text=text if isinstance(text, str) else None)
