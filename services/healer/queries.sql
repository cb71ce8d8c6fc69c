-- name: add_heals!
insert into healing_logs (
    id, organization_id, execution_job_id, row_index, recording_id, step_number, original_selector, healed_selector,
    healing_method, confidence_score, rivals, page_origin, page_path, cache_key, cached_until, success, error_message,
    created_at
)
select id, organization_id, job_id, row_index, recording_id, step_number, original_selector, healed_selector,
       method, confidence, rivals, page_origin, page_path, cache_key, cached_until, success, error_message, at
from jsonb_to_recordset(:rows::text::jsonb) as given (
    id uuid, organization_id uuid, job_id uuid, row_index integer, recording_id uuid, step_number integer,
    original_selector text, healed_selector text, method text, confidence integer, rivals jsonb, page_origin text,
    page_path text, cache_key text, cached_until timestamptz, success boolean, error_message text, at timestamptz
)
on conflict (id) do nothing;

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
    healing_method, confidence_score, page_origin, page_path, cache_hit, cache_key, cached_until, success, created_at
)
select given.id, organization_id, job_id, row_index, recording_id, step_number, original_selector, healed_selector,
       'cached', confidence_score, page_origin, page_path, true, cache_key, cached_until, true, at
from given join healing_cache using (cache_key)
on conflict (id) do nothing;

-- name: list_heals
select id, execution_job_id, row_index, recording_id, step_number, original_selector, healed_selector, healing_method,
       confidence_score, rivals, page_origin, page_path, cache_hit, cached_until, success, error_message, created_at
from healing_logs
where (:recording_id::uuid is null or recording_id = :recording_id)
  and (:job_id::uuid is null or execution_job_id = :job_id)
  and (:before_at::timestamptz is null or (created_at, id) < (:before_at, :before_id::uuid))
order by created_at desc, id desc
limit :page;

-- name: list_cache
select cache_key, recording_id, step_number, original_selector, healed_selector, confidence_score, page_origin,
       page_path, hits, created_at, cached_until
from healing_cache
where recording_id = :recording_id
order by step_number, created_at;
