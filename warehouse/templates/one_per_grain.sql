-- what: the fact `{name}`, one row a grain: by commit, then run
create or replace view main.{name} as
select f.* {exclude}
from facts.{name} f
left join main.run_history h on h.run_id = f.origin_run_id
qualify row_number() over (
    partition by {grain}
    order by h.finished_at {direction}, f.origin_run_id {direction}, f.run_id {direction}
) = 1;
