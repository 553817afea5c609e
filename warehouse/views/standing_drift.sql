-- what: how each model stands to new posts: as all sources together were measured last, and each source that was since then
-- grain: model_id, source
-- reads: latest_drift
create or replace view main.standing_drift as
with whole as (
    select model_id, measured_at
    from latest_drift
    where source is null
)
select d.*
from latest_drift d
left join whole w using (model_id)
where d.source is null or w.measured_at is null or d.measured_at > w.measured_at;
