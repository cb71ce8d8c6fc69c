-- What the metrics ask a service's schema.

-- name: open_dead_events$
select count(*) from dead_events;
