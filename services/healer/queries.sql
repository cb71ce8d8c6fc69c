-- name: add_heals!
-- What a model was asked for the step goes to the one heal, or failed heal, that came of it.
with given as (
    select * from jsonb_to_recordset(:rows::text::jsonb) as given (
        id uuid, organization_id uuid, job_id uuid, row_index integer, recording_id uuid, step_number integer,
        original_selector text, healed_selector text, method text, confidence integer, rivals jsonb, page_origin text,
        page_path text, cache_key text, cached_until timestamptz, success boolean, error_message text, state text,
        revision integer, candidates integer, healed_bundle jsonb, screenshot_url text, screenshot_after_url text,
        at timestamptz
    )
), asked as (
    delete from healing_questions
    using given
    where (given.method = 'claude_vision' or not given.success)
      and healing_questions.job_id = given.job_id and healing_questions.row_index = given.row_index
      and healing_questions.step_number = given.step_number
    returning given.id, healing_questions.request, healing_questions.response
)
insert into healing_logs (
    id, organization_id, execution_job_id, row_index, recording_id, step_number, original_selector, healed_selector,
    healing_method, confidence_score, rivals, page_origin, page_path, cache_key, cached_until, success, error_message,
    state, revision, candidates, healed_bundle, screenshot_url, screenshot_after_url, claude_request, claude_response,
    created_at
)
select given.id, organization_id, job_id, row_index, recording_id, step_number, original_selector, healed_selector,
       method, confidence, rivals, page_origin, page_path, cache_key, cached_until, success, error_message, state,
       revision, candidates, nullif(healed_bundle, 'null'), screenshot_url, screenshot_after_url, asked.request,
       asked.response, at
from given
left join asked on asked.id = given.id
on conflict (id) do nothing;

-- name: decide_heals!
update healing_logs
set state = given.state, decided_by = given.decided_by, decided_at = given.at
from jsonb_to_recordset(:rows::text::jsonb) as given (
    cache_key text, healed_selector text, state text, decided_by text, at timestamptz
)
where healing_logs.cache_key = given.cache_key and healing_logs.healed_selector = given.healed_selector
  and not healing_logs.cache_hit and healing_logs.healing_method <> 'cached';

-- name: adopt_heals!
update healing_logs
set state = 'adopted', adopted_revision = given.adopted_revision
from jsonb_to_recordset(:rows::text::jsonb) as given (id uuid, adopted_revision integer)
join healing_logs one using (id)
where healing_logs.cache_key = one.cache_key and healing_logs.healed_selector = one.healed_selector
  and healing_logs.state = 'accepted';

-- name: withdraw_heals!
update healing_logs
set state = 'withdrawn', success = false, error_message = given.error_message
from jsonb_to_recordset(:rows::text::jsonb) as given (
    job_id uuid, row_index integer, step_number integer, cache_key text, error_message text
)
where healing_logs.execution_job_id = given.job_id and healing_logs.row_index = given.row_index
  and healing_logs.step_number = given.step_number and healing_logs.cache_key = given.cache_key
  and healing_logs.healing_method <> 'cached';

-- name: note_questions!
insert into healing_questions (job_id, row_index, step_number, organization_id, request)
select job_id, row_index, step_number, organization_id, request
from jsonb_to_recordset(:rows::text::jsonb) as given (
    job_id uuid, row_index integer, step_number integer, organization_id uuid, request jsonb
)
on conflict (job_id, row_index, step_number) do update
set request = excluded.request, response = null;

-- name: note_answers!
-- An answer that came too late, after the row had asked again, is none to the newer question.
update healing_questions
set request = healing_questions.request || given.request, response = given.response
from jsonb_to_recordset(:rows::text::jsonb) as given (
    job_id uuid, row_index integer, step_number integer, ask_id text, request jsonb, response jsonb
)
where healing_questions.job_id = given.job_id and healing_questions.row_index = given.row_index
  and healing_questions.step_number = given.step_number and healing_questions.request ->> 'ask_id' = given.ask_id;

