-- what: posts whose label is known beforehand, to be mixed into rounds so that reviewers can be measured
-- grain: post_id
-- keeps: latest
-- audit: label is not null
create table ground_truth (
    post_id varchar, -- the post
    label varchar    -- what is known to be right
);
