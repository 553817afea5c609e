-- what: a post that was handed to reviewers; where the server lost its task, the latest row names the new one
-- grain: post_id, project, round
-- keeps: latest
-- audit: overlap >= 1
-- audit: post_id not in (select post_id from splits where split = 'test')
-- audit: propensity is null or propensity between 0 and 1
create table review_tasks (
    post_id varchar,       -- the post
    project varchar,       -- of the review server
    round varchar,         -- the batch
    task_id bigint,        -- observed: of the review server
    reasons varchar[],     -- why it was queued
    priority double,       -- higher = sooner
    overlap integer,       -- how many people are to judge it
    expected_gain double,  -- of labelling it
    expected_s double,     -- seconds of a person
    propensity double,     -- chance of having been chosen, 0 to 1
    pushed_at timestamptz  -- observed: UTC
);
