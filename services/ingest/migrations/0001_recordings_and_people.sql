-- Read models of ingest (document A, 3.1, 3.2, 7.3; columns of document D joined in).
-- No foreign keys: every table is projected, and rebuilt, by itself; the log has checked the references.

create table users (
    id uuid primary key,
    organization_id uuid not null,
    email text not null,
    tier text not null default 'starter' check (tier in ('starter', 'professional', 'business', 'enterprise')),
    role text not null default 'member' check (role in ('owner', 'admin', 'manager', 'member', 'viewer')),
    preferences jsonb not null default '{
        "recording": {"overlayPosition": "top", "autoMinimize": false, "captureScreenshots": true,
                      "labelDetectionMode": "aggressive", "highlightRecordedElements": true},
        "replay": {"highlightElements": true, "slowMotion": false, "slowMotionDelay": 500, "waitTimeout": 5000,
                   "retryAttempts": 3, "retryBackoff": [100, 200, 400]},
        "aiHealing": {"mode": "autonomous", "confidenceThreshold": 80, "cacheEnabled": true, "cacheTTL": 86400,
                      "maxAttemptsPerStep": 3},
        "notifications": {"email": true, "browser": false, "executionComplete": true, "executionFailed": true,
                          "healingUsed": false},
        "ui": {"theme": "dark", "compactMode": false, "defaultView": "grid"}
    }',
    vm_id text,
    vm_url text,
    vm_status text check (
        vm_status in ('not_provisioned', 'provisioning', 'ready', 'hibernating', 'stopped', 'error')
    ),
    vm_provisioned_at timestamptz,
    vm_last_accessed timestamptz,
    default_team_id uuid,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    unique (organization_id, email)
);
create index idx_users_email on users (email);
create index idx_users_tier on users (tier);
create index idx_users_vm_id on users (vm_id) where vm_id is not null;
create index idx_users_vm_status on users (vm_status) where vm_status is not null;
create index idx_users_default_team on users (default_team_id) where default_team_id is not null;
create index idx_users_active_vms on users (vm_id, vm_last_accessed) where vm_status = 'ready';

create table teams (
    id uuid primary key,
    organization_id uuid not null,
    name text not null,
    slug text not null,
    owner_id uuid not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    unique (organization_id, slug)
);
create index idx_teams_owner_id on teams (owner_id);

create table team_members (
    id uuid primary key,
    organization_id uuid not null,
    team_id uuid not null,
    user_id uuid not null,
    role text not null check (role in ('owner', 'admin', 'member', 'viewer')),
    joined_at timestamptz not null,
    unique (team_id, user_id)
);
create index idx_team_members_user_id on team_members (user_id);

create table recordings (
    id uuid primary key,
    organization_id uuid not null,
    user_id uuid not null,
    name text not null,
    description text,
    starting_url text not null check (starting_url ~* '^https?://'),
    status text not null default 'ready' check (
        status in ('recording', 'processing', 'draft', 'ready', 'error', 'archived')
    ),
    step_count integer not null default 0 check (step_count >= 0),
    duration bigint check (duration >= 0),
    steps jsonb not null default '[]',
    variables jsonb not null default '{}',
    recording_method text not null default 'extension' check (recording_method in ('extension', 'cloud_browser')),
    source text not null,
    fidelity jsonb not null default '[]',
    revision integer not null check (revision >= 1),
    team_id uuid,
    visibility text not null default 'private' check (visibility in ('private', 'team', 'organization', 'public')),
    file_size_bytes bigint check (file_size_bytes >= 0),
    compression_ratio numeric(7, 4) check (compression_ratio between 0 and 1),
    checksum varchar(64),
    settings jsonb not null default '{}',
    environment_info jsonb not null default '{}',
    tags text[] not null default '{}',
    category text,
    recording_started_at timestamptz,
    recording_completed_at timestamptz,
    last_accessed_at timestamptz,
    archived_at timestamptz,
    deleted_at timestamptz,
    created_at timestamptz not null,
    updated_at timestamptz not null
);
create index idx_recordings_user_id on recordings (user_id);
create index idx_recordings_status on recordings (status);
create index idx_recordings_team_id on recordings (team_id) where team_id is not null;
create index idx_recordings_created_at on recordings (created_at desc);
create index idx_recordings_recording_method on recordings (recording_method);
create index idx_recordings_name_gin on recordings using gin (to_tsvector('english', name));
create index idx_recordings_steps_gin on recordings using gin (steps);
create index idx_recordings_steps_path on recordings using gin (steps jsonb_path_ops);
create index idx_recordings_user_status_created on recordings (user_id, status, created_at desc);
create index idx_recordings_page on recordings (organization_id, created_at desc, id);

alter table users enable row level security;
alter table users force row level security;
create policy by_organization on users
using (organization_id = nullif(current_setting('retold.org', true), '')::uuid);

alter table teams enable row level security;
alter table teams force row level security;
create policy by_organization on teams
using (organization_id = nullif(current_setting('retold.org', true), '')::uuid);

alter table team_members enable row level security;
alter table team_members force row level security;
create policy by_organization on team_members
using (organization_id = nullif(current_setting('retold.org', true), '')::uuid);

alter table recordings enable row level security;
alter table recordings force row level security;
create policy by_organization on recordings
using (organization_id = nullif(current_setting('retold.org', true), '')::uuid);
