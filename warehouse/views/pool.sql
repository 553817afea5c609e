-- what: posts without a label that may be mined: not in the test split, not an official unlabelled test
-- grain: post_id
-- reads: posts, splits, labels
create or replace view main.pool as
select p.post_id, p.source, p.task, s.split, s.fold
from posts p
join splits s using (post_id)
anti join labels using (post_id)
where s.split <> 'test' and not p.is_official_unlabelled;
