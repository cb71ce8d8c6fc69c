-- name: add_heal!
insert into healing_logs (
    id, organization_id, execution_job_id, row_index, recording_id, step_number, original_selector, healed_selector,
    healing_method, confidence_score, rivals, page_origin, page_path, cache_key, cached_until, success, error_message,
    created_at
) values (
    :id, :organization_id, :job_id, :row_index, :recording_id, :step_number, :original_selector, :healed_selector,
    :method, :confidence, :rivals, :page_origin, :page_path, :cache_key, :cached_until, :success, :error_message, :at
) on conflict (id) do nothing;

-- name: cache_heal!
insert into healing_cache (
    cache_key, organization_id, recording_id, step_number, original_selector, healed_selector, healed_bundle,
    confidence_score, page_origin, page_path, created_at, cached_until
) values (
    :cache_key, :organization_id, :recording_id, :step_number, :original_selector, :healed_selector, :healed_bundle,
    :confidence, :page_origin, :page_path, :at, :cached_until
) on conflict (cache_key) do update
set healed_selector = excluded.healed_selector, healed_bundle = excluded.healed_bundle,
    confidence_score = excluded.confidence_score, created_at = excluded.created_at,
    cached_until = excluded.cached_until;

-- name: drop_cached!
delete from healing_cache where cache_key = :cache_key;

-- name: add_cache_use!
insert into healing_logs (
    id, organization_id, execution_job_id, row_index, recording_id, step_number, original_selector, healed_selector,
    healing_method, confidence_score, page_origin, page_path, cache_hit, cache_key, cached_until, success, created_at
)
select :id, organization_id, :job_id, :row_index, recording_id, step_number, original_selector, healed_selector,
       'cached', confidence_score, page_origin, page_path, true, cache_key, cached_until, true, :at
from healing_cache
where cache_key = :cache_key
on conflict (id) do nothing;

-- name: count_hit!
update healing_cache set hits = hits + 1 where cache_key = :cache_key;

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
