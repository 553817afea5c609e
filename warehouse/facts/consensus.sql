-- what: the likeliest label of a reviewed post, by Dawid and Skene 1979, with a prior, over people, dump and model
-- grain: post_id
-- keeps: latest
-- audit: posterior between 0 and 1
-- audit: n_people >= 0
create table consensus (
    post_id varchar,   -- the post
    label varchar,     -- the likeliest, given how reliable each rater proved
    posterior double,  -- of that label, 0 to 1
    n_votes integer,   -- people, dump and model together
    n_people integer   -- people among them; simulated ones are none
);
