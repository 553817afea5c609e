-- what: the runs that placed posts, and the shares, folds and seed that they were asked for
-- grain: run_id
-- reads: run_history, splits
create or replace view main.split_runs as
select
    h.run_id,
    (h.parameters ->> '$.train')::double as train,
    (h.parameters ->> '$.val')::double as val,
    (h.parameters ->> '$.test')::double as test,
    (h.parameters ->> '$.folds')::integer as folds,
    (h.parameters ->> '$.seed')::bigint as seed,
    h.finished_at
from run_history h
semi join splits s on s.origin_run_id = h.run_id;
