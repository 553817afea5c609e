-- what: the posts of each frozen training set as others read them: text, label, caption and the digests of the images
-- grain: snapshot_id, post_id
-- reads: snapshots, posts, image_lists, caption_texts
create or replace view main.snapshot_posts as
select
    s.snapshot_id,
    s.post_id,
    p.source,
    p.source_id,
    case when s.split = 'val' then 'validation' else 'train' end as part,
    coalesce(p.text, '') as text,
    s.label,
    s.weight,
    s.label_policy,
    s.label_origin,
    coalesce(c.caption, '') as caption,
    coalesce(i.image_sha256s, []) as digests
from snapshots s
join posts p using (post_id)
left join image_lists i using (post_id)
left join caption_texts c using (caption_id);
