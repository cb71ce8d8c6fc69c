-- Jobs that pause. `begun`: some row has been dispatched or skipped; after a pause it tells pending from running.
-- `position`: the newest event of the job itself that the row shows; an older one, applied late, changes nothing.

alter table execution_jobs add column begun boolean not null default false;
alter table execution_jobs add column position bigint not null default 0;

-- Forced row-level security hides every row from a migration, which acts for no organization.
alter table execution_jobs no force row level security;
update execution_jobs set begun = true where status <> 'pending';
alter table execution_jobs force row level security;
