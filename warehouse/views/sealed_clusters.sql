-- what: clusters that hold a post of val or test, or an official one whose label is withheld: what trains from them leaks
-- grain: cluster_id
-- reads: clusters, splits, posts
create or replace view main.sealed_clusters as
select distinct c.cluster_id
from clusters c
join splits s using (post_id)
join posts p using (post_id)
where s.split in ('val', 'test') or p.is_official_unlabelled;
