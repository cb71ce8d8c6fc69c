-- name: add_recordings!
insert into recordings (
    id, organization_id, user_id, name, description, starting_url, status, step_count, duration, steps, variables,
    recording_method, source, fidelity, revision, created_at, updated_at
)
select id, organization_id, user_id, name, description, starting_url, 'ready', jsonb_array_length(steps), duration,
       steps, variables, recording_method, source, fidelity, 1, at, at
from jsonb_to_recordset(:rows::text::jsonb) as given (
    id uuid, organization_id uuid, user_id uuid, name text, description text, starting_url text, duration bigint,
    steps jsonb, variables jsonb, recording_method text, source text, fidelity jsonb, at timestamptz
)
on conflict (id) do nothing;

-- name: steps_of
select id, name, steps, variables, revision from recordings where id = any(:ids::uuid[]);

-- name: revise_recordings!
update recordings
set name = given.name, steps = given.steps, step_count = jsonb_array_length(given.steps),
    variables = given.variables, revision = given.revision, updated_at = given.at
from jsonb_to_recordset(:rows::text::jsonb) as given (
    id uuid, name text, steps jsonb, variables jsonb, revision integer, at timestamptz
)
where recordings.id = given.id;

-- name: revisions_reached
select recording_id, max(revision) as revision
from recording_revisions
where recording_id = any(:ids::uuid[])
group by recording_id;

-- name: add_revisions!
insert into recording_revisions (
    id, organization_id, recording_id, revision, kind, step_numbers, detail, execution_job_id, row_index, heal_id,
    actor, created_at
)
select id, organization_id, recording_id, revision, kind, step_numbers, detail, job_id, row_index, heal_id, actor, at
from jsonb_to_recordset(:rows::text::jsonb) as given (
    id uuid, organization_id uuid, recording_id uuid, revision integer, kind text, step_numbers integer[],
    detail jsonb, job_id uuid, row_index integer, heal_id uuid, actor text, at timestamptz
)
on conflict (id) do nothing;

-- name: list_revisions
select revision, kind, step_numbers, detail, execution_job_id, row_index, heal_id, actor, created_at
from recording_revisions
where recording_id = :recording_id
order by revision;

-- name: list_recordings
select id, name, description, starting_url, status, step_count, duration, variables, source, revision,
       jsonb_array_length(fidelity) as notes, created_at, updated_at
from recordings
where deleted_at is null
  and (:before_at::timestamptz is null or (created_at, id) < (:before_at, :before_id::uuid))
order by created_at desc, id desc
limit :page;

-- name: get_recording^
select * from recordings where id = :id and deleted_at is null;

-- name: find_recordings
select id, name from recordings
where deleted_at is null and (id::text like :prefix || '%' or lower(name) = lower(:name))
order by created_at desc
limit 10;

-- name: add_users!
insert into users (id, organization_id, email, role, created_at, updated_at)
select id, organization_id, email, role, created_at, at
from jsonb_to_recordset(:rows::text::jsonb) as given (
    id uuid, organization_id uuid, email text, role text, created_at timestamptz, at timestamptz
)
on conflict (id) do update set email = excluded.email, role = excluded.role, updated_at = excluded.updated_at;

-- name: add_teams!
insert into teams (id, organization_id, name, slug, owner_id, created_at, updated_at)
select id, organization_id, name, slug, owner_id, at, at
from jsonb_to_recordset(:rows::text::jsonb) as given (
    id uuid, organization_id uuid, name text, slug text, owner_id uuid, at timestamptz
)
on conflict (id) do nothing;

-- name: add_team_members!
insert into team_members (id, organization_id, team_id, user_id, role, joined_at)
select id, organization_id, team_id, user_id, role, at
from jsonb_to_recordset(:rows::text::jsonb) as given (
    id uuid, organization_id uuid, team_id uuid, user_id uuid, role text, at timestamptz
)
on conflict (team_id, user_id) do update set role = excluded.role;

-- name: list_users
select id, email, role, tier, created_at from users order by created_at, id;

-- name: list_teams
select t.id, t.name, t.slug, t.owner_id, t.created_at,
       (select count(*) from team_members m where m.team_id = t.id) as members
from teams t
order by t.created_at, t.id;

-- name: add_url_policies!
insert into url_policies (
    id, organization_id, pattern, type, description, is_active, metadata, created_at, updated_at
)
select id, organization_id, pattern, type, description, is_active, nullif(metadata, 'null'), created_at, at
from jsonb_to_recordset(:rows::text::jsonb) as given (
    id uuid, organization_id uuid, pattern text, type text, description text, is_active boolean, metadata jsonb,
    created_at timestamptz, at timestamptz
)
on conflict (id) do nothing;

-- name: change_url_policies!
update url_policies
set description = given.description, is_active = given.is_active, metadata = nullif(given.metadata, 'null'),
    updated_at = given.at
from jsonb_to_recordset(:rows::text::jsonb) as given (
    id uuid, description text, is_active boolean, metadata jsonb, at timestamptz
)
where url_policies.id = given.id;

-- name: remove_url_policies!
delete from url_policies where id = any(:ids::uuid[]);

-- name: list_url_policies
select id, pattern, type, description, is_active, metadata, created_at, updated_at
from url_policies
where (:before_at::timestamptz is null or (created_at, id) < (:before_at, :before_id::uuid))
  and (:type::text is null or type = :type)
order by created_at desc, id desc
limit :page;

-- name: add_security_events!
insert into security_events (
    id, organization_id, event_type, severity, description, details, status, created_at, updated_at
)
select id, organization_id, event_type, severity, description, details, 'open', at, at
from jsonb_to_recordset(:rows::text::jsonb) as given (
    id uuid, organization_id uuid, event_type text, severity text, description text, details jsonb, at timestamptz
)
on conflict (id) do nothing;

-- name: list_security_events
select id, event_type, severity, user_id, ip_address, user_agent, description, details, status, resolved_at,
       resolved_by, created_at, updated_at
from security_events
where (:before_at::timestamptz is null or (created_at, id) < (:before_at, :before_id::uuid))
  and (:severity::text is null or severity = :severity)
  and (:event_type::text is null or event_type = :event_type)
  and (:job_id::text is null or details ->> 'job_id' = :job_id)
order by created_at desc, id desc
limit :page;
