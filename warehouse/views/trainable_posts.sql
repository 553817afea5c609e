-- what: labelled posts of train, val and pool under every label policy (and `consensus`, which holds under all): what training
--       sets are frozen from. is_leak: it would train although its cluster is sealed; is_broken: reviewers say so
-- grain: post_id, label_policy
-- reads: standing_labels, posts, splits, clusters, sealed_clusters, broken_posts
create or replace view main.trainable_posts as
select
    l.post_id,
    l.task,
    p.source,
    l.label,
    l.agreement,
    l.label_policy,
    l.label_origin,
    s.split,
    s.fold,
    c.cluster_id,
    s.split <> 'val' and z.cluster_id is not null as is_leak,
    b.post_id is not null as is_broken
from standing_labels l
join posts p using (post_id)
join splits s using (post_id)
left join clusters c using (post_id)
left join sealed_clusters z using (cluster_id)
left join broken_posts b using (post_id)
where l.label is not null and s.split in ('train', 'val', 'pool') and not p.is_official_unlabelled;
