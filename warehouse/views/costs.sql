-- what: what captions cost, by day of the run, captioner and model
-- grain: day, captioner, model
-- reads: captions, run_history
-- audit: cost_usd >= 0
create or replace view main.costs as
select
    h.started_at::date as day,
    c.captioner,
    c.model,
    count(*) as n_captions,
    count(*) filter (c.status = 'refused') as n_refused,
    coalesce(sum(c.n_prompt_tokens), 0) as n_prompt_tokens,
    coalesce(sum(c.n_completion_tokens), 0) as n_completion_tokens,
    coalesce(sum(c.cost_usd), 0) as cost_usd
from captions c
left join run_history h on h.run_id = c.origin_run_id
group by all;
