-- what: posts per split and fold, by the label in force (null: unlabelled)
-- grain: source, task, split, fold, label
-- reads: splits, posts, labels
-- audit: n > 0 and n_official <= n
create or replace view main.split_counts as
select p.source, p.task, s.split, s.fold, l.label, count(*) as n, count(*) filter (s.official) as n_official
from splits s
join posts p using (post_id)
left join labels l using (post_id)
group by all;
