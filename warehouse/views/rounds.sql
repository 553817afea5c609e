-- what: each round of each review project: how far it is, its reviewers' seconds a post, and their agreement: the share of
--       equal labels among all pairs of labels that two of them gave one post
-- grain: project, round
-- reads: review_tasks, review_answers, reviewer_pairs
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
    from review_answers
    group by all
),
agreed as (
    select t.project, t.round, avg(r.is_same::integer) as agreement
    from review_tasks t
    join reviewer_pairs r using (post_id, project)
    where r.is_one_project
    group by all
)
select
    t.project,
    t.round,
    count(*) as n_posts,
    count(*) filter (g.n_answers >= t.overlap) as n_done,
    count(*) filter (coalesce(g.n_answers, 0) < t.overlap) as n_open,
    any_value(a.agreement) as agreement,
    median(g.lead_time_s) as lead_time_s,
    min(t.pushed_at) as pushed_at,
    max(g.annotated_at) as last_answer_at
from review_tasks t
left join given g using (post_id, project)
left join agreed a using (project, round)
group by t.project, t.round
order by t.project, t.round;
