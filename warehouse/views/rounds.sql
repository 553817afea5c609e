-- what: each round of each review project: how far it is, how much its reviewers agree, and their seconds a post
-- grain: project, round
-- reads: review_tasks, standing_answers
-- audit: n_done <= n_posts
-- audit: agreement is null or agreement between 0 and 1
create or replace view main.rounds as
with given as (
    select
        post_id,
        project,
        count(distinct annotator) as n_answers,
        max(lead_time_s) as lead_time_s,
        max(annotated_at) as annotated_at
    from standing_answers
    where project is not null and modality = 'both'
    group by all
),
votes as (
    select post_id, project, label, count(*) as n
    from standing_answers
    where project is not null and modality = 'both' and status = 'given'
    group by all
),
agreed as (
    select post_id, project, max(n) / sum(n) as agreement
    from votes
    group by all
    having sum(n) > 1
)
select
    t.project,
    t.round,
    count(*) as n_posts,
    count(*) filter (g.n_answers >= t.overlap) as n_done,
    count(*) filter (coalesce(g.n_answers, 0) < t.overlap) as n_open,
    avg(a.agreement) as agreement,
    median(g.lead_time_s) as lead_time_s,
    min(t.pushed_at) as pushed_at,
    max(g.annotated_at) as last_answer_at
from review_tasks t
left join given g using (post_id, project)
left join agreed a using (post_id, project)
group by t.project, t.round
order by t.project, t.round;
