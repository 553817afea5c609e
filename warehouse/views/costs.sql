-- what: what captions cost, by day of the run, captioner, model and source; an image that several sources show counts for
--       the source that sorts first; cost_usd is null where no price was known
-- grain: day, captioner, model, source
-- reads: captions, post_images, posts, run_history
-- audit: cost_usd is null or cost_usd >= 0
create or replace view main.costs as
with shown as (
    select i.image_sha256, min(p.source) as source
    from post_images i
    join posts p using (post_id)
    group by i.image_sha256
)
select
    h.started_at::date as day,
    c.captioner,
    c.model,
    s.source,
    count(*) as n_answers,
    count(*) filter (c.status = 'ok') as n_captions,
    count(*) filter (c.status = 'refused') as n_refused,
    coalesce(sum(c.n_prompt_tokens), 0)::bigint as n_prompt_tokens,
    coalesce(sum(c.n_completion_tokens), 0)::bigint as n_completion_tokens,
    sum(c.cost_usd) as cost_usd
from captions c
left join shown s using (image_sha256)
left join run_history h on h.run_id = c.origin_run_id
group by all;
