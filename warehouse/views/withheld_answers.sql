-- what: what each model answers on the official posts of its task whose labels are withheld; label null where not scored
--       number: the dump's own id where it is a number
-- grain: model_id, post_id
-- reads: models, posts, predictions
create or replace view main.withheld_answers as
select m.model_id, p.post_id, p.source, p.source_id, try_cast(p.source_id as bigint) as number, r.label
from models m
join posts p using (task)
left join predictions r on r.model_id = m.model_id and r.post_id = p.post_id
where p.is_official_unlabelled;
