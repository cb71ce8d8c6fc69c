"""SHELL: one async function per thing that ingest does."""

import json
from dataclasses import dataclass, replace
from uuid import UUID

from services.ingest.adapters.edited import read_again
from services.ingest.adapters.importing import ImportedRecording, read_recording
from services.ingest.aggregates.organization import Command as OrganizationCommand
from services.ingest.aggregates.organization import FoundOrganization, organizations
from services.ingest.aggregates.recording import (
    EditRecording,
    ImportRecording,
    ReviseVariables,
    UndoRevision,
    recordings,
)
from services.ingest.aggregates.url_policy import Command as UrlPolicyCommand
from services.ingest.aggregates.url_policy import url_policies
from services.ingest.editing import Edit, edited
from services.ingest.policies import whenever_a_heal_is_accepted, whenever_bundles_are_learned
from services.ingest.settings import IngestSettings
from shared.bus import subjects
from shared.bus.commands import carry_out
from shared.bus.log import Context
from shared.contracts.healer import HealAccepted
from shared.contracts.ingest import REVISIONS, FidelityNote, RecordingSnapshot, snapshot_of
from shared.contracts.live_recording import BrowserSessionEnded
from shared.contracts.recording import Step, Variable
from shared.contracts.runner import BundlesLearned
from shared.contracts.steps import element_type_known, is_password, takes_value
from shared.contracts.variable_revisions import Wishes
from shared.core.errors import NotFound, Refused
from shared.core.events import Recorded
from shared.runtime import Resources
from shared.secrets import Sealer
from shared.web.callers import Caller, owner_of


async def import_recording(
    resources: Resources, caller: Caller, recording_id: UUID, imported: ImportedRecording, name: str | None
) -> int:
    """Seal what is secret and store the recording. Returns the position at which it stands in the log."""
    return await _import(resources, caller.context(), caller.user_id, (recording_id, name), imported)


async def keep_live_recording(resources: Resources, recorded: Recorded) -> None:
    """A recording in a live browser has ended: keep it under the id that it was promised.

    Raises `InvalidInput` for what cannot be imported.
    """
    event = recorded.event
    assert isinstance(event, BrowserSessionEnded)
    if event.recording is not None:
        imported = read_recording(json.dumps(event.recording).encode(), "The live recording")
        context = Context.because_of(recorded, "ingest")
        await _import(resources, context, event.user_id, (event.recording_id, event.name), imported)


async def _import(
    resources: Resources, context: Context, user_id: UUID, called: tuple[UUID, str | None], imported: ImportedRecording
) -> int:
    recording_id, name = called
    steps = [await _sealed(resources.sealer, context.org, recording_id, step) for step in imported.steps]
    command = ImportRecording(
        recording_id=recording_id,
        user_id=user_id,
        name=name or imported.name,
        description=imported.description,
        starting_url=imported.starting_url,
        steps=steps,
        variables=_with_confirmations(imported),
        recording_method="cloud_browser" if imported.recording_method == "cloud_browser" else "extension",
        source=imported.source,
        fidelity=imported.fidelity,
    )
    stream = subjects.recording(recording_id)
    decided = await carry_out(resources.log, recordings, stream, command, context, "import")
    return decided.position


def _with_confirmations(imported: ImportedRecording) -> dict[str, Variable]:
    """A password typed twice is one value: the second field follows the first."""
    first_label: dict[str, str] = {}
    variables = dict(imported.variables)
    for step in imported.steps:
        if step.label in variables and step.value and is_password(step):
            original = first_label.setdefault(step.value, step.label)
            if original != step.label:
                variable = {**variables[step.label].to_json(), "sameAs": original}
                variables[step.label] = Variable.model_validate(variable)
    return variables


async def _sealed(sealer: Sealer, org: UUID, recording_id: UUID, step: Step) -> Step:
    """A value typed into a password field, or into a field whose type the recorder did not tell, is sealed."""
    secret = is_password(step) or (takes_value(step) and not element_type_known(step))
    if not step.value or not secret:
        return step
    value = await sealer.seal(org, recording_id, step.value)
    return Step.model_validate({**step.to_json(), "value": value})


async def teach_recording(resources: Resources, recorded: Recorded) -> None:
    """A successful run saw full bundles: keep them."""
    assert isinstance(recorded.event, BundlesLearned)
    row = subjects.stream_of(recorded.subject)
    stream = subjects.recording(recorded.event.recording_id)
    told = [item.event for item in await resources.log.load(stream)]
    ran = snapshot_of(told, recorded.event.revision)
    command = whenever_bundles_are_learned(recorded.event, UUID(row.aggregate), int(row.id), ran.steps if ran else ())
    context = Context.because_of(recorded, "ingest")
    await carry_out(resources.log, recordings, stream, command, context, str(recorded.id))


