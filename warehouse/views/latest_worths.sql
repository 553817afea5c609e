-- what: what captions were worth to a model when that was measured last, figure by figure, for each towers that read them
--       towers: null where an older version did not say; that counts for any, until somebody measures again
-- grain: task, source, kind, towers, name
-- reads: caption_worths, run_history
-- audit: low <= high
create or replace view main.latest_worths as
with measured as (
    select w.*, h.finished_at as measured_at
    from caption_worths w
    left join run_history h on h.run_id = w.origin_run_id
),
placed as (
    select
        *,
        row_number() over (
            partition by task, source, kind, name order by measured_at desc nulls last, snapshot_id, towers
        ) as place,
        row_number() over (
            partition by task, source, kind, name, towers order by measured_at desc nulls last, snapshot_id
        ) as place_of_towers
    from measured
)
select * exclude (place, place_of_towers)
from placed
where place_of_towers = 1 and (towers is not null or place = 1);
