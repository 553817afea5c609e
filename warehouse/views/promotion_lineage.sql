-- what: from every decision of the gate to the challenger and the champion, their weights and snapshots, code and run
-- grain: model_id, decided_at
-- reads: promotions, models, run_history
-- audit: snapshot_id is not null and checkpoint_sha256 is not null
-- audit: champion_id is null or champion_checkpoint_sha256 is not null
-- audit: run_id is not null and code_version is not null
create or replace view main.promotion_lineage as
select
    p.model_id,
    p.decided_at,
    p.verdict,
    p.decided_by,
    m.snapshot_id,
    m.parent_model_id,
    m.checkpoint_sha256,
    m.origin_run_id as train_run_id,
    t.code_version as train_code_version,
    p.champion_id,
    c.checkpoint_sha256 as champion_checkpoint_sha256,
    c.snapshot_id as champion_snapshot_id,
    p.origin_run_id as run_id,
    h.code_version,
    h.finished_at as made_at
from promotions p
left join models m using (model_id)
left join models c on c.model_id = p.champion_id
left join run_history t on t.run_id = m.origin_run_id
left join run_history h on h.run_id = p.origin_run_id;
