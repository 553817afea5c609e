-- what: how far each image is with one captioner, model, prompt, text and parameters: attempts that were answered, whether
--       one passed the gate, and whether asking again is useless
-- grain: image_sha256, captioner, model, prompt_sha256, text_sha256, parameters
-- reads: captions
-- audit: n_attempts > 0
create or replace view main.caption_attempts as
select
    image_sha256,
    captioner,
    model,
    prompt_sha256,
    text_sha256,
    parameters,
    max(attempt) + 1 as n_attempts,
    bool_or(status = 'ok') as is_ok,
    coalesce(bool_or(reason in ('endpoint-rejected', 'unreadable-image')), false) as is_hopeless
from captions
group by all;