-- name: cache_heals!
insert into healing_cache (
    cache_key, organization_id, recording_id, step_number, original_selector, healed_selector, healed_bundle,
    confidence_score, page_origin, page_path, created_at, cached_until
)
select cache_key, organization_id, recording_id, step_number, original_selector, healed_selector, healed_bundle,
       confidence, page_origin, page_path, at, cached_until
from jsonb_to_recordset(:rows::text::jsonb) as given (
    cache_key text, organization_id uuid, recording_id uuid, step_number integer, original_selector text,
    healed_selector text, healed_bundle jsonb, confidence integer, page_origin text, page_path text, at timestamptz,
    cached_until timestamptz
)
on conflict (cache_key) do update
set healed_selector = excluded.healed_selector, healed_bundle = excluded.healed_bundle,
    confidence_score = excluded.confidence_score, created_at = excluded.created_at,
    cached_until = excluded.cached_until;

-- name: drop_cached!
delete from healing_cache
where cache_key in (select cache_key from jsonb_to_recordset(:rows::text::jsonb) as given (cache_key text));

-- name: add_cache_uses!
with given as (
    select * from jsonb_to_recordset(:rows::text::jsonb) as given (
        id uuid, job_id uuid, row_index integer, cache_key text, at timestamptz
    )
), counted as (
    update healing_cache cached
    set hits = cached.hits + uses
    from (select cache_key, count(*)::integer as uses from given group by cache_key) as used
    where cached.cache_key = used.cache_key
)
insert into healing_logs (
    id, organization_id, execution_job_id, row_index, recording_id, step_number, original_selector, healed_selector,
    healing_method, confidence_score, page_origin, page_path, cache_hit, cache_key, cached_until, success, revision,
    created_at
)
select given.id, organization_id, job_id, row_index, recording_id, step_number, original_selector, healed_selector,
       'cached', confidence_score, page_origin, page_path, true, cache_key, cached_until, true, revision, at
from given
cross join lateral (
    select organization_id, recording_id, step_number, original_selector, healed_selector, confidence_score,
           page_origin, page_path, cached_until, revision
    from healing_logs
    where healing_logs.cache_key = given.cache_key and cached_until is not null and healing_method <> 'cached'
    order by created_at desc, id desc
    limit 1
) as heal
on conflict (id) do nothing;

-- name: add_cache_failures!
with given as (
    select * from jsonb_to_recordset(:rows::text::jsonb) as given (
        id uuid, job_id uuid, row_index integer, cache_key text, state text, error_message text, at timestamptz
    )
), counted as (
    update healing_cache cached
    set misses = cached.misses + failures
    from (select cache_key, count(*)::integer as failures from given group by cache_key) as failed
    where cached.cache_key = failed.cache_key
)
insert into healing_logs (
    id, organization_id, execution_job_id, row_index, recording_id, step_number, original_selector, healed_selector,
    healing_method, confidence_score, page_origin, page_path, cache_hit, cache_key, cached_until, success,
    error_message, state, revision, created_at
)
select given.id, organization_id, job_id, row_index, recording_id, step_number, original_selector, healed_selector,
       'cached', confidence_score, page_origin, page_path, given.state = 'withdrawn', cache_key, cached_until, false,
       given.error_message, given.state, revision, at
from given
cross join lateral (
    select organization_id, recording_id, step_number, original_selector, healed_selector, confidence_score,
           page_origin, page_path, cached_until, revision
    from healing_logs
    where healing_logs.cache_key = given.cache_key and cached_until is not null and healing_method <> 'cached'
    order by created_at desc, id desc
    limit 1
) as heal
on conflict (id) do nothing;

-- name: list_heals
select id, execution_job_id, row_index, recording_id, step_number, original_selector, healed_selector, healing_method,
       confidence_score, rivals, candidates, page_origin, page_path, cache_hit, cache_key, cached_until, success,
       error_message, state, revision, adopted_revision, decided_by, decided_at, screenshot_url, screenshot_after_url,
       claude_request, claude_response, created_at,
       (select count(*) from (
            select 1 from healing_logs other
            where other.recording_id = healing_logs.recording_id and other.step_number = healing_logs.step_number
            limit 1000
        ) as told) as history
