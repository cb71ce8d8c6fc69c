"""PURE: when a recording was paused: what a page tells late still counts as when it was done."""

LATE = 5_000.0  # ms: told later than this after the recording was paused or resumed, it was done since


class Pauses:
    """When a recording was paused and resumed; all times in ms since 1970."""

    def __init__(self) -> None:
        self._turns: list[tuple[float, bool]] = []

    @property
    def paused(self) -> bool:
        """Whether it is now."""
        return bool(self._turns) and self._turns[-1][1]

    def turn(self, now: float, *, paused: bool) -> None:
        """It is paused, or resumed."""
        self._turns.append((now, paused))

    def held(self, done: float, now: float) -> bool:
        """Whether it was paused when something was done by a page's clock, which is told now.

        Pages tell of a step when they have looked at it, and may be some tenths of a second late. A page's clock may
        also be wrong by hours, as after a machine has slept: it counts only shortly after the recording was turned.
        """
        if not self._turns or now - self._turns[-1][0] > LATE:
            return self.paused
        return next((paused for turned, paused in reversed(self._turns) if turned <= done), False)
