"""What a script asks of its browser context, as far as a recording has words for it."""

import ast
from typing import TYPE_CHECKING, Any

from services.ingest.adapters.playwright.terms import Action, Value

if TYPE_CHECKING:
    from services.ingest.adapters.playwright.walk import Walk

_SECRETS = {
    "http_credentials": "the user and password for HTTP are not kept; give them to the job as its login",
    "storage_state": "the stored cookies are not kept; give the job a login, or record signing in",
    "extra_http_headers": "headers of its own are not kept, since they may hold a secret",
    "client_certificates": "client certificates are not kept",
    "proxy": "its proxy is not kept",
}


def context_options(walk: "Walk", node: ast.Call, options: dict[str, Any]) -> None:
    """Carries over the size of the window and the base address; reports everything else."""
    base = options.get("base_url")
    text = base.text if isinstance(base, Value) else base
    if isinstance(text, str):
        walk.base_url = text
    for name in options:
        if name in _SECRETS:
            walk.about("not_carried", f"line {node.lineno}: {_SECRETS[name]}")
        elif name == "viewport" and isinstance(options[name], dict):
            walk.act(Action("set_viewport_size", node.lineno, 1, None, {"viewport_size": options[name]}))
        elif name not in ("viewport", "base_url", "ignore_https_errors", "accept_downloads", "no_viewport"):
            walk.about("not_carried", f"line {node.lineno}: {name} is an option of a job, not of a recording")
