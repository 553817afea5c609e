-- what: a description of an image by a captioner, or its refusal
-- grain: caption_id
-- keeps: earliest
-- audit: status in ('ok', 'refused')
-- audit: status = 'ok' or reason is not null
-- audit: status = 'refused' or caption <> ''
create table captions (
    caption_id varchar,          -- `caption-<digest of image, captioner, model, prompt, text, parameters, attempt>`
    image_sha256 varchar,        -- the image
    captioner varchar,           -- how it was asked
    model varchar,               -- who answered
    prompt_sha256 varchar,       -- of the prompt; null where none was asked
    text_sha256 varchar,         -- of the post's text, where that stood in the prompt
    parameters varchar,          -- JSON of the decoding parameters
    temperature double,          -- of sampling
    attempt integer,             -- 0 first
    caption varchar,             -- the answer
    status varchar,              -- ok or refused
    reason varchar,              -- of the refusal
    n_prompt_tokens integer,     -- observed: billed
    n_completion_tokens integer, -- observed: billed
    cost_usd double,             -- observed: US dollars
    latency_s double             -- observed: seconds
);
