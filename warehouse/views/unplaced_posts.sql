-- what: posts that wait for `msa split`: without a place or without a cluster
-- grain: post_id
-- reads: posts, splits, clusters
create or replace view main.unplaced_posts as
with placed as (
    select post_id from splits
    intersect
    select post_id from clusters
)
select post_id, source, task
from posts
anti join placed using (post_id);
