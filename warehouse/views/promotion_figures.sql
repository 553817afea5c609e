-- what: every decision on a model with the gate's figures as columns; figures are null where no test was read
--       ece_low, ece_high: of the difference in calibration error; null before it had an interval
--       n_gained, n_lost: test posts that only the challenger, only the champion has right; latency_ratio: challenger by champion
-- grain: model_id, decided_at
-- reads: promotions, models, champions, run_history
-- audit: task is not null and snapshot_id is not null and code_version is not null
-- audit: decided_by <> 'gate' or (n_posts > 0 and weighted_f1_low <= weighted_f1_high)
-- audit: decided_by <> 'gate' or mcnemar_p between 0 and 1
create or replace view main.promotion_figures as
select
    m.task,
    p.decided_at,
    p.model_id,
    p.champion_id,
    p.verdict,
    p.decided_by,
    p.why,
    c.model_id is not null as is_in_place,
    p.n_test_reads,
    (p.figures ->> '$.n_posts')::integer as n_posts,
    (p.figures ->> '$.weighted_f1.challenger')::double as weighted_f1,
    (p.figures ->> '$.weighted_f1.champion')::double as champion_weighted_f1,
    (p.figures ->> '$.weighted_f1.difference')::double as weighted_f1_difference,
    (p.figures ->> '$.weighted_f1.low')::double as weighted_f1_low,
    (p.figures ->> '$.weighted_f1.high')::double as weighted_f1_high,
    (p.figures ->> '$.macro_f1.difference')::double as macro_f1_difference,
    (p.figures ->> '$.macro_f1.low')::double as macro_f1_low,
    (p.figures ->> '$.macro_f1.high')::double as macro_f1_high,
    (p.figures ->> '$.accuracy.difference')::double as accuracy_difference,
    (p.figures ->> '$.n_gained')::integer as n_gained,
    (p.figures ->> '$.n_lost')::integer as n_lost,
    (p.figures ->> '$.mcnemar_p')::double as mcnemar_p,
    (p.figures ->> '$.ece')::double as ece,
    (p.figures ->> '$.champion_ece')::double as champion_ece,
    (p.figures ->> '$.ece_difference.low')::double as ece_low,
    (p.figures ->> '$.ece_difference.high')::double as ece_high,
    p.latency_ms,
    p.latency_ms / nullif(p.champion_latency_ms, 0) as latency_ratio,
    m.snapshot_id,
    m.checkpoint_sha256,
    p.origin_run_id as run_id,
    h.code_version
from promotions p
left join models m using (model_id)
left join champions c on c.model_id = p.model_id and c.promoted_at = p.decided_at
left join run_history h on h.run_id = p.origin_run_id;
