-- what: images that may be described, each post's in their order, hard posts first; never of a test post, never of an official
--       unlabelled one
-- grain: post_id, position
-- reads: posts, post_images, splits, hard_posts
-- audit: split <> 'test'
create or replace view main.caption_subjects as
with hard as (
    from hard_posts
    qualify row_number() over (partition by post_id order by disagreement desc, strength desc, task) = 1
)
select
    row_number() over (
        order by h.post_id is null, h.disagreement desc, h.strength desc, p.post_id, i.position
    ) as place,
    p.post_id,
    i.position,
    p.source,
    p.task,
    s.split,
    i.image_sha256,
    coalesce(p.text, '') as text,
    h.post_id is not null as is_hard
from posts p
join post_images i using (post_id)
join splits s using (post_id)
left join hard h using (post_id)
where s.split <> 'test' and not p.is_official_unlabelled;
