-- what: one post of a frozen training set
-- grain: snapshot_id, post_id
-- keeps: earliest
-- audit: weight >= 0
-- audit: split in ('train', 'val', 'pool')
-- audit: post_id not in (select post_id from posts where is_official_unlabelled)
create table snapshots (
    snapshot_id varchar,  -- `snapshot-<digest of its rows and of the settings that are not usual>`
    post_id varchar,      -- the post
    task varchar,         -- the label space
    label varchar,        -- the label trained on
    score double,         -- for regressions
    weight double,        -- of the post in the loss, 1 is usual
    split varchar,        -- at the time of freezing
    fold integer,         -- at the time of freezing
    caption_id varchar,   -- the captions that joined the text, if any: their ids joined by `+`; `caption_texts` says what
    label_policy varchar, -- that gave the label
    label_origin varchar  -- dump or review
);
