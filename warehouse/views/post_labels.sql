-- what: every post with its label in force (null: none), and what its dump says of where it belongs
-- grain: post_id
-- reads: posts, labels
create or replace view main.post_labels as
select p.post_id, p.source, p.task, l.label, p.official_split, p.is_official_unlabelled
from posts p
left join labels l using (post_id);
