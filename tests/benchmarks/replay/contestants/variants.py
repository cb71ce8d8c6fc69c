"""The ways to retell: as a fleet does by default, and what is asked for beside; only what this release can do."""

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from services.runner.adapters.browser import Fleet
from services.runner.adapters.options import SessionOptions, StepOptions


@dataclass(frozen=True, slots=True)
class Variant:
    """Arguments of the fleet, of its sessions and of their steps."""

    fleet: Mapping[str, Any] = field(default_factory=dict)
    sessions: Mapping[str, Any] = field(default_factory=dict)
    steps: Mapping[str, Any] = field(default_factory=dict)

    def session(self, folder: Path) -> SessionOptions:
        """A row's options; what it records goes to the folder."""
        return SessionOptions(**self.sessions, folder=folder) if self.sessions else SessionOptions()

    def step(self) -> StepOptions:
        """A step's options."""
        return StepOptions(**self.steps)

    @property
    def is_possible(self) -> bool:
        """Whether the runner knows all of its arguments."""
        known = (
            inspect.signature(Fleet.__init__).parameters,
            {each.name for each in fields(SessionOptions)},
            {each.name for each in fields(StepOptions)},
        )
        return all(
            name in names
            for given, names in zip((self.fleet, self.sessions, self.steps), known, strict=True)
            for name in given
        )


SELECTOR_ENGINE, HEALS = "selector engine", "quick heals"
VARIANTS: Mapping[str, Variant] = {
    "": Variant(),
    # As little grace as can be: only the time in the page counts.
    HEALS: Variant(steps={"heal_grace": 0, "wait_timeout": 2_000}),
    SELECTOR_ENGINE: Variant(fleet={"driver": "playwright"}),
    "trace": Variant(sessions={"trace": True}),
    "video": Variant(sessions={"video": True}),
    "screenshots": Variant(steps={"screenshot_before": True, "screenshot_after": True}),
}
