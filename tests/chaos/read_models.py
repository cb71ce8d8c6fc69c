"""Read models as they stand against read models built from the log anew."""

from shared.db.migrations import read_migrations
from shared.local import LocalStack
from shared.runtime import Blueprint, Resources
from shared.testing.projecting import project_all, projector_of, rows_of


async def compare_with_the_log(stack: LocalStack, blueprint: Blueprint, resources: Resources) -> tuple[int, list[str]]:
    """How many rows a service's tables have, and which tables differ. Nobody else may project meanwhile."""
    for projection in blueprint.projections:
        await project_all(resources, projection)  # what the services had not yet done when they were stopped
    tables = [table for projection in blueprint.projections for table in projection.tables]
    live = await rows_of(stack, blueprint.name, tables)
    for projection in blueprint.projections:
        await projector_of(resources, projection).rebuild(read_migrations(blueprint.migrations), lambda *_: None)
    rebuilt = await rows_of(stack, blueprint.name, tables)
    differing = [
        f"{blueprint.name}.{table}: {len(live[table])} rows live, {len(rebuilt[table])} from the log; for instance "
        f"{sorted(set(live[table]) ^ set(rebuilt[table]))[:2]}"
        for table in live
        if live[table] != rebuilt[table]
    ]
    return sum(map(len, live.values())), differing
