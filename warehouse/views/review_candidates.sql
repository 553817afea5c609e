-- what: the queue as reviewers will see it
-- grain: post_id, task
-- reads: queue, review_posts
create or replace view main.review_candidates as
select q.place, r.*
from queue q
join review_posts r using (post_id, task);
