"""The FastAPI app that every service starts from: its prefix, problems, health, metrics."""

from collections.abc import Awaitable, Callable, Mapping
from uuid import UUID

from fastapi import APIRouter, FastAPI, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from shared.core.errors import RetoldError
from shared.web.problems import install_problems

Check = Callable[[], Awaitable[None]]
VERSION = "0.1.0"


def service_app(name: str, summary: str, router: APIRouter, tokens: Mapping[str, UUID]) -> FastAPI:
    """The app of service `name`; `retold` mounts it under `/<name>`. OpenAPI 3.1 at `/<name>/openapi.json`."""
    app = FastAPI(
        title=f"Retold {name}",
        summary=summary,
        version=VERSION,
        root_path_in_servers=True,
        docs_url="/docs",
        redoc_url=None,
        separate_input_output_schemas=False,
    )
    app.state.tokens = tokens
    install_problems(app)
    app.include_router(router)
    return app


def health_routes(checks: Mapping[str, Check], stopping: Callable[[], bool]) -> APIRouter:
    """`/livez` (this process answers), `/readyz` (what it depends on answers; 503 while draining), `/metrics`."""
    router = APIRouter(tags=["operation"], include_in_schema=False)

    @router.get("/livez")
    async def livez() -> dict[str, str]:
        return {"status": "ok"}

    @router.get("/readyz")
    async def readyz() -> JSONResponse:
        found = {}
        for name, check in checks.items():
            try:
                await check()
                found[name] = "ok"
            except RetoldError as error:
                found[name] = error.detail
        ready = not stopping() and all(state == "ok" for state in found.values())
        body = {"status": "ok" if ready else "draining" if stopping() else "not ready", "checks": found}
        return JSONResponse(body, 200 if ready else 503)

    @router.get("/metrics")
    async def metrics() -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return router
