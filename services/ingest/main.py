"""ROOT: here the parts of ingest meet."""

from functools import partial
from pathlib import Path

from services.ingest import api, consumers, handlers
from services.ingest.projections import PROJECTIONS
from services.ingest.settings import IngestSettings
from shared.audit.chain import AuditKeys
from shared.audit.chainer import Chainer
from shared.keys import parse_master_key
from shared.runtime import Blueprint, Resources, Service


def build(resources: Resources) -> Service:
    """The service from what it needs."""
    return Service(
        router=api.router(resources),
        reactions=consumers.reactions(resources),
        tasks={
            "organizations": partial(handlers.found_organizations, resources),
            "chain": Chainer(resources.nats, audit_keys(resources)).run,
        },
    )


def audit_keys(resources: Resources) -> AuditKeys:
    """The keys of the log's hash chain, which ingest keeps."""
    return AuditKeys.of(parse_master_key(resources.settings.master_key.get_secret_value()))


BLUEPRINT = Blueprint(
    name="ingest",
    summary="What comes in: recordings, people, organizations.",
    settings=IngestSettings,
    migrations=Path(__file__).with_name("migrations"),
    build=build,
    projections=PROJECTIONS,
)
