-- Which addresses an organization's browsers may open (document E).

create table url_policies (
    id uuid primary key,
    organization_id uuid not null,
    pattern varchar(255) not null,
    type varchar(20) not null default 'blacklist' check (type in ('whitelist', 'blacklist')),
    description text,
    is_active boolean not null default true,
    metadata jsonb,
    created_at timestamptz not null,
    updated_at timestamptz not null
);
create index idx_url_policies_type on url_policies (type);
create index idx_url_policies_is_active on url_policies (is_active);
create index idx_url_policies_page on url_policies (organization_id, created_at desc, id);

alter table url_policies enable row level security;
alter table url_policies force row level security;
create policy by_organization on url_policies
using (organization_id = nullif(current_setting('retold.org', true), '')::uuid);
