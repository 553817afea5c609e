-- what: an answer of the review server that was not taken, with the reason by name; `withdrawn`: it is no longer there;
--       `lost-by-server`: it was taken, the server went back to older data, and the store keeps it
-- grain: quarantine_id
-- keeps: earliest
-- audit: reason <> ''
create table quarantine (
    quarantine_id varchar, -- `quarantine-<digest of the natural key>`
    project varchar,       -- of the review server
    reason varchar,        -- a named reason, kebab-case
    detail varchar,        -- what was found
    post_id varchar,       -- the post that the task names, if any
    annotator varchar,     -- who answered
    task_id bigint,        -- observed: of the review server
    server_id bigint       -- observed: the answer's id on the review server
);
