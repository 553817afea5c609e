-- what: kinds of captions, named `<captioner>:<model>:<prompt>`, and of how many posts of a source each tells
-- grain: kind, source, task
-- reads: image_captions
-- audit: n_posts > 0
create or replace view main.caption_kinds as
select kind, captioner, model, prompt, source, task, count(distinct post_id) as n_posts, count(distinct image_sha256) as n_images
from image_captions
group by all;
