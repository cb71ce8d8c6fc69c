"""What was done and seen, in order, for whoever must understand a failure."""

import time
from dataclasses import dataclass, field

from rich.console import Console
from rich.markup import escape


@dataclass(frozen=True, slots=True)
class Note:
    """`at` in seconds since the beginning."""

    at: float
    who: str
    what: str


@dataclass(frozen=True, slots=True)
class Check:
    """Something that must hold after everything was healed, and what contradicts it. `at` as for a note."""

    at: float
    name: str
    wrong: tuple[str, ...]
    detail: str = ""


@dataclass
class Timeline:
    """Notes and checks; printed as they come unless `console` is absent."""

    console: Console | None = None
    notes: list[Note] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    _began: float = field(default_factory=time.monotonic)

    @property
    def elapsed(self) -> float:
        """Seconds since the beginning."""
        return time.monotonic() - self._began

    @property
    def is_clean(self) -> bool:
        """Whether nothing was found wrong."""
        return not any(check.wrong for check in self.checks)

    def note(self, who: str, what: str) -> None:
        """Something was done or seen."""
        self.notes.append(Note(round(self.elapsed, 2), who, what))
        if self.console:
            self.console.print(f"[dim]{self.elapsed:7.2f} s[/dim]  [bold]{who:<12}[/bold] {escape(what)}")

    def check(self, name: str, wrong: list[str], detail: str = "") -> None:
        """Something was looked at: `wrong` is what contradicts it."""
        self.checks.append(Check(round(self.elapsed, 2), name, tuple(wrong), detail))
        if self.console:
            mark = "[red]wrong[/red]" if wrong else "[green]holds[/green]"
            more = f"[dim]  {escape(detail)}[/dim]" if detail else ""
            self.console.print(f"[dim]{self.elapsed:7.2f} s[/dim]  {mark}        {name}{more}")
            for each in wrong[:10]:
                self.console.print(f"                   {escape(each)}", style="red")
            if len(wrong) > 10:
                self.console.print(f"                   … and {len(wrong) - 10} more", style="red")
