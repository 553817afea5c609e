-- what: rows that were refused, by reason, with the first of them as an example
-- grain: source, reason
-- reads: rejects
-- audit: n > 0
create or replace view main.reject_counts as
select
    source,
    reason,
    count(*) as n,
    arg_min(concat_ws(', ', path || ':' || line, detail), (path, line)) as example
from rejects
group by all;
