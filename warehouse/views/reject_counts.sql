-- what: rows that were refused, by reason, with the first of them as an example; a row that is read again and refused again,
--       at whatever line, counts once
-- grain: source, reason
-- reads: facts.rejects, rejects
-- audit: n > 0
create or replace view main.reject_counts as
with each_ingest as (
    select source, reason, path, source_id, if(source_id is null, line, null) as line, origin_run_id, count(*) as n
    from facts.rejects
    group by all
),
different as (
    select source, reason, path, source_id, line, max(n) as n
    from each_ingest
    group by all
),
examples as (
    select source, reason, arg_min(concat_ws(', ', path || ':' || line, detail), (path, line)) as example
    from rejects
    group by all
)
select d.source, d.reason, sum(d.n)::bigint as n, e.example
from different d
join examples e using (source, reason)
group by all;
