-- what: the caption of each post as people see it, of whatever kind; a vision-language model's before measured pixels
-- grain: post_id
-- reads: post_captions
create or replace view main.shown_captions as
select post_id, kind, caption_id, caption
from post_captions
qualify row_number() over (partition by post_id order by captioner = 'pixels', kind) = 1;
