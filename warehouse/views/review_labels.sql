-- what: the reviewers' consensus on whole posts: most of the last words win; a tie leaves no label
-- grain: post_id
-- reads: answers, posts
-- audit: agreement between 0 and 1
create or replace view main.review_labels as
with votes as (
    select post_id, label, count(*) as n_votes
    from answers
    where origin in ('label-studio', 'simulated') and modality = 'both' and status = 'given' and label is not null
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
