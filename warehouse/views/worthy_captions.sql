-- what: kinds of captions that help a model: the latest worth of weighted F1 has an interval above zero
-- grain: task, source, kind
-- reads: caption_worths, run_history
-- audit: low > 0
create or replace view main.worthy_captions as
with latest as (
    select w.*, h.finished_at as measured_at
    from caption_worths w
    left join run_history h on h.run_id = w.origin_run_id
    where w.name = 'weighted_f1'
    qualify row_number() over (
        partition by w.task, w.source, w.kind order by h.finished_at desc nulls last, w.snapshot_id
    ) = 1
)
select task, source, kind, snapshot_id, difference, low, high, n_posts, n_seeds, n_captioned, measured_at
from latest
where low > 0;
