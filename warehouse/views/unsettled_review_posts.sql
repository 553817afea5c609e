-- what: posts that all who were asked have judged, with how far their label is settled, least settled first
-- grain: post_id, project
-- reads: task_answers, consensus, review_posts
create or replace view main.unsettled_review_posts as
select t.project, t.task_id, t.n_answers, c.posterior, r.*
from task_answers t
join consensus c using (post_id)
join review_posts r using (post_id)
where not t.is_open and t.n_answers > 0 and c.n_votes > 0
order by c.posterior, t.post_id;
