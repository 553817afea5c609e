-- what: what each model says of the labelled posts of the validation split, beside their label in force
-- grain: post_id, model_id
-- reads: predictions, models, splits, labels
-- audit: probs is not null
create or replace view main.validation_predictions as
select p.post_id, p.model_id, m.task, l.label, p.label as predicted, p.confidence, p.probs, m.labels
from predictions p
join models m using (model_id)
join splits s on s.post_id = p.post_id and s.split = 'val'
join labels l on l.post_id = p.post_id and l.task = m.task
where p.fold is null and p.probs is not null and list_contains(m.labels, l.label);
