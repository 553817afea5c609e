-- what: the model in place of each task: the one that was promoted last, by the gate, a person or a rollback
--       previous_id: the model that was in place before; origin_run_id: the run that decided
-- grain: task
-- reads: promotions, models
create or replace view main.champions as
select m.task, p.model_id, p.champion_id as previous_id, p.decided_by, p.why, p.decided_at as promoted_at, p.origin_run_id
from promotions p
join models m using (model_id)
where p.verdict = 'promoted'
qualify row_number() over (partition by m.task order by p.decided_at desc, p.model_id) = 1;
