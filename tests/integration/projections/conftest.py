"""A stack of the tests' own, which may be broken, and read models on it."""

from collections.abc import AsyncIterator
from importlib import import_module

import pytest

from shared.runtime import Blueprint
from tests.conftest import opening_resources, stack_in_a_folder
from tests.integration.projections.read_models import ReadModels

SERVICES = ("ingest", "scheduler", "runner", "healer")


@pytest.fixture(scope="package")
async def read_models() -> AsyncIterator[ReadModels]:
    """All services' databases and the log, open; nobody projects yet."""
    blueprints: dict[str, Blueprint] = {name: import_module(f"services.{name}.main").BLUEPRINT for name in SERVICES}
    async with stack_in_a_folder() as stack, opening_resources(stack) as resources_of:
        resources = {name: await resources_of(blueprint) for name, blueprint in blueprints.items()}
        yield ReadModels(stack, resources, blueprints)
