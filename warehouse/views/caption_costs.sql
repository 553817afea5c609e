-- what: what captions cost in all, by captioner and model; cost_usd is null where no price was known
-- grain: captioner, model
-- reads: costs
create or replace view main.caption_costs as
select
    captioner,
    model,
    sum(n_answers)::bigint as n_answers,
    sum(n_prompt_tokens)::bigint as n_prompt_tokens,
    sum(n_completion_tokens)::bigint as n_completion_tokens,
    sum(cost_usd) as cost_usd
from costs
group by captioner, model;
