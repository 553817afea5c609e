-- what: a named vector of a post
-- grain: post_id, name
-- keeps: earliest
create table embeddings (
    post_id varchar, -- the post
    name varchar,    -- which embedding
    vector float[]   -- its values
);
