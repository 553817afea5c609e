-- what: what each comparison of new posts with a model's own came to, in words
-- grain: model_id, compared_sha256
-- reads: drifts, run_history
-- audit: why <> ''
create or replace view main.drift_verdicts as
with measured as (
    select
        d.model_id,
        d.compared_sha256,
        any_value(d.source) as source,
        bool_or(d.is_drifted) as is_drifted,
        max(d.n_current) as n_current,
        max(d.n_reference) as n_reference,
        count(*) as n_figures,
        string_agg(d.name || ' ' || round(d.effect, 2), ', ' order by d.effect desc, d.name)
            filter (d.is_drifted) as drifted,
        any_value(d.origin_run_id) as run_id,
        any_value(h.finished_at) as measured_at
    from drifts d
    left join run_history h on h.run_id = d.origin_run_id
    group by d.model_id, d.compared_sha256
)
select
    model_id,
    compared_sha256,
    source,
    is_drifted,
    n_current,
    n_reference,
    coalesce('drifted in ' || drifted, 'none of ' || n_figures || ' figures drifted')
        || ': ' || n_current || ' new posts against ' || n_reference as why,
    run_id,
    measured_at
from measured;
