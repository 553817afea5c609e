-- what: how new posts differ from those that a model learned from: one figure of one comparison
-- grain: model_id, compared_sha256, name
-- keeps: earliest
-- audit: measure in ('total-variation', 'kolmogorov-smirnov', 'told-apart')
-- audit: effect between 0 and 1
-- audit: p_value between 0 and 1 and p_holm >= p_value
-- audit: is_drifted = (p_holm <= 0.05 and effect >= threshold)
create table drifts (
    model_id varchar,        -- the model that learned from the reference
    compared_sha256 varchar, -- of the posts that were compared, with their labels and predictions; 16 hex digits
    source varchar,          -- whose new posts; null for those of every source
    name varchar,            -- labels, predicted, confidence, features, text-length, language, encoding, image-kind, image-pixels, image-shape
    measure varchar,         -- total-variation, kolmogorov-smirnov or told-apart (2 AUC - 1 of a classifier)
    effect double,           -- 0 alike to 1 nothing in common
    threshold double,        -- the effect from which on it matters
    p_value double,          -- of an effect as large without any drift
    p_holm double,           -- corrected for the number of figures (Holm 1979)
    is_drifted boolean,      -- significant and large enough to matter
    n_reference integer,     -- posts that the model learned from, as far as they have this figure
    n_current integer,       -- new posts that have it
    bins varchar[],          -- names, or the lower ends of intervals of numbers
    reference double[],      -- share of the reference in each bin
    current double[]         -- share of the new posts in each bin
);