async def adopt_heal(resources: Resources, recorded: Recorded) -> None:
    """A person accepted a heal: its step is found by it from now on. Raises `Refused` when it was revised meanwhile."""
    event = recorded.event
    assert isinstance(event, HealAccepted)
    stream = subjects.recording(event.recording_id)
    told = [item.event for item in await resources.log.load(stream)]
    made_on = snapshot_of(told, event.revision) if event.revision is not None else None
    steps = made_on.steps if made_on is not None else ()
    before = next((step for step in steps if step.step_number == event.step_number), None)
    command = whenever_a_heal_is_accepted(event, before)
    if command is not None:
        context = Context.because_of(recorded, "ingest")
        await carry_out(resources.log, recordings, stream, command, context, str(recorded.id))


async def revise_variables(resources: Resources, caller: Caller, recording_id: UUID, wishes: Wishes) -> int:
    """Say which columns fill variables, and which are needed. Returns the position where that stands."""
    command = ReviseVariables(recording_id, wishes, caller.actor)
    stream = subjects.recording(recording_id)
    return (await carry_out(resources.log, recordings, stream, command, caller.context())).position


@dataclass(frozen=True, slots=True)
class Edited:
    """What an edit came to: the revision, the position where it stands, and what was made another way than asked."""

    revision: int
    position: int
    notes: list[FidelityNote]


async def recording_now(resources: Resources, caller: Caller, recording_id: UUID) -> RecordingSnapshot:
    """The recording as the log tells it. Raises `NotFound`."""
    recorded = await resources.log.load(subjects.recording(recording_id))
    found = snapshot_of(item.event for item in recorded if item.org == caller.org)
    if found is None:
        raise NotFound(f"no recording {recording_id} in this organization")
    return found


async def edit_recording(resources: Resources, caller: Caller, recording_id: UUID, made_on: int, edit: Edit) -> Edited:
    """Edit the recording, as of a revision. Raises `NotFound`, `InvalidInput`, `Refused` where it was revised since."""
    now = await recording_now(resources, caller, recording_id)
    if now.revision != made_on:
        raise Refused(
            f"the recording is at revision {now.revision}, and the edit was made on revision {made_on}: look at what "
            f"changed (retold diff), and make it on revision {now.revision}"
        )
    wanted, order = edited(now, edit)
    checked = read_again(wanted)
    steps = [await _sealed(resources.sealer, caller.org, recording_id, step) for step in checked.steps]
    wanted = replace(wanted, name=checked.name, steps=tuple(steps), variables=checked.variables)
    command = EditRecording(recording_id, made_on, wanted, caller.actor, order)
    stream = subjects.recording(recording_id)
    decided = await carry_out(resources.log, recordings, stream, command, caller.context())
    assert decided.state is not None
    return Edited(decided.state.revision, decided.position, checked.fidelity)


async def undo_revision(resources: Resources, caller: Caller, recording_id: UUID, revision: int) -> int:
    """Take a revision back. Returns the position where that stands. Raises `NotFound`, `Refused`."""
    stream = subjects.recording(recording_id)
    recorded = await resources.log.load(stream)
    told = [item.event for item in recorded if item.org == caller.org]
    before, after = snapshot_of(told, revision - 1), snapshot_of(told, revision)
    if after is None:
        raise NotFound(f"no recording {recording_id} in this organization")
    if revision < 2 or before is None or after.revision != revision:
        raise Refused(f"there is no revision {revision} to undo: the recording is at revision {after.revision}")
    revisions = [event for event in told if isinstance(event, REVISIONS)]
    order = getattr(revisions[revision - 2], "order", None)
    command = UndoRevision(recording_id, revision, before, after, caller.actor, order)
    return (await carry_out(resources.log, recordings, stream, command, caller.context())).position


async def found_organizations(resources: Resources) -> None:
    """Every organization that a token names exists, with an owner."""
    settings: IngestSettings = resources.settings
    for org in sorted(set(resources.tokens.values())):
        command = FoundOrganization(org, settings.organization_name, owner_of(org), settings.owner_email)
        await change_organization(resources, Context(org, "ingest"), command, "found")
    await resources.stopping.wait()


async def change_organization(
    resources: Resources, context: Context, command: OrganizationCommand, command_id: str | None = None
) -> int:
    """Carry out a command on an organization. Returns the position at which its stream stands."""
    stream = subjects.organization(context.org)
    decided = await carry_out(resources.log, organizations, stream, command, context, command_id)
    return decided.position


async def change_url_policies(
    resources: Resources, context: Context, command: UrlPolicyCommand, command_id: str | None = None
) -> int:
    """Carry out a command on an organization's URL policies. Returns the position at which their stream stands."""
    stream = subjects.url_policies(context.org)
    decided = await carry_out(resources.log, url_policies, stream, command, context, command_id)
    return decided.position
