-- what: what a model says of a post; unique by construction: only posts without a committed prediction of the model are scored
-- grain: post_id, model_id, fold
-- keeps: all
-- audit: confidence is null or confidence between 0 and 1.000001
-- audit: probs is null or abs(list_sum(probs) - 1) < 1e-3
create table predictions (
    post_id varchar,       -- the post
    model_id varchar,      -- the model
    fold integer,          -- the fold model that held the post out; null for the model itself
    probs float[],         -- in the order of the model's labels
    label varchar,         -- the most probable
    confidence float,      -- its probability
    text_probs float[],    -- of the text alone, with its caption where one is read
    image_probs float[],   -- of the images alone
    score float,           -- regressions
    score_sd float,        -- regressions: spread
    is_out_of_fold boolean, -- true where the weights never saw the post
    caption_id varchar     -- the captions that joined the text, if any: their ids joined by `+`; `caption_texts` says what
);
