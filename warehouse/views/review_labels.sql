-- what: the reviewers' majority on whole posts: most of the last words win; a tie leaves no label
-- grain: post_id
-- reads: answers, posts
-- audit: agreement between 0 and 1
create or replace view main.review_labels as
with judged as (
    select *, bool_or(origin <> 'simulated') over (partition by post_id) as has_person
    from answers
    where origin in ('label-studio', 'simulated') and modality = 'both' and status = 'given' and label is not null
),
-- a simulated reviewer speaks only where no person has
votes as (
    select post_id, label, count(*) as n_votes
    from judged
    where origin <> 'simulated' or not has_person
    group by all
),
ranked as (
    select
        *,
        n_votes / sum(n_votes) over (partition by post_id) as agreement,
        count(*) over (partition by post_id, n_votes) as n_tied,
        rank() over (partition by post_id order by n_votes desc) as place
    from votes
)
select p.post_id, p.source, p.task, r.label, r.agreement
from ranked r
join posts p using (post_id)
where r.place = 1 and r.n_tied = 1;
