"""Environment variables of the runner."""

from typing import Annotated

from pydantic import Field

from shared.ops.settings import Settings


class RunnerSettings(Settings):
    """`RETOLD_SLOTS`: rows run at once by this process; about two a core keep a machine busy, 0 only serves results."""

    slots: Annotated[int, Field(ge=0, le=64)] = 4
    worker_id: Annotated[str | None, Field(description="a name for this process; made up when absent")] = None
    worker_region: str | None = None
    chromium: Annotated[str | None, Field(description="path of the browser; looked for when absent")] = None
    headless: bool = True
    metrics_seconds: Annotated[float, Field(ge=1)] = 15.0
