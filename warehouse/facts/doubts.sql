-- what: why a post may be worth a person's minute; unique by construction: a post is mined once for a model
-- grain: post_id, model_id, reason
-- keeps: all
-- audit: strength between 0 and 1
-- audit: post_id not in (select post_id from splits where split = 'test')
-- audit: post_id not in (select post_id from posts where is_official_unlabelled)
-- audit: (post_id, model_id) in (select (post_id, model_id) from predictions where is_out_of_fold)
create table doubts (
    post_id varchar,  -- the post
    model_id varchar, -- the model that doubts
    reason varchar,   -- a named reason, kebab-case
    strength double   -- 0 to 1, higher = harder
);
