-- Read models of the healer (document A, 3.6). The cache key is rule 4 of the decisions, not the document's three.

create table healing_logs (
    id uuid primary key,
    organization_id uuid not null,
    execution_job_id uuid,
    row_index integer,
    recording_id uuid not null,
    step_number integer not null,
    original_selector text not null,
    healed_selector text,
    healing_method text check (healing_method in ('claude_vision', 'fuzzy_match', 'bounding_box', 'cached')),
    confidence_score integer check (confidence_score between 0 and 100),
    rivals jsonb not null default '[]',
    page_origin text,
    page_path text,
    screenshot_url text,
    claude_request jsonb,
    claude_response jsonb,
    cache_hit boolean not null default false,
    cache_key text,
    cached_until timestamptz,
    success boolean not null,
    error_message text,
    created_at timestamptz not null
);
create index idx_healing_logs_recording_id on healing_logs (recording_id);
create index idx_healing_logs_step_number on healing_logs (recording_id, step_number);
create index idx_healing_logs_success on healing_logs (success);
create index idx_healing_logs_healing_method on healing_logs (healing_method);
create index idx_healing_logs_job on healing_logs (execution_job_id, row_index);

create table healing_cache (
    cache_key text primary key,
    organization_id uuid not null,
    recording_id uuid not null,
    step_number integer not null,
    original_selector text not null,
    healed_selector text,
    healed_bundle jsonb not null,
    confidence_score integer not null,
    page_origin text not null,
    page_path text not null,
    hits integer not null default 0,
    created_at timestamptz not null,
    cached_until timestamptz not null
);
create index idx_healing_cache_lookup on healing_cache (recording_id, cached_until);

alter table healing_logs enable row level security;
alter table healing_logs force row level security;
create policy by_organization on healing_logs
using (organization_id = nullif(current_setting('retold.org', true), '')::uuid);

alter table healing_cache enable row level security;
alter table healing_cache force row level security;
create policy by_organization on healing_cache
using (organization_id = nullif(current_setting('retold.org', true), '')::uuid);
