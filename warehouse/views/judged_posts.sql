-- what: labelled posts by which a model of their task can be judged, beside what it says of each without having seen it
--       split: as in `evaluations`: the post's own (val, test …), and once more `folds` where the model was trained on it
--       is_own_source: whether the model was trained on the post's source; probs and fold are null where it is not scored
-- grain: model_id, split, post_id
-- reads: models, labels, posts, splits, training_posts, model_sources, predictions
-- audit: predicted is null or confidence is not null
create or replace view main.judged_posts as
with labelled as (
    select l.post_id, l.task, p.source, l.label, coalesce(p.text, '') as text
    from labels l
    join posts p using (post_id)
    where l.label is not null
),
asked as (
    select m.model_id, s.split, l.*
    from labelled l
    join models m using (task)
    join splits s using (post_id)
    union all
    select m.model_id, 'folds' as split, l.*
    from labelled l
    join models m using (task)
    join training_posts t on t.model_id = m.model_id and t.post_id = l.post_id and t.split <> 'val'
)
select
    a.model_id,
    a.split,
    a.post_id,
    a.task,
    a.source,
    o.source is not null as is_own_source,
    a.text,
    a.label,
    r.label as predicted,
    r.confidence,
    r.probs,
    r.fold
from asked a
left join model_sources o on o.model_id = a.model_id and o.source = a.source
left join predictions r on r.model_id = a.model_id and r.post_id = a.post_id and r.is_out_of_fold;
