-- what: each post in a review project: its latest round, and how many people have judged it of those who are to
-- grain: post_id, project
-- reads: review_tasks, review_answers
create or replace view main.task_answers as
with latest as (
    from review_tasks
    qualify row_number() over (partition by post_id, project order by pushed_at desc, round desc) = 1
),
given as (
    select post_id, project, count(distinct annotator) as n_answers
    from review_answers
    group by all
)
select
    l.* exclude (run_id, origin_run_id),
    coalesce(g.n_answers, 0) as n_answers,
    coalesce(g.n_answers, 0) < l.overlap as is_open
from latest l
left join given g using (post_id, project);
