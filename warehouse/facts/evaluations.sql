-- what: one figure of one model on one split, with its bootstrap 95 % interval
-- grain: model_id, split, name, label
-- keeps: latest
-- audit: low is null or low <= high
-- audit: n >= 0
create table evaluations (
    model_id varchar, -- the model, or `majority` and `tfidf-lr` with the model that shares the split
    split varchar,    -- val, test or folds
    name varchar,     -- accuracy, weighted_f1, macro_f1, ece; per label: precision, recall, f1, support
    label varchar,    -- null for the whole
    value double,     -- the figure
    low double,       -- 2.5 % of the bootstrap
    high double,      -- 97.5 % of the bootstrap
    n integer         -- posts of the split
);
