-- what: what captions were worth to a model when that was measured last, figure by figure
-- grain: task, source, kind, name
-- reads: caption_worths, run_history
-- audit: low <= high
create or replace view main.latest_worths as
select w.*, h.finished_at as measured_at
from caption_worths w
left join run_history h on h.run_id = w.origin_run_id
qualify row_number() over (
    partition by w.task, w.source, w.kind, w.name order by h.finished_at desc nulls last, w.snapshot_id
) = 1;
