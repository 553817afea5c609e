-- what: each reading of a test score: runs of `msa evaluate` and `msa gate` on the test split; the same again is the same run
--       source: the one that was asked for; null where those that the models were trained on were read
-- grain: run_id
-- reads: run_history, models
create or replace view main.test_reads as
select
    h.run_id,
    h.verb,
    m.task,
    m.model_id,
    h.parameters ->> '$.champion_id' as champion_id,
    h.parameters ->> '$.source' as source,
    h.finished_at
from run_history h
join models m on m.model_id = (h.parameters ->> '$.model_id')
where h.verb in ('evaluate', 'gate') and (h.parameters ->> '$.split') = 'test';
