-- what: doubts that still stand: one that a label is wrong falls when the label in force is what the model says
-- grain: post_id, model_id, reason
-- reads: doubts, models, labels, predictions
create or replace view main.standing_doubts as
select post_id, model_id, reason, strength
from doubts
where reason <> 'wrong-and-confident'
union all
select d.post_id, d.model_id, d.reason, d.strength
from doubts d
join models m using (model_id)
join labels l on l.post_id = d.post_id and l.task = m.task
semi join predictions p
    on p.post_id = d.post_id and p.model_id = d.model_id and p.label <> l.label and p.is_out_of_fold
where d.reason = 'wrong-and-confident';
