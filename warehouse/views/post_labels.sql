-- what: every post with its label in force (null: none), whether its dump gives it a score instead, and what that dump says
--       of where it belongs
-- grain: post_id
-- reads: posts, labels, dump_answers
create or replace view main.post_labels as
with scored as (
    select distinct post_id from dump_answers where score is not null
)
select
    p.post_id,
    p.source,
    p.task,
    l.label,
    p.official_split,
    p.is_official_unlabelled,
    l.label is null and p.post_id in (from scored) as is_scored
from posts p
left join labels l using (post_id);
