"""SHELL: the values of a row in clear."""

from uuid import UUID

from services.runner.known import JobView
from services.runner.policies import values_of_steps
from shared.contracts.ingest import RecordingSnapshot
from shared.secrets import Sealer, is_sealed


async def opened_values(
    sealer: Sealer, org: UUID, job: JobView, recording: RecordingSnapshot, row: int
) -> dict[int, tuple[str | None, bool]]:
    """Step number → value in clear and whether it is secret."""
    values: dict[int, tuple[str | None, bool]] = {}
    for given in values_of_steps(recording, job.created.field_mapping, job.rows[row]):
        value = given.value
        if is_sealed(value):
            record = job.created.job_id if given.from_row else recording.recording_id
            value = await sealer.open(org, record, value or "")
        values[given.step_number] = (value, given.secret)
    return values
