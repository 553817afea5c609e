-- what: progress, one row a round of the loop: the model that ended it, its weighted F1 on validation, the last verdict
--       on it (the gate's, or a person's override), how its snapshot differs from the one before, and what the round cost
-- grain: task, n
-- reads: loop_stretches, loop_work, snapshots, evaluations, promotions
-- audit: low is null or low <= high
-- audit: n_labels_new + n_labels_changed <= n_labels
create or replace view main.loop_rounds as
with compared as (
    select
        r.task,
        r.n,
        count(*) as n_labels,
        count(*) filter (e.post_id is null) as n_labels_new,
        count(*) filter (
            e.post_id is not null and (e.label is distinct from s.label or e.score is distinct from s.score)
        ) as n_labels_changed
    from loop_stretches r
    join snapshots s on s.snapshot_id = r.snapshot_id
    left join snapshots e on e.snapshot_id = r.earlier_snapshot_id and e.post_id = s.post_id
    group by all
),
judged as (
    from promotions
    where decided_by is distinct from 'rollback'
    qualify row_number() over (partition by model_id order by decided_at desc) = 1
)
select
    r.task,
    r.n,
    r.model_id,
    r.snapshot_id,
    r.trained_at,
    f.value as weighted_f1,
    f.low,
    f.high,
    j.verdict,
    j.why,
    coalesce(c.n_labels, 0) as n_labels,
    coalesce(c.n_labels_new, 0) as n_labels_new,
    coalesce(c.n_labels_changed, 0) as n_labels_changed,
    coalesce(w.n_reviewed, 0) as n_reviewed,
    coalesce(w.minutes_spent, 0) as minutes_spent,
    w.cost_usd
from loop_stretches r
left join compared c using (task, n)
left join loop_work w using (task, n)
left join evaluations f
    on f.model_id = r.model_id and f.split = 'val' and f.name = 'weighted_f1' and f.label is null
left join judged j on j.model_id = r.model_id
order by r.task, r.n;
