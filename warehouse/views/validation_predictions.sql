-- what: what each model says of the labelled validation posts of the sources it was trained on, beside their label in force
-- grain: post_id, model_id
-- reads: judged_posts, models
-- audit: predicted is not null
create or replace view main.validation_predictions as
select j.post_id, j.model_id, j.task, j.label, j.predicted, j.confidence, j.probs, m.labels
from judged_posts j
join models m using (model_id)
where j.split = 'val' and j.is_own_source and j.probs is not null and list_contains(m.labels, j.label);
