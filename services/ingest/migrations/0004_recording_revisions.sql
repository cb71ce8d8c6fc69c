-- What became of a recording, revision by revision: 1 as it was imported, one more for everything that changed it.

create table recording_revisions (
    id uuid primary key,
    organization_id uuid not null,
    recording_id uuid not null,
    revision integer not null check (revision >= 1),
    kind text not null,
    step_numbers integer[] not null default '{}',
    detail jsonb not null default '{}',
    execution_job_id uuid,
    row_index integer,
    heal_id uuid,
    actor text not null,
    created_at timestamptz not null,
    unique (recording_id, revision)
);

alter table recording_revisions enable row level security;
alter table recording_revisions force row level security;
create policy by_organization on recording_revisions
using (organization_id = nullif(current_setting('retold.org', true), '')::uuid);
