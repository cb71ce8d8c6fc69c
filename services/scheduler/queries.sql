-- name: add_job!
insert into execution_jobs (
    id, organization_id, recording_id, recording_name, revision, user_id, field_mapping, columns, unmapped_columns,
    secret_columns, total_rows, concurrency, stop_on_error, options, rerun_of, created_at, updated_at
) values (
    :id, :organization_id, :recording_id, :recording_name, :revision, :user_id, :field_mapping, :columns,
    :unmapped_columns, :secret_columns, :total_rows, :concurrency, :stop_on_error, :options, :rerun_of, :at, :at
) on conflict (id) do nothing;

-- name: add_rows!
update execution_jobs set csv_data = csv_data || :rows::jsonb, updated_at = :at where id = :id;

-- name: submit_job!
update execution_jobs set submitted_at = :at, updated_at = :at where id = :id;

-- name: stop_job!
update execution_jobs set stop_reason = :reason, updated_at = :at where id = :id;

-- name: end_job!
update execution_jobs set status = :status, completed_at = :at, updated_at = :at where id = :id;

-- name: count_rows!
update execution_jobs
set status = case when status = 'pending' then 'running' else status end,
    completed_rows = completed_rows + :successful + :failed,
    successful_rows = successful_rows + :successful,
    failed_rows = failed_rows + :failed,
    skipped_rows = skipped_rows + :skipped,
    unknown_rows = unknown_rows + :unknown,
    worker_id = coalesce(worker_id, :worker_id),
    claimed_at = coalesce(claimed_at, :claimed_at),
    started_at = coalesce(started_at, :claimed_at),
    updated_at = :at
where id = :id;

-- name: list_jobs
select id, recording_id, recording_name, status, stop_reason, total_rows, completed_rows, successful_rows, failed_rows,
       skipped_rows, unknown_rows, concurrency, rerun_of, started_at, completed_at, created_at
from execution_jobs
where submitted_at is not null
  and (:status::text is null or status = :status)
  and (:before_at::timestamptz is null or (created_at, id) < (:before_at, :before_id::uuid))
order by created_at desc, id desc
limit :page;

-- name: get_job^
select id, recording_id, recording_name, revision, user_id, status, stop_reason, field_mapping, columns,
       unmapped_columns, secret_columns, total_rows, completed_rows, successful_rows, failed_rows, skipped_rows,
       unknown_rows, concurrency, stop_on_error, options, rerun_of, worker_id, claimed_at, submitted_at, started_at,
       completed_at, created_at, updated_at
from execution_jobs
where id = :id and submitted_at is not null;

-- name: find_jobs
select id from execution_jobs
where submitted_at is not null and id::text like :prefix || '%'
order by created_at desc
limit 10;
