-- what: one answer of one annotator about one modality of one post; a correction is a new row
-- grain: post_id, annotation_id
-- keeps: earliest
-- audit: modality in ('text', 'image', 'both', 'audio', 'vision')
-- audit: status in ('given', 'skipped', 'unsure', 'conflict', 'broken', 'deleted')
-- audit: origin in ('dump', 'label-studio', 'vlm', 'simulated')
-- audit: status <> 'given' or label is not null or score is not null
create table annotations (
    annotation_id varchar,    -- `annotation-<digest of the natural key>`
    post_id varchar,          -- the post
    annotator varchar,        -- who answered; a dump's own annotators are named by the dump
    modality varchar,         -- what was judged: text, image, both, audio or vision
    label varchar,            -- of the task's label space
    score double,             -- for regressions
    status varchar,           -- given, skipped, unsure, conflict, broken or deleted
    comment varchar,          -- the annotator's words
    origin varchar,           -- dump, label-studio, vlm or simulated
    model_id_shown varchar,   -- the model whose answer was shown beforehand, if any
    lead_time_s double,       -- observed: seconds spent
    annotated_at timestamptz, -- observed: UTC; null for dumps
    project varchar,          -- of the review server
    task_id bigint,           -- observed: of the review server
    server_id bigint,         -- observed: the answer's id on the review server
    supersedes varchar        -- the annotation that this one corrects
);
