-- Document E's log of a job. Each line knows its row and step in `metadata`.

create view job_logs with (security_invoker = true) as
select
    id,
    organization_id,
    execution_job_id as job_id,
    level::varchar(20) as level,
    message,
    metadata || jsonb_strip_nulls(jsonb_build_object('row_index', row_index, 'step_number', step_number)) as metadata,
    timestamp as created_at
from execution_logs;
