-- what: posts whose first image may be described, hard ones first; never a test post, never an official unlabelled one
-- grain: post_id
-- reads: posts, post_images, splits, hard_posts
-- audit: split <> 'test'
create or replace view main.caption_subjects as
with hard as (
    from hard_posts
    qualify row_number() over (partition by post_id order by disagreement desc, strength desc, task) = 1
)
select
    row_number() over (
        order by h.post_id is null, h.disagreement desc, h.strength desc, p.post_id
    ) as place,
    p.post_id,
    p.source,
    p.task,
    s.split,
    i.image_sha256,
    coalesce(p.text, '') as text,
    h.post_id is not null as is_hard
from posts p
join post_images i on i.post_id = p.post_id and i.position = 0
join splits s on s.post_id = p.post_id
left join hard h on h.post_id = p.post_id
where s.split <> 'test' and not p.is_official_unlabelled;
