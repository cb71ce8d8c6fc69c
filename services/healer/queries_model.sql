-- name: add_question!
insert into ai_queue (
    id, organization_id, job_id, row_index, recording_id, step_number, task_type, status, input_data, created_at
)
values (
    :id, :organization_id, :job_id, :row_index, :recording_id, :step_number, 'heal_element', 'pending',
    :input_data::text::jsonb, :at
)
on conflict (id) do nothing;

-- name: begin_question!
update ai_queue
set status = 'processing', attempts = attempts + 1, started_at = :at
where id = :id;

-- name: end_question!
update ai_queue
set status = case when :success then 'completed' else 'failed' end,
    completed_at = :at,
    error_message = :error_message,
    result = :result::text::jsonb
where id = :id;

-- name: add_call!
insert into model_calls (
    id, organization_id, job_id, row_index, recording_id, step_number, task_type, outcome, model_selected, provider,
    latency_ms, tries, input_tokens, output_tokens, total_tokens, cost_estimate, success, error_message, choice,
    confidence, reason, request_digest, response_digest, created_at
)
select id, organization_id, job_id, row_index, recording_id, step_number, 'heal_element', outcome, model,
       case when model is not null then 'anthropic' end, ms, tries, input_tokens, output_tokens,
       input_tokens + output_tokens, micro_usd::numeric / 1000000, success, error_message, index, confidence, reason,
       request, response, at
from jsonb_to_record(:row::text::jsonb) as given (
    id uuid, organization_id uuid, job_id uuid, row_index integer, recording_id uuid, step_number integer,
    outcome text, model text, ms integer, tries integer, input_tokens integer, output_tokens integer,
    micro_usd bigint, success boolean, error_message text, index integer, confidence integer, reason text,
    request text, response text, at timestamptz
)
on conflict (id) do nothing;

-- name: list_calls
select id, job_id, row_index, recording_id, step_number, task_type, outcome, model_selected, provider, latency_ms, tries,
       input_tokens, output_tokens, total_tokens, cost_estimate, success, error_message, choice, confidence, reason,
       request_digest, response_digest, created_at
from model_calls
where (:job_id::uuid is null or job_id = :job_id)
  and (:recording_id::uuid is null or recording_id = :recording_id)
  and (:outcome::text is null or outcome = :outcome)
  and (:before_at::timestamptz is null or (created_at, id) < (:before_at, :before_id::uuid))
order by created_at desc, id desc
limit :page;

-- name: sum_calls
-- A call whose cost is not known is counted apart: adding it as nothing would make the sum a lie.
select job_id,
       count(*) filter (where tries > 0) as calls,
       count(*) filter (where outcome = 'answered') as answered,
       count(*) filter (where outcome = 'budget') as refused_by_budget,
       coalesce(sum(input_tokens), 0) as input_tokens,
       coalesce(sum(output_tokens), 0) as output_tokens,
       coalesce(sum(cost_estimate), 0) as cost_usd,
       count(*) filter (where cost_estimate is null) as calls_of_unknown_cost,
       max(created_at) as last_at
from model_calls
where (:job_id::uuid is null or job_id = :job_id)
group by job_id
order by last_at desc, job_id
limit :page;

-- name: list_questions
select id, session_id, job_id, row_index, recording_id, step_number, task_type, priority, status, attempts, max_attempts,
       started_at, completed_at, error_message, input_data, result, created_at
from ai_queue
where (:status::text is null or status = :status)
order by priority, created_at, id
limit :page;
