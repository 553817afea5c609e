-- what: one row a committed run; a compaction also carries the rows of the runs that it replaces (their run is origin_run_id)
-- grain: run_id, origin_run_id
-- keeps: all
-- audit: finished_at >= started_at
-- audit: starts_with(origin_run_id, verb || '-')
create table runs (
    verb varchar,           -- the stage: the file in flows/, the flow in it, the subcommand of msa
    parameters varchar,     -- JSON object of the arguments that decide the outcome
    inputs varchar,         -- JSON list of identities: committed runs that were read, or digests of what was fetched
    replaces varchar[],     -- runs that this one hides (a forced attempt, a compaction)
    code_version varchar,   -- observed: version of msa-loop that wrote the run
    started_at timestamptz, -- observed: UTC
    finished_at timestamptz, -- observed: UTC
    n_rows varchar,         -- JSON object: rows per table, and counters of the verb
    host varchar            -- observed: the machine
);
