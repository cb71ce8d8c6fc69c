"""Typed settings from environment variables with the prefix `RETOLD_`."""

from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.core.errors import Fault, InvalidInput


class Settings(BaseSettings):
    """What every service needs. Services add their own fields in their `settings.py`."""

    model_config = SettingsConfigDict(env_prefix="RETOLD_", extra="ignore", frozen=True)

    nats_url: Annotated[SecretStr, Field(description="nats://token@host:port, several separated by commas")]
    nats_system_url: Annotated[
        SecretStr | None, Field(description="nats://user:password@host:port of NATS' system account, to check it")
    ] = None
    postgres_url: Annotated[SecretStr, Field(description="postgresql://retold_<service>:password@host:port/retold")]
    master_key: Annotated[SecretStr, Field(description="wraps the organizations' data keys: openssl rand -base64 32")]
    objects_url: Annotated[str, Field(description="file:///path, s3://bucket/prefix, gs://…, az://…")]
    api_tokens: Annotated[
        SecretStr,
        Field(description="who may call: <organization id>:<SHA-256 of the token>, separated by commas"),
    ]
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8080
    replicas: Annotated[int, Field(ge=1, le=5, description="copies of the log; 3 in production")] = 1
    lease_seconds: Annotated[float, Field(ge=2, le=600, description="a worker silent for this long loses its row")] = (
        30.0
    )
    log_format: Annotated[str, Field(pattern="^(json|text)$")] = "json"
    home: Path | None = None


def read_settings(kind: type[Settings], **given: Any) -> Any:
    """Settings of a kind from the environment. Raises `InvalidInput` that names each variable."""
    try:
        return kind(**given)
    except ValidationError as error:
        faults = []
        for problem in error.errors():
            name = str(problem["loc"][0]) if problem["loc"] else ""
            about = kind.model_fields[name].description if name in kind.model_fields else None
            faults.append(Fault(f"RETOLD_{name.upper()}", f"{problem['msg']}" + (f" ({about})" if about else "")))
        raise InvalidInput(
            "settings are missing or wrong: " + "; ".join(f"{fault.pointer}: {fault.detail}" for fault in faults),
            faults,
        ) from error


def parse_tokens(text: str) -> dict[str, UUID]:
    """SHA-256 of a token → organization. Raises `InvalidInput`."""
    tokens: dict[str, UUID] = {}
    for entry in filter(None, (part.strip() for part in text.split(","))):
        org, _, digest = entry.partition(":")
        try:
            tokens[digest.lower()] = UUID(org)
        except ValueError as error:
            raise InvalidInput("RETOLD_API_TOKENS: each entry is <organization id>:<SHA-256 of the token>") from error
        if len(digest) != 64:
            raise InvalidInput("RETOLD_API_TOKENS: the part behind the colon is the token's SHA-256 in hexadecimal")
    if not tokens:
        raise InvalidInput("RETOLD_API_TOKENS is empty: nobody could call this service")
    return tokens
