-- what: one prediction a post and task: the champion's, or where it has none, that of the latest model that scored it; out of fold first
-- grain: post_id, task
-- reads: predictions, models, champions, run_history
-- audit: confidence is null or confidence between 0 and 1.000001
create or replace view main.latest_predictions as
select
    p.post_id,
    m.task,
    model_id,
    p.fold,
    p.label,
    p.confidence,
    map_from_entries(list_zip(m.labels, p.probs)) as probs,
    p.text_probs,
    p.image_probs,
    p.score,
    p.is_out_of_fold,
    p.caption_id,
    p.origin_run_id
from predictions p
join models m using (model_id)
left join champions c using (task, model_id)
left join run_history h on h.run_id = m.origin_run_id
qualify row_number() over (
    partition by p.post_id, m.task
    order by c.model_id is not null desc, h.finished_at desc, p.is_out_of_fold desc, p.fold asc nulls first, p.model_id
) = 1;
