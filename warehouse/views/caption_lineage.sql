-- what: from every caption, refused ones too, to the posts that show its image, who described it, what was asked, code and run
-- grain: post_id, caption_id
-- reads: captions, prompts, post_images, posts, run_history
-- audit: post_id is not null and image_sha256 is not null
-- audit: captioner is not null and model is not null
-- audit: prompt_sha256 is null or prompt is not null
-- audit: run_id is not null and code_version is not null
create or replace view main.caption_lineage as
with shown as (
    select distinct i.image_sha256, p.post_id, sha256(coalesce(p.text, '')) as text_sha256
    from post_images i
    join posts p using (post_id)
)
select
    s.post_id,
    c.caption_id,
    c.image_sha256,
    c.status,
    c.captioner,
    c.model,
    c.prompt_sha256,
    q.name as prompt,
    c.parameters,
    c.attempt,
    c.origin_run_id as run_id,
    h.code_version,
    h.finished_at as made_at
from captions c
left join shown s on s.image_sha256 = c.image_sha256 and (c.text_sha256 is null or c.text_sha256 = s.text_sha256)
left join prompts q on q.prompt_sha256 = c.prompt_sha256
left join run_history h on h.run_id = c.origin_run_id;
