-- what: how often each test post was read: by evaluations and gates on its source since it came; at most so often
-- grain: post_id
-- reads: test_reads, model_sources, splits, posts, run_history
-- audit: n_reads >= 0
create or replace view main.test_post_reads as
with asked as (
    select r.run_id, r.task, o.source, r.finished_at
    from test_reads r
    join model_sources o on o.model_id in (r.model_id, r.champion_id)
    where r.source is null
    union
    select run_id, task, source, finished_at
    from test_reads
    where source is not null
),
came as (
    select p.post_id, p.task, p.source, h.finished_at as came_at
    from splits s
    join posts p using (post_id)
    left join run_history h on h.run_id = p.origin_run_id
    where s.split = 'test'
)
select c.post_id, c.task, count(a.run_id) as n_reads
from came c
left join asked a on a.task = c.task and a.source = c.source and a.finished_at >= c.came_at
group by c.post_id, c.task;
