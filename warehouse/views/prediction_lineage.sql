-- what: from every prediction to its model, the model's weights and snapshot, the captions that it read, code and runs
-- grain: post_id, model_id, fold
-- reads: predictions, models, run_history
-- audit: snapshot_id is not null and checkpoint_sha256 is not null
-- audit: snapshot_id in (select snapshot_id from snapshots)
-- audit: train_run_id is not null and score_run_id is not null
-- audit: caption_id is null or caption_id in (select caption_id from caption_texts)
create or replace view main.prediction_lineage as
select
    p.post_id,
    p.model_id,
    p.fold,
    p.label,
    p.caption_id,
    m.snapshot_id,
    m.parent_model_id,
    m.checkpoint_sha256,
    m.origin_run_id as train_run_id,
    t.code_version as train_code_version,
    p.origin_run_id as score_run_id,
    s.code_version as score_code_version,
    s.finished_at as scored_at
from predictions p
left join models m using (model_id)
left join run_history t on t.run_id = m.origin_run_id
left join run_history s on s.run_id = p.origin_run_id;
