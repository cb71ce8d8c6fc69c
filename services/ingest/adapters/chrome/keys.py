"""Read the keys of one step of a Chrome recording: of the right kind, or a fault; none unread unnoticed."""

from collections.abc import Collection
from typing import Any

from services.ingest.adapters.faults import Faults, kind, pointer, shown
from services.ingest.adapters.imported import Kind

MAX_TIMEOUT_MS = 5 * 60_000  # of one step; Chrome itself waits 30 seconds at most


class StepKeys:
    """One source step (`index` None: the file around the steps). A key that is null counts as absent.

    Notes gather for the fidelity report.
    """

    def __init__(self, source: dict[str, Any], index: int | None, faults: Faults) -> None:
        self.index = index
        self.notes: list[tuple[Kind, str]] = []
        self._source = source
        self._faults = faults
        self._read: set[str] = set()

    def unread(self) -> list[str]:
        """The keys that nobody asked for."""
        return [key for key in self._source if key not in self._read]

    def fault(self, detail: str, *where: str | int) -> None:
        """Note what is wrong with this step."""
        place = where if self.index is None else ("steps", self.index, *where)
        self._faults.add(pointer(*place), detail)

    def changed(self, detail: str) -> None:
        """Note that something is carried in another form."""
        self.notes.append(("changed", detail))

    def not_carried(self, detail: str) -> None:
        """Note that something is lost."""
        self.notes.append(("not_carried", detail))

    def carried(self, detail: str) -> None:
        """Note something worth knowing about what is carried as it is."""
        self.notes.append(("carried", detail))

    def text(self, key: str, *, required: bool = False) -> str | None:
        """A text."""
        found = self._found(key, str, "text", required)
        return found if isinstance(found, str) else None

    def number(self, key: str, *, required: bool = False) -> int | float | None:
        """A number, whole where the file has it whole."""
        found = self._found(key, (int, float), "a number", required)
        return found if isinstance(found, int | float) else None

    def flag(self, key: str) -> bool | None:
        """True or false."""
        found = self._found(key, bool, "true or false", False)
        return found if isinstance(found, bool) else None

    def mapping(self, key: str) -> dict[str, Any] | None:
        """An object."""
        found = self._found(key, dict, "an object", False)
        return found if isinstance(found, dict) else None

    def anything(self, key: str) -> Any:
        """Whatever is there."""
        self._read.add(key)
        return self._source.get(key)

    def word(self, key: str, accepted: Collection[str]) -> str | None:
        """One of the accepted words."""
        found = self.text(key)
        if found is not None and found not in accepted:
            self.fault(f"{shown(found)} is not known here; use one of: {', '.join(accepted)}.", key)
            return None
        return found

    def timeout(self) -> int | float | None:
        """Milliseconds, at most `MAX_TIMEOUT_MS`."""
        found = self.number("timeout")
        if found is None:
            return None
        if found == 0:  # Puppeteer's word for as long as it takes
            self.changed(f"it waits without an end; here {MAX_TIMEOUT_MS} ms, the longest that is allowed")
            return MAX_TIMEOUT_MS
        if found < 0:
            self.fault("the timeout must be more than 0 milliseconds.", "timeout")
            return None
        if found > MAX_TIMEOUT_MS:
            self.changed(f"the timeout of {found:g} ms is cut to {MAX_TIMEOUT_MS} ms, the longest that is allowed")
        return min(found, MAX_TIMEOUT_MS)

    def frame(self) -> list[int]:
        """Indexes of child frames, outermost first."""
        found = self._found("frame", list, "a list of numbers", False)
        indexes = [item for item in found or [] if isinstance(item, int) and not isinstance(item, bool) and item >= 0]
        if len(indexes) < len(found or []):
            self.fault("each frame must be a whole number from 0: its place among the frames around it.", "frame")
        return indexes

    def selectors(self, *, required: bool) -> list[list[str]]:
        """The alternatives, each a list of parts; a lone text is a list of one."""
        found = self._found("selectors", list, "a list of selectors", required)
        alternatives: list[list[str]] = []
        for place, item in enumerate(found or []):
            parts = [item] if isinstance(item, str) else item
            if not isinstance(parts, list) or not all(isinstance(part, str) for part in parts):
                self.fault(f"a selector must be a text or a list of texts, not {kind(item)}.", "selectors", place)
            elif not parts or not all(part.strip() for part in parts):
                self.fault("this selector is empty; remove it.", "selectors", place)
            else:
                alternatives.append(parts)
        if required and found == []:
            self.fault(
                "this step has no selector, so nothing says which element it means; record it again.", "selectors"
            )
        return alternatives

    def objects(self, key: str) -> list[dict[str, Any]]:
        """A list of objects."""
        found = self._found(key, list, "a list", False) or []
        for place, item in enumerate(found):
            if not isinstance(item, dict):
                self.fault(f"this must be an object, not {kind(item)}.", key, place)
        return [item for item in found if isinstance(item, dict)]

    def _found(self, key: str, wanted: type | tuple[type, ...], named: str, required: bool) -> Any:
        self._read.add(key)
        found = self._source.get(key)
        if found is None:
            if required:
                self.fault(f'the key "{key}" is missing; it must be {named}.')
            return None
        if not isinstance(found, wanted) or (isinstance(found, bool) and wanted is not bool):
            self.fault(f"this must be {named}, not {kind(found)}.", key)
            return None
        return found
