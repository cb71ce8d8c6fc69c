-- What somebody may want to look into (document D): so far, what the URL policy refused.

create table security_events (
    id uuid primary key,
    organization_id uuid not null,
    event_type text not null check (
        event_type in (
            'failed_login', 'suspicious_activity', 'rate_limit_exceeded', 'unauthorized_access', 'data_breach_attempt',
            'malicious_request'
        )
    ),
    severity text not null check (severity in ('low', 'medium', 'high', 'critical')),
    user_id uuid,
    ip_address inet,
    user_agent text,
    description text not null,
    details jsonb,
    status text not null default 'open' check (status in ('open', 'investigating', 'resolved', 'false_positive')),
    resolved_at timestamptz,
    resolved_by uuid,
    created_at timestamptz not null,
    updated_at timestamptz not null
);
create index idx_security_events_type on security_events (event_type);
create index idx_security_events_severity on security_events (severity);
create index idx_security_events_status on security_events (status);
create index idx_security_events_user_id on security_events (user_id);
create index idx_security_events_ip_address on security_events (ip_address);
create index idx_security_events_created_at on security_events (created_at);
create index idx_security_events_page on security_events (organization_id, created_at desc, id);

alter table security_events enable row level security;
alter table security_events force row level security;
create policy by_organization on security_events
using (organization_id = nullif(current_setting('retold.org', true), '')::uuid);
