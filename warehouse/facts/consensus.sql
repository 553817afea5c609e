-- what: the likeliest label of a reviewed post, by Dawid and Skene 1979, with a prior, over people, dump and model; none
--       (0 votes) where what was said has been withdrawn since
-- grain: post_id
-- keeps: latest
-- audit: posterior between 0 and 1
-- audit: n_people >= 0
create table consensus (
    post_id varchar,   -- the post
    label varchar,     -- the likeliest, given how reliable each rater proved; null where there are no votes
    posterior double,  -- of that label, 0 to 1; 0 where there is none
    n_votes integer,   -- people, dump and model together
    n_people integer   -- people among them; simulated ones are none
);