from healing_logs
where (:recording_id::uuid is null or recording_id = :recording_id)
  and (:job_id::uuid is null or execution_job_id = :job_id)
  and (:step_number::integer is null or step_number = :step_number)
  and (:state::text is null or state = :state)
  and (:before_at::timestamptz is null or (created_at, id) < (:before_at, :before_id::uuid))
order by created_at desc, id desc
limit :page;

-- name: get_heal^
select * from healing_logs where id = :id;

-- name: find_heals
select id from healing_logs where id::text like :prefix || '%' order by created_at desc, id desc limit 10;

-- name: history_of_step
select id, execution_job_id, row_index, original_selector, healed_selector, healing_method, confidence_score, cache_hit,
       success, error_message, state, revision, created_at
from healing_logs
where recording_id = :recording_id and step_number = :step_number
order by created_at desc, id desc
limit :page;

-- name: list_cache
select cache_key, recording_id, step_number, original_selector, healed_selector, confidence_score, page_origin,
       page_path, hits, misses, created_at, cached_until
from healing_cache
where recording_id = :recording_id
order by step_number, created_at;

-- name: add_jobs!
insert into healing_jobs (job_id, organization_id, recording_id)
select job_id, organization_id, recording_id
from jsonb_to_recordset(:rows::text::jsonb) as given (job_id uuid, organization_id uuid, recording_id uuid)
on conflict (job_id) do nothing;

-- name: count_rows!
insert into step_fragility as known (recording_id, step_number, organization_id, rows_seen, cache_hits)
select job.recording_id, given.step_number, job.organization_id, sum(coalesce(given.rows_seen, 0)),
       sum(coalesce(given.cache_hits, 0))
from jsonb_to_recordset(:rows::text::jsonb) as given (
    job_id uuid, step_number integer, rows_seen bigint, cache_hits bigint
)
join healing_jobs job using (job_id)
group by job.recording_id, given.step_number, job.organization_id
on conflict (recording_id, step_number) do update
set rows_seen = known.rows_seen + excluded.rows_seen, cache_hits = known.cache_hits + excluded.cache_hits;

-- name: count_heals!
insert into step_fragility as known (
    recording_id, step_number, organization_id, heals, failed_heals, cache_misses, withdrawn, accepted, rejected,
    last_healed_at
)
select recording_id, step_number, organization_id, coalesce(heals, 0), coalesce(failed_heals, 0),
       coalesce(cache_misses, 0), coalesce(withdrawn, 0), coalesce(accepted, 0), coalesce(rejected, 0), at
from jsonb_to_recordset(:rows::text::jsonb) as given (
    recording_id uuid, step_number integer, organization_id uuid, heals bigint, failed_heals bigint,
    cache_misses bigint, withdrawn bigint, accepted bigint, rejected bigint, at timestamptz
)
on conflict (recording_id, step_number) do update
set heals = known.heals + excluded.heals, failed_heals = known.failed_heals + excluded.failed_heals,
    cache_misses = known.cache_misses + excluded.cache_misses, withdrawn = known.withdrawn + excluded.withdrawn,
    accepted = known.accepted + excluded.accepted, rejected = known.rejected + excluded.rejected,
    last_healed_at = coalesce(excluded.last_healed_at, known.last_healed_at);

-- name: list_fragility
select step_number, rows_seen, heals, failed_heals, cache_hits, cache_misses, withdrawn, accepted, rejected,
       last_healed_at,
       case when rows_seen > 0 then round(least(1.0, (heals + cache_hits)::numeric / rows_seen), 4)::float end as share
from step_fragility
where recording_id = :recording_id and (:healthy or heals + failed_heals + cache_hits + cache_misses + withdrawn > 0)
order by heals + failed_heals + cache_hits desc, step_number;
