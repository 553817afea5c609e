-- what: posts of val and test a near-duplicate of which a model, or one whose weights it began from, learned: they judge it
--       too kindly
-- grain: model_id, post_id
-- reads: training_posts, clusters, splits
create or replace view main.revealed_posts as
select distinct t.model_id, c.post_id
from training_posts t
join clusters l using (post_id)
join clusters c on c.cluster_id = l.cluster_id and c.post_id <> t.post_id
join splits s on s.post_id = c.post_id
where t.split <> 'val' and s.split in ('val', 'test');
