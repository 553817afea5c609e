-- what: what each round of the loop cost: posts that people judged, their minutes, and the price of captions; work counts
--       for the round in which its run was committed, and what came after the last model for none yet
--       cost_usd is null where no price was known; an image that several tasks show counts for the one that sorts first
-- grain: task, n
-- reads: loop_stretches, annotations, captions, post_images, posts, run_history
-- audit: minutes_spent >= 0
-- audit: cost_usd is null or cost_usd >= 0
create or replace view main.loop_work as
with answered as (
    select p.task, h.finished_at as done_at, a.post_id, a.lead_time_s, null::double as cost_usd
    from annotations a
    join posts p using (post_id)
    join run_history h on h.run_id = a.origin_run_id
    where a.origin in ('label-studio', 'simulated')
),
shown as (
    select i.image_sha256, min(p.task) as task
    from post_images i
    join posts p using (post_id)
    semi join captions c using (image_sha256)
    group by i.image_sha256
),
described as (
    select s.task, h.finished_at as done_at, null as post_id, null::double as lead_time_s, c.cost_usd
    from captions c
    join shown s using (image_sha256)
    join run_history h on h.run_id = c.origin_run_id
),
done as (
    from answered
    union all
    from described
)
select
    s.task,
    s.n,
    count(distinct d.post_id) as n_reviewed,
    coalesce(sum(d.lead_time_s), 0) / 60 as minutes_spent,
    sum(d.cost_usd) as cost_usd
from done d
asof join loop_stretches s on s.task = d.task and d.done_at <= s.trained_at
group by s.task, s.n;
