-- what: precomputed steps of one modality of a post (tri-modal sets)
-- grain: post_id, modality
-- keeps: earliest
-- audit: n_steps = len(steps)
create table features (
    post_id varchar,  -- the post
    modality varchar, -- text, audio or vision
    steps float[][],  -- one vector a step
    n_steps integer   -- steps that are not padding
);
