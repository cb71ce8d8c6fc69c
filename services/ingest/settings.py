"""Environment variables of ingest."""

from typing import Annotated

from pydantic import Field

from shared.ops.settings import Settings


class IngestSettings(Settings):
    """`RETOLD_ORGANIZATION_NAME` and `RETOLD_OWNER_EMAIL` name an organization that a token is first used for."""

    organization_name: Annotated[str, Field(min_length=2, max_length=100)] = "My organization"
    owner_email: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$")] = "owner@localhost"
