-- what: posts that all who were asked have judged, without calling them broken, with how far their label is settled, least
--       settled first; not at all where nobody gave one. is_disputed: two people or more gave different labels
-- grain: post_id, project
-- reads: task_answers, review_answers, consensus, broken_posts, review_posts
create or replace view main.unsettled_review_posts as
with said as (
    select
        post_id,
        project,
        bool_or(status = 'given') as is_given,
        count(distinct annotator) filter (status = 'given') > 1 and count(distinct label) > 1 as is_disputed
    from review_answers
    group by post_id, project
)
select
    t.project,
    t.task_id,
    t.n_answers,
    case when c.n_votes > 0 then c.posterior else 0 end as posterior,
    s.is_disputed,
    r.*
from task_answers t
join said s using (post_id, project)
join review_posts r using (post_id)
left join consensus c using (post_id)
where not t.is_open
  and t.post_id not in (select post_id from broken_posts)
  and (coalesce(c.n_votes, 0) > 0 or not s.is_given) -- a score has no consensus, and needs none
order by posterior, t.post_id;
