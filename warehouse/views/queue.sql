-- what: unreviewed hard posts, a cluster once: disagreement with the given label first, then uncertainty
-- grain: post_id, task
-- reads: hard_posts, clusters, splits, answers, posts
-- audit: split <> 'test'
create or replace view main.queue as
with reviewed as (
    select distinct post_id from answers where origin in ('label-studio', 'simulated')
),
reviewed_clusters as (
    select distinct cluster_id from clusters semi join reviewed using (post_id)
),
open as (
    select h.*, coalesce(c.cluster_id, h.post_id) as cluster_id, s.split
    from hard_posts h
    join posts p using (post_id)
    join splits s using (post_id)
    left join clusters c using (post_id)
    where s.split <> 'test'
      and not p.is_official_unlabelled
      and coalesce(c.cluster_id, h.post_id) not in (from reviewed_clusters)
      and h.post_id not in (from reviewed)
),
once as (
    from open
    qualify row_number() over (
        partition by cluster_id, task order by disagreement desc, strength desc, post_id
    ) = 1
)
select
    row_number() over (partition by task order by disagreement desc, strength desc, post_id) as place,
    post_id, task, model_id, split, cluster_id, reasons, strengths, strength, disagreement
from once
order by task, place;
