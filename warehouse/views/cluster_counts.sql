-- what: clusters of near-duplicates by what their posts share; `none` are the posts that stand alone
-- grain: why
-- reads: clusters
-- audit: n_clusters > 0 and n_posts >= n_clusters
create or replace view main.cluster_counts as
with sized as (
    select cluster_id, count(*) as n_posts, max(why) filter (why <> 'none') as why
    from clusters
    group by cluster_id
)
select coalesce(why, 'none') as why, count(*) as n_clusters, sum(n_posts)::bigint as n_posts, max(n_posts) as largest
from sized
group by all;
