"""Realistic values of every kind that events carry."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from shared.contracts.runner import NetworkRequest, RowFinished, StepEvidence, StepResult

ORIGIN, PATH = "https://crm.example", "/people/add"
WORKER = "host-7-4711-0c0ffe"
SEALED = "retold:sealed:v1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
BEGIN = datetime(2026, 3, 14, 15, 9, 26, 535897, UTC)

FULL_BUNDLE: dict[str, Any] = {
    "xpath": "/html/body/main/form/input[1]",
    "id": "name",
    "name": "name",
    "className": "field wide",
    "aria": "Name",
    "placeholder": "Ada Lovelace",
    "dataAttrs": {"data-test": "name"},
    "tag": "input",
    "visibleText": "",
    "bounding": {"left": 12, "top": 80.5, "width": 240, "height": 32},
    "iframeChain": [0, "#inner"],
    "shadowHosts": ["my-form"],
    "isClosedShadow": False,
}
TYPED: dict[str, Any] = {
    "stepNumber": 2,
    "event": "type",
    "label": "Name",
    "selector": "#name",
    "value": "Ada Lovelace",
    "navigation": {"type": "same_page"},
    "bundle": FULL_BUNDLE,
    "timestamp": 1_773_500_966_535,
    "x": 100,
    "y": 96.5,
    "page": "Add a person",
    "tabId": 3,
    "metadata": {"elementTag": "input", "elementType": "text", "selectors": [["#name"]]},
}
STEPS: list[dict[str, Any]] = [
    {
        "stepNumber": 1,
        "event": "navigate",
        "navigation": {"type": "navigation", "url": ORIGIN + PATH},
        "bundle": {},
        "timestamp": 1_773_500_960_000,
    },
    TYPED,
    {
        "stepNumber": 3,
        "event": "type",
        "label": "Password",
        "selector": "#password",
        "value": SEALED,
        "navigation": {"type": "same_page"},
        "bundle": {"id": "password"},
        "metadata": {"elementTag": "input", "elementType": "password"},
    },
    {
        "stepNumber": 4,
        "event": "click",
        "label": "Save",
        "selector": "#save",
        "navigation": {"type": "navigation", "url": f"{ORIGIN}/people/"},
        "bundle": {"id": "save", "aria": "Save"},
    },
]
VARIABLES: dict[str, dict[str, Any]] = {
    "Name": {"type": "input", "required": True, "description": "first and last", "csvColumn": "name", "stepNumber": 2},
    "Password": {"stepNumber": 3, "defaultValue": "", "sameAs": "Name"},
}


def rows(names: Sequence[str]) -> list[dict[str, str]]:
    """Rows of a table with a secret column."""
    return [{"name": name, "password": SEALED, "age": str(36 + at)} for at, name in enumerate(names)]


EVIDENCE = StepEvidence(
    page_url=ORIGIN + PATH,
    selector_used="#save",
    fallbacks_attempted=["id", "aria"],
    suggested_selectors=["button[name=submit]"],
    element_visible=True,
    element_enabled=False,
    wait_ms=5000,
    dom_ready_ms=210,
    network_requests=2,
    network=[
        NetworkRequest(method="GET", url=ORIGIN + PATH, kind="document", status=200, ms=41),
        NetworkRequest(method="POST", url=f"{ORIGIN}/people/", kind="fetch", failure="net::ERR_ABORTED"),
    ],
    console=["error: nothing is the button Save"],
    screenshot_before="ab" * 32,
    screenshot_after="cd" * 32,
    screenshot_error="ef" * 32,
    dom_snapshot="01" * 32,
)


def step_result(step_number: int, **changes: Any) -> StepResult:
    """A step's result with everything said."""
    return StepResult(
        **{
            "step_number": step_number,
            "status": "completed",
            "duration": 120,
            "locating_ms": 14,
            "locating_us": 13_862,
            "strategy": "id",
            "found_by": "recorded",
            "agreeing": 3,
            "confidence": 100,
            "cache_key": None,
            "retries": 1,
            "message": "typed 12 characters",
            "healing_attempted": False,
            "warning": None,
            **changes,
        }
    )


def finished(job: UUID, row: int, **changes: Any) -> RowFinished:
    """An attempt that ended; failed, unless told otherwise."""
    return RowFinished(
        **{
            "job_id": job,
            "row": row,
            "attempt": 1,
            "worker_id": WORKER,
            "status": "failed",
            "final": False,
            "duration": 2345,
            "steps": [],
            "total_steps": 4,
            "browser": "chromium 156.0.8078.79",
            **changes,
        }
    )
