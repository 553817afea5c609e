-- what: what each ingest found, and how it was to be taken: rows held = posts taken + known + rows refused; is_replaced: a
--       forced attempt took its place
-- grain: run_id
-- reads: run_history
-- audit: n_held = n_posts + n_known + n_refused
create or replace view main.ingests as
with forced_over as (
    select unnest(replaces) as run_id from run_history where verb <> 'compact'
)
select
    run_id,
    parameters ->> '$.source' as source,
    parameters ->> '$.format' as format,
    coalesce((n_rows ->> '$.held')::bigint, 0) as n_held,
    coalesce((n_rows ->> '$.posts')::bigint, 0) as n_posts,
    coalesce((n_rows ->> '$.known')::bigint, 0) as n_known,
    coalesce((n_rows ->> '$.rejects')::bigint, 0) as n_refused,
    coalesce((n_rows ->> '$.annotations')::bigint, 0) as n_annotations,
    coalesce((parameters ->> '$.keep_raw')::boolean, false) as keeps_raw,
    coalesce((parameters ->> '$.keep_names')::boolean, false) as keeps_names,
    parameters ->> '$.columns.split' is not null as has_splits,
    parameters ->> '$.columns.time' is not null as has_times,
    run_id in (from forced_over) as is_replaced,
    started_at,
    finished_at
from run_history
where verb = 'ingest';
