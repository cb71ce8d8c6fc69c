-- A file is served by its checksum, with the type and the name that it was kept with.

create index idx_artifacts_checksum on job_artifacts (checksum);
