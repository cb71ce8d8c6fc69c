-- Rows that wait for a person's answer about a stand-in. `holds_browser`: it goes on where it stands; else it starts
-- anew. `heal_id` is what a person accepts or rejects, `stand_in` what the answer is about.

create table waiting_rows (
    organization_id uuid not null,
    execution_job_id uuid not null,
    row_index integer not null check (row_index >= 0),
    attempt integer not null,
    recording_id uuid not null,
    heal_id uuid not null,
    stand_in uuid not null,
    step_number integer not null,
    original_selector text not null,
    healed_selector text not null,
    confidence integer not null,
    holds_browser boolean not null default true,
    waiting_since timestamptz not null,
    primary key (execution_job_id, row_index)
);
create index idx_waiting_rows_stand_in on waiting_rows (stand_in);

alter table waiting_rows enable row level security;
alter table waiting_rows force row level security;
create policy by_organization on waiting_rows
using (organization_id = nullif(current_setting('retold.org', true), '')::uuid);
