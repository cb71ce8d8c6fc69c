"""The values of a row that nobody may read anywhere else."""

import json
from collections.abc import Iterable
from typing import Any

HIDDEN = "•••"


class Secrets:
    """Kept out of every message: what was typed into password fields, what came from secret columns."""

    def __init__(self) -> None:
        self.values: set[str] = set()

    def add(self, value: str) -> None:
        """From here on the value is one of them."""
        if value:
            self.values.add(value)

    def scrub(self, text: str) -> str:
        """The text without them."""
        for secret in sorted(self.values, key=len, reverse=True):
            text = text.replace(secret, HIDDEN)
        return text

    def scrubbed(self, value: Any) -> Any:
        """A JSON value without them."""
        if isinstance(value, str):
            return self.scrub(value)
        if isinstance(value, dict):
            return {self.scrub(key): self.scrubbed(each) for key, each in value.items()}
        return [self.scrubbed(each) for each in value] if isinstance(value, list) else value


def spelled(values: Iterable[str]) -> list[str]:
    """Values as they stand in JSON."""
    return [json.dumps(value, ensure_ascii=False)[1:-1] for value in values if value]
