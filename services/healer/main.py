"""ROOT: here the parts of the healer meet."""

from pathlib import Path

from services.healer import api, consumers
from services.healer.api_model import model_router
from services.healer.loops import Shelving
from services.healer.model_projections import MODEL_CALLS
from services.healer.model_worker import ModelWorker
from services.healer.projections import PROJECTIONS
from services.healer.settings import HealerSettings
from shared.runtime import Blueprint, Resources, Service


def build(resources: Resources) -> Service:
    """The service from what it needs."""
    model = ModelWorker(resources)
    router = api.router(resources)
    router.include_router(model_router(resources))
    return Service(
        router=router,
        reactions=consumers.reactions(resources),
        tasks={"heal-cache": Shelving(resources).run, "model-switch": model.tell},
        draining={"model": model.run},
    )


BLUEPRINT = Blueprint(
    name="healer",
    summary="What to make of what broke: heals and their cache.",
    settings=HealerSettings,
    migrations=Path(__file__).with_name("migrations"),
    build=build,
    projections=(*PROJECTIONS, MODEL_CALLS),
)
