-- what: the caption of each image of each post, one a kind (captioner, model and prompt): the latest that passed the gate; one
--       that was asked with a text is only that text's. An image that a post shows twice stands at its first place. Never of
--       a test post, never of an official unlabelled one
-- grain: post_id, position, kind
-- reads: captions, prompts, post_images, posts, splits, run_history
-- audit: caption <> ''
-- audit: post_id not in (select post_id from splits where split = 'test')
create or replace view main.image_captions as
with shown as (
    select post_id, image_sha256, min(position) as position
    from post_images
    group by post_id, image_sha256
)
select
    p.post_id,
    i.position,
    p.source,
    p.task,
    c.captioner || ':' || c.model || ':' || coalesce(q.name, 'none') as kind,
    c.captioner,
    c.model,
    coalesce(q.name, 'none') as prompt,
    c.caption_id,
    c.image_sha256,
    c.caption
from captions c
join shown i using (image_sha256)
join posts p using (post_id)
left join splits s using (post_id)
left join prompts q on q.prompt_sha256 = c.prompt_sha256
left join run_history h on h.run_id = c.origin_run_id
where c.status = 'ok'
  and s.split is distinct from 'test'
  and not p.is_official_unlabelled
  and (c.text_sha256 is null or c.text_sha256 = sha256(coalesce(p.text, '')))
qualify row_number() over (
    partition by p.post_id, i.position, kind order by h.started_at desc nulls last, c.attempt desc, c.caption_id
) = 1;
