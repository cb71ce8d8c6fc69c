"""What a format cannot hold of a recording, gathered while it is written."""

from shared.contracts.ingest import FidelityNote
from shared.contracts.recording import Step


class Notes:
    """Notes about the steps of one export."""

    def __init__(self, first_tab: int | None = None) -> None:
        self.all: list[FidelityNote] = []
        self.first_tab = first_tab

    def changed(self, step: Step, detail: str) -> None:
        """The step is written in another way."""
        self._add(step, "changed", detail)

    def lost(self, step: Step, detail: str) -> None:
        """The step, or a part of it, is not written."""
        self._add(step, "not_carried", detail)

    def of(self, step: Step) -> list[str]:
        """What was said of a step."""
        return [note.detail for note in self.all if note.step_number == step.step_number]

    def _add(self, step: Step, kind: str, detail: str) -> None:
        number = step.step_number
        note = FidelityNote.model_validate(
            {"step_number": number, "source_index": number - 1, "kind": kind, "detail": detail}
        )
        if note not in self.all:
            self.all.append(note)
