-- what: where a post stays for ever
-- grain: post_id
-- keeps: earliest
-- audit: split in ('train', 'val', 'test', 'pool')
-- audit: fold is null or fold >= 0
-- audit: split <> 'test' or fold is null
create table splits (
    post_id varchar, -- the post
    split varchar,   -- train, val, test or pool
    fold integer,    -- 0 first; null where folds do not reach
    official boolean -- whether kept from the dump
);
