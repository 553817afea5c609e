-- what: posts that wait for an answer in a review project, as they would be pushed today
-- grain: post_id, project
-- reads: task_answers, review_posts
create or replace view main.open_review_posts as
select t.project, t.round, t.task_id, t.overlap, r.*
from task_answers t
join review_posts r using (post_id)
where t.is_open;
