-- what: one row a frozen training set: what it was chosen by, what it holds and left out, and which models learned from it
--       source: `all` for several; settings are null where an earlier version froze it while it trained
-- grain: snapshot_id
-- reads: snapshots, snapshot_drops, posts, models, run_history
-- audit: n_train + n_val = n_posts
-- audit: made_at is not null
create or replace view main.snapshot_cards as
with held as (
    select
        s.snapshot_id,
        min(s.task) as task,
        case when count(distinct p.source) = 1 then min(p.source) else 'all' end as source,
        min(s.label_policy) filter (s.label_origin = 'dump') as label_policy,
        count(*) as n_posts,
        count(*) filter (s.split <> 'val') as n_train,
        count(*) filter (s.split = 'val') as n_val,
        count(*) filter (s.label_origin = 'review') as n_reviewed,
        count(s.caption_id) as n_captioned,
        histogram(s.label) as n_by_label,
        min(s.origin_run_id) as run_id
    from snapshots s
    join posts p using (post_id)
    group by s.snapshot_id
),
left_out as (
    select snapshot_id, count(*) as n_dropped, histogram(reason) as n_by_reason
    from snapshot_drops
    group by snapshot_id
),
learned as (
    select snapshot_id, list(model_id order by model_id) as model_ids, min(config ->> '$.config.captions') as captions
    from models
    group by snapshot_id
)
select
    h.snapshot_id,
    h.task,
    coalesce(r.parameters ->> '$.source', h.source) as source,
    coalesce(r.parameters ->> '$.label_policy', h.label_policy) as label_policy,
    r.parameters ->> '$.weights' as weights,
    r.parameters ->> '$.duplicates' as duplicates,
    (r.parameters ->> '$.keeps_leaks')::boolean as keeps_leaks,
    case when r.verb = 'snapshot' then r.parameters ->> '$.captions' else m.captions end as captions,
    h.n_posts,
    h.n_train,
    h.n_val,
    h.n_reviewed,
    h.n_captioned,
    coalesce(d.n_dropped, 0) as n_dropped,
    h.n_by_label,
    coalesce(d.n_by_reason, map {}) as n_by_reason,
    coalesce(m.model_ids, []) as model_ids,
    h.run_id,
    r.finished_at as made_at
from held h
left join run_history r using (run_id)
left join left_out d using (snapshot_id)
left join learned m using (snapshot_id);
