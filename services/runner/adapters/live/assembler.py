"""Makes a recording of what recorders told, in an empty page of our own that no recorded page can touch."""

import asyncio
from collections.abc import Sequence
from typing import Any

from services.runner.adapters.session import Session
from shared.injected import assembling

SECONDS = 20.0
INSTALL = f"(engine) => {{ engine.assembling = {assembling()}; engine.told = []; }}"
RECEIVE = "(engine, told) => { engine.told = told.reduce(engine.assembling.received, engine.told); }"
# What a person said of steps: a secret has no value, and stands in no address either.
EDITED = """
  const { received, assembled } = engine.assembling;
  const of = (one) => edits[one.id] || {};
  const hidden = (step) => ({ ...step, value: undefined, metadata: { ...step.metadata, secret: true } });
  const secret = (one) => (one.kind === "step" && of(one).secret ? { ...one, step: hidden(one.step) } : one);
  const label = (one) => (of(one).label ? { label: of(one).label } : {});
  const edited = (one) => ({ ...secret(one), ...label(one), dropped: Boolean(of(one).dropped) });
  const some = Object.values(edits).some((edit) => edit.secret);
  const list = engine.told.map(edited);
  const { ids, recording } = assembled(some ? list.reduce(received, []) : list, { name });
"""
WHOLE = f"(engine, {{ edits, name }}) => {{ {EDITED} return recording; }}"
SHOWN = f"""(engine, {{ edits, name }}) => {{ {EDITED}
  const tabs = new Set(recording.steps.map((step) => step.tabId).filter(Boolean)).size;
  const host = (url) => {{ try {{ return new URL(url).host; }} catch {{ return ""; }} }};
  const where = (step) => [
    tabs > 1 && step.tabId ? `tab ${{step.tabId}}` : "",
    step.bundle && (step.bundle.iframeChain || []).length ? "in a frame" : "",
    host(step.page || ""),
  ].filter(Boolean).join(", ");
  const detail = ({{ event, value, metadata }}) => {{
    if (metadata.secret) return null;
    if (event === "key_press") return metadata.key || null;
    if (event === "resize") return `${{metadata.viewport.width}} × ${{metadata.viewport.height}}`;
    if (event === "upload") return (metadata.files || []).map((file) => file.name).join(", ");
    if (event === "dialog") return metadata.dialog.message || null;
    return value ?? null;
  }};
  const shorter = (text) => (typeof text === "string" ? text.slice(0, 500) : text);
  const steps = recording.steps.map((step, place) => ({{
    id: ids[place] || `made-${{place}}`,
    number: step.stepNumber,
    type: step.event,
    label: shorter(step.label || ""),
    value: shorter(detail(step)),
    secret: Boolean(step.metadata.secret),
    where: where(step).slice(0, 200),
    editable: Boolean(ids[place]),
  }}));
  return {{ steps, size: JSON.stringify(recording).length }};
}}"""


class Assembler:
    """Holds what was told in a page; when the page goes, another one is given all of it again."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._asking = asyncio.Lock()

    async def begin(self) -> None:
        """Nothing was told yet. Raises `DriverFailure`, `TimeoutError`, like all here."""
        await self._ask(INSTALL, None)

    async def receive(self, told: Sequence[dict[str, Any]]) -> None:
        """More was told."""
        await self._ask(RECEIVE, list(told))

    async def shown(self, edits: dict[str, Any], name: str) -> tuple[list[dict[str, Any]], int]:
        """The steps for people, and about how many bytes the recording has."""
        answer = await self._ask(SHOWN, {"edits": edits, "name": name})
        return answer["steps"], answer["size"]

    async def recording(self, edits: dict[str, Any], name: str) -> dict[str, Any]:
        """The canonical recording."""
        recording: dict[str, Any] = await self._ask(WHOLE, {"edits": edits, "name": name})
        return recording

    async def _ask(self, question: str, argument: Any) -> Any:
        tab = self._session.front
        async with self._asking, asyncio.timeout(SECONDS):
            return await tab.ask(tab.main, question, argument)
