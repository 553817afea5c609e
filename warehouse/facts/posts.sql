-- what: one text with its images, as a dump gave it
-- grain: post_id
-- keeps: earliest
-- audit: post_id = source || ':' || source_id
-- audit: n_images >= 0
-- audit: encoding is null or encoding in ('utf-8', 'gb18030', 'cp1252')
-- audit: official_split is null or official_split in ('train', 'val', 'test')
create table posts (
    post_id varchar,              -- `<source>:<source_id>`
    source varchar,               -- the name given at ingest
    source_id varchar,            -- the dump's own id
    task varchar,                 -- the label space: sentiment, sarcasm, hate, or the user's own
    text varchar,                 -- for models: decoded, stripped, names and links masked unless --keep-names; null where the dump lacks texts
    text_sha256 varchar,          -- of the raw bytes, before decoding
    text_path varchar,            -- where in the dump the raw text lay
    text_bytes blob,              -- the raw bytes, only with --keep-raw
    encoding varchar,             -- the codec that decoded the text: utf-8, gb18030 or cp1252
    n_images integer,             -- images of the post, 0 and more
    official_split varchar,       -- train, val or test, where the dump says so
    is_official_unlabelled boolean, -- an official test post whose label is withheld: never mined
    published_at timestamptz      -- UTC, where the dump says so
);
