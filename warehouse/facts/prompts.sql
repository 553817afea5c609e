-- what: the words of a prompt that captions were asked with
-- grain: prompt_sha256
-- keeps: earliest
create table prompts (
    prompt_sha256 varchar, -- of the prompt's file
    name varchar,          -- of the prompt
    words varchar          -- what was asked
);
