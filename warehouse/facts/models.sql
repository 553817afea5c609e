-- what: a trained model
-- grain: model_id
-- keeps: earliest
-- audit: n_trainable <= n_parameters
-- audit: temperature > 0
create table models (
    model_id varchar,          -- `<preset>-<digest>`; its checkpoint lies in models/<model_id>/
    preset varchar,            -- the architecture
    task varchar,              -- the label space
    labels varchar[],          -- the order of probs
    config varchar,            -- JSON, as saved with the weights
    parent_model_id varchar,   -- whose weights it began from
    snapshot_id varchar,       -- what it was trained on
    n_parameters bigint,       -- weights in all
    n_trainable bigint,        -- weights that training may change
    metrics varchar,           -- JSON: on validation, at the chosen epoch
    checkpoint_sha256 varchar, -- digest of the checkpoint's files
    temperature double         -- calibration; 1 is none
);
