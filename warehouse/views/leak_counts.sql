-- what: posts that have a twin on a more sealed side, by kind of leak and the two splits
-- grain: kind, split, twin_split
-- reads: leaks
-- audit: n > 0
create or replace view main.leak_counts as
select kind, split, twin_split, count(distinct post_id) as n
from leaks
group by all;
