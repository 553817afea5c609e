-- what: posts with a place that a model of their task has not scored yet, and which of its networks has never seen each;
--       of a post without a place (`unplaced_posts`) nobody knows yet whether it is a twin of what the model learned
--       fold: of the fold model that never saw the post or a twin; null for the model itself
-- grain: model_id, post_id
-- reads: models, posts, training_posts, clusters, splits, predictions
create or replace view main.unscored_posts as
with learned as (
    select model_id, post_id, held_out_by
    from training_posts
    where split <> 'val'
),
twins as (
    select l.model_id, c.cluster_id, min(l.held_out_by) as held_out_by, count(distinct coalesce(l.held_out_by, -1)) as n
    from learned l
    join clusters c using (post_id)
    group by l.model_id, c.cluster_id
),
waiting as (
    select m.model_id, p.post_id, p.source
    from models m
    join posts p using (task)
    left join predictions r on r.model_id = m.model_id and r.post_id = p.post_id
    where r.post_id is null
),
seen as (
    select
        w.model_id,
        w.post_id,
        w.source,
        -- twins of val and test posts are left out of training, unless they are kept on purpose
        l.post_id is not null or (t.cluster_id is not null and s.split not in ('val', 'test')) as is_trained_on,
        case when l.post_id is not null then l.held_out_by when t.n = 1 then t.held_out_by end as held_out_by
    from waiting w
    left join learned l on l.model_id = w.model_id and l.post_id = w.post_id
    join splits s on s.post_id = w.post_id
    join clusters c on c.post_id = w.post_id
    left join twins t on t.model_id = w.model_id and t.cluster_id = c.cluster_id
)
select
    model_id,
    post_id,
    source,
    case when is_trained_on then held_out_by end as fold,
    not coalesce(is_trained_on, false) or held_out_by is not null as is_out_of_fold
from seen;
