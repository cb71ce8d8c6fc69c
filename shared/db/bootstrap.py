"""Prepares an empty Postgres for the services: the database, and for each service a role and a schema of its own."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import aiosql
import asyncpg

ITERATIONS = 4096  # Postgres' default; the passwords are random, so more would only cost each connection time

Query = Callable[..., AsyncIterator[Any]]


def role_of(service: str) -> str:
    """The name of the role that a service connects as."""
    return f"retold_{service}"


async def prepare_database(admin_url: str, passwords: Mapping[str, str], database: str = "retold") -> None:
    """Makes database, extension, roles (`passwords`: service → password) and schemas; again makes no difference.

    `admin_url` names a user who may create databases and roles, and any database that exists already.
    """
    queries = aiosql.from_path(Path(__file__).with_name("bootstrap.sql"), "asyncpg")
    admin = await asyncpg.connect(admin_url)
    try:
        await queries.take_turns(admin)
        await _run(admin, queries.database_statements, database=database)
        for service, password in passwords.items():
            await _run(admin, queries.role_statements, role=role_of(service), verifier=_scram_verifier(password))
        inside = await asyncpg.connect(_with_database(admin_url, database))
        try:
            await _run(inside, queries.privacy_statements, database=database)
            for service in passwords:
                await _run(inside, queries.schema_statements, database=database, service=service, role=role_of(service))
        finally:
            await inside.close()
        await queries.leave_turn(admin)
    finally:
        await admin.close()


async def _run(connection: "asyncpg.Connection[Any]", query: Query, **values: str) -> None:
    for statement in [row["statement"] async for row in query(connection, **values)]:
        await connection.execute(statement)


def _with_database(url: str, database: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))


def _scram_verifier(password: str) -> str:
    """What Postgres stores instead of a password (RFC 5802, RFC 7677); so the password itself is in no server log."""
    salt = secrets.token_bytes(16)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, ITERATIONS)
    stored_key = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server_key = hmac.digest(salted, b"Server Key", "sha256")
    encoded = [base64.b64encode(value).decode() for value in (salt, stored_key, server_key)]
    return f"SCRAM-SHA-256${ITERATIONS}:{encoded[0]}${encoded[1]}:{encoded[2]}"
