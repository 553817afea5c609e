-- what: the posts by which the drift of a model is measured: those of its snapshot (`reference`), and those of its task that
--       came after it was frozen and resemble none of them (`current`), a cluster once. Only of the source that its snapshot
--       was chosen from, since a retraining learns from no other; never a test post, never an official unlabelled one, none
--       that was judged and has no label all the same, since a snapshot holds none of those
--       label: as frozen, or as the dump gave it: reviewers see a selection
--       is_unseen: the model's own network (not that of a fold) never learned from it
--       predicted, confidence: by that network, where it never did; a fold model learned less, so it is less sure of the same
-- grain: model_id, post_id
-- reads: models, snapshots, snapshot_cards, posts, splits, clusters, labels, answers, post_images, images, predictions, run_history
-- audit: split <> 'test'
-- audit: side in ('reference', 'current')
create or replace view main.drift_posts as
with frozen as (
    select m.model_id, m.task, m.snapshot_id, k.source, max(h.started_at) as frozen_at
    from models m
    join snapshots t using (snapshot_id)
    join snapshot_cards k using (snapshot_id)
    join run_history h on h.run_id = t.origin_run_id
    group by all
),
placed as (
    select
        p.post_id,
        p.task,
        p.source,
        p.encoding,
        length(coalesce(p.text, '')) as n_characters,
        s.split,
        coalesce(c.cluster_id, p.post_id) as cluster_id,
        l.label is not null or p.post_id not in (select post_id from answers where status = 'given') as is_choosable,
        case when l.label_origin = 'dump' then l.label end as label,
        h.finished_at as came_at
    from posts p
    join splits s using (post_id)
    left join clusters c using (post_id)
    left join labels l using (post_id)
    left join run_history h on h.run_id = p.origin_run_id
    where s.split <> 'test' and not p.is_official_unlabelled
),
learned as (
    select f.model_id, 'reference' as side, p.* replace (t.label as label, t.split as split), t.split = 'val' as is_unseen
    from frozen f
    join snapshots t using (snapshot_id)
    join placed p using (post_id)
),
since as (
    select f.model_id, 'current' as side, p.*, true as is_unseen
    from frozen f
    join placed p
        on p.task = f.task and f.source in ('all', p.source) and p.came_at > f.frozen_at and p.is_choosable
    anti join learned k on k.model_id = f.model_id and k.cluster_id = p.cluster_id
),
both_sides as (
    from learned
    union all by name
    from since
)
select
    b.model_id,
    b.post_id,
    b.side,
    b.source,
    b.split,
    b.is_unseen,
    b.label,
    r.label as predicted,
    r.confidence,
    b.n_characters,
    b.encoding,
    i.format || ' ' || i.mode as image_kind,
    i.width * i.height as pixels,
    i.width / i.height as aspect
from both_sides b
left join predictions r
    on r.model_id = b.model_id and r.post_id = b.post_id and r.is_out_of_fold and r.fold is null and b.is_unseen
left join post_images q on q.post_id = b.post_id and q.position = 0
left join images i on i.image_sha256 = q.image_sha256
qualify row_number() over (
    partition by b.model_id, b.side, b.cluster_id order by b.post_id
) = 1;
