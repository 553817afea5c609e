-- what: what each ingest found: rows held = posts taken + known + rows refused
-- grain: run_id
-- reads: run_history
-- audit: n_held = n_posts + n_known + n_refused
create or replace view main.ingests as
select
    run_id,
    parameters ->> '$.source' as source,
    parameters ->> '$.format' as format,
    coalesce((n_rows ->> '$.held')::bigint, 0) as n_held,
    coalesce((n_rows ->> '$.posts')::bigint, 0) as n_posts,
    coalesce((n_rows ->> '$.known')::bigint, 0) as n_known,
    coalesce((n_rows ->> '$.rejects')::bigint, 0) as n_refused,
    coalesce((n_rows ->> '$.annotations')::bigint, 0) as n_annotations,
    started_at,
    finished_at
from run_history
where verb = 'ingest';
