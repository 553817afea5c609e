-- what: the caption of each post, one a kind (captioner, model and prompt): those of its images in their order, joined by a
--       blank; `caption_id`: theirs, joined by `+`. One described image is enough: an image that was refused says nothing, one
--       that still waits is heard from once it is described (n_described: how many were). Never of a test post, never of an
--       official unlabelled one
-- grain: post_id, kind
-- reads: image_captions
-- audit: caption <> ''
-- audit: post_id not in (select post_id from splits where split = 'test')
create or replace view main.post_captions as
select
    post_id,
    source,
    task,
    kind,
    captioner,
    model,
    prompt,
    string_agg(caption_id, '+' order by position) as caption_id,
    string_agg(caption, ' ' order by position) as caption,
    count(*) as n_described
from image_captions
group by post_id, source, task, kind, captioner, model, prompt;
