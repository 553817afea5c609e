-- what: how the review of each task does: posts that wait to be pushed, that wait at the reviewers, and how those judged
--       were settled (all who were asked have answered, and a majority gives the label); agreement is that of pairs of labels
-- grain: task
-- reads: queue, task_answers, review_projects, labels, standing_answers, reviewer_pairs
-- audit: share_settled is null or share_settled between 0 and 1
-- audit: agreement is null or agreement between 0 and 1
-- audit: (n_open > 0) = (oldest_open_at is not null)
create or replace view main.queue_health as
with queued as (
    select task, count(*) as n_queued from queue group by task
),
pushed as (
    select
        p.task,
        count(*) filter (a.is_open) as n_open,
        min(a.pushed_at) filter (a.is_open) as oldest_open_at,
        avg((not a.is_open and l.label_origin = 'review' and l.label is not null)::integer) as share_settled
    from task_answers a
    join review_projects p using (project)
    left join labels l using (post_id)
    where p.task is not null
    group by p.task
),
agreed as (
    select p.task, avg(r.is_same::integer) as agreement
    from reviewer_pairs r
    join review_projects p using (project)
    where p.task is not null
    group by p.task
),
timed as (
    select p.task, median(s.lead_time_s) as seconds_a_label
    from standing_answers s
    join review_projects p using (project)
    where s.modality = 'both' and p.task is not null
    group by p.task
)
select
    task,
    coalesce(q.n_queued, 0) as n_queued,
    coalesce(p.n_open, 0) as n_open,
    p.oldest_open_at,
    date_diff('hour', p.oldest_open_at, now()) / 24 as oldest_open_days,
    t.seconds_a_label,
    p.share_settled,
    a.agreement
from queued q
full join pushed p using (task)
left join agreed a using (task)
left join timed t using (task);
