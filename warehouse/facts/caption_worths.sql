-- what: what captions are worth to a model: one figure on the validation posts of a snapshot, learned with captions and
--       without, over the same seeds; the interval is that of a paired bootstrap over seeds and posts
-- grain: snapshot_id, kind, name, towers
-- keeps: latest
-- audit: low <= high
-- audit: n_captioned between 0 and n_posts
-- audit: n_seeds > 0
create table caption_worths (
    task varchar,             -- the label space
    source varchar,           -- whose posts; `all` for every source
    kind varchar,             -- of the captions: `<captioner>:<model>:<prompt>`
    snapshot_id varchar,      -- what both learned from
    name varchar,             -- weighted_f1, macro_f1, accuracy, f1_<label>
    with_captions double,     -- the figure with captions, mean over the seeds
    without_captions double,  -- the figure without
    difference double,        -- with less without
    low double,               -- 2.5 % of the bootstrap
    high double,              -- 97.5 % of the bootstrap
    n_posts integer,          -- validation posts that were judged
    n_seeds integer,          -- trainings of each
    n_captioned integer,      -- of the judged posts, those with a caption
    towers varchar            -- of the models that learned: tiny, small, or what was loaded; null: an older version did not say
);
