-- what: from every prediction, label in force, caption and promotion to what it came of: weights, snapshot, prompt, annotator,
--       code and runs; `run_id` is the run that wrote it. What a kind has no word for is null; each has a view of its own.
--       A prediction's `caption_id` joins by `+` those of the captions that it read, one an image
-- grain: kind, post_id, model_id, fold, annotation_id, caption_id, decided_at
-- reads: prediction_lineage, label_lineage, caption_lineage, promotion_lineage
-- audit: run_id is not null and code_version is not null and made_at is not null
-- audit: kind not in ('prediction', 'promotion') or (snapshot_id is not null and checkpoint_sha256 is not null)
-- audit: kind <> 'label' or annotator is not null
-- audit: kind <> 'caption' or image_sha256 is not null
create or replace view main.lineage as
select
    'prediction' as kind,
    *,
    score_run_id as run_id,
    score_code_version as code_version,
    scored_at as made_at
from prediction_lineage
union all by name
select 'label' as kind, *
from label_lineage
union all by name
select 'caption' as kind, * exclude (model), model as caption_model
from caption_lineage
union all by name
select 'promotion' as kind, *
from promotion_lineage;
