-- what: of each source the ingests that no later one has followed on: one, or several where they ran side by side
-- grain: source, run_id
-- reads: run_history
create or replace view main.ingest_heads as
with ingested as (
    select run_id, parameters ->> '$.source' as source, from_json(inputs, '["varchar"]') as inputs
    from run_history
    where verb = 'ingest'
),
forced_over as (
    select unnest(replaces) as run_id from run_history where verb = 'ingest'
),
followed as (
    select unnest(inputs) as run_id from ingested
    anti join forced_over using (run_id)
)
select source, run_id, inputs from ingested
anti join forced_over using (run_id)
anti join followed using (run_id);
