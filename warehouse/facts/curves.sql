-- what: one figure of one epoch of training
-- grain: model_id, fold, epoch, name
-- keeps: earliest
-- audit: epoch >= 0
create table curves (
    model_id varchar, -- the model
    fold integer,     -- of a fold model; null for the model itself
    epoch integer,    -- 0 first
    name varchar,     -- loss, val_loss, val_weighted_f1 …
    value double      -- the figure
);
