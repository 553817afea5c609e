-- what: the caption of each post, one a kind (captioner, model and prompt): of its first image, the latest that passed the
--       gate; one that was asked with a text is only that text's. Never of a test post, never of an official unlabelled one
-- grain: post_id, kind
-- reads: captions, prompts, post_images, posts, splits, run_history
-- audit: caption <> ''
-- audit: post_id not in (select post_id from splits where split = 'test')
create or replace view main.post_captions as
select
    p.post_id,
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
join post_images i on i.image_sha256 = c.image_sha256 and i.position = 0
join posts p using (post_id)
left join splits s using (post_id)
left join prompts q on q.prompt_sha256 = c.prompt_sha256
left join run_history h on h.run_id = c.origin_run_id
where c.status = 'ok'
  and s.split is distinct from 'test'
  and not p.is_official_unlabelled
  and (c.text_sha256 is null or c.text_sha256 = sha256(coalesce(p.text, '')))
qualify row_number() over (
    partition by p.post_id, kind order by h.started_at desc nulls last, c.attempt desc, c.caption_id
) = 1;
