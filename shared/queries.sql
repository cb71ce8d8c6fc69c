-- What projectors keep beside their rows, in the schema of the connection's search path.

-- name: begin_checkpoint!
insert into checkpoints (projection, position) values (:projection, 0) on conflict do nothing;

-- name: read_checkpoint$
select position from checkpoints where projection = :projection;

-- name: hold_checkpoint$
-- The projector waits meanwhile: something is applied before or after a batch, never within.
select position from checkpoints where projection = :projection for update;

-- name: move_checkpoint$
update checkpoints set position = :new where projection = :projection and position = :old returning position;

-- name: become_the_only_projector$
select pg_try_advisory_lock(hashtextextended(current_schema() || '.' || :projection, 0));

-- name: own_schema$
select current_schema();

-- name: put_aside!
insert into dead_events (projection, position, index, reason, subject, organization_id, whole_message)
values (:projection, :position, :index, :reason, :subject, :organization_id, :whole_message)
on conflict (projection, position, index) do update set reason = excluded.reason, tries = dead_events.tries + 1;

-- name: list_dead_events
select projection, position, index, reason, subject, organization_id, whole_message, noticed_at, tries
from dead_events
order by position, index, projection;

-- name: dead_event^
select * from dead_events where projection = :projection and position = :position and index = :index for update;

-- name: note_try!
update dead_events set reason = :reason, tries = tries + 1
where projection = :projection and position = :position and index = :index;

-- name: forget_dead_event$
delete from dead_events
where projection = :projection and position = :position and index = :index
returning position;
