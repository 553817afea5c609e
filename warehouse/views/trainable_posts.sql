-- what: labelled posts of train, val and pool: what the next training set is frozen from
--       is_leak: it would train although it has a twin on a more sealed side
-- grain: post_id
-- reads: labels, posts, splits, leaks
create or replace view main.trainable_posts as
select
    l.post_id,
    l.task,
    p.source,
    l.label,
    l.label_policy,
    l.label_origin,
    s.split,
    s.fold,
    s.split <> 'val' and l.post_id in (select post_id from leaks) as is_leak
from labels l
join posts p using (post_id)
join splits s using (post_id)
where l.label is not null and s.split in ('train', 'val', 'pool') and not p.is_official_unlabelled;
