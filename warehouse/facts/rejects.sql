-- what: a row of a dump that was refused, and why
-- grain: source, path, line, reason, source_id
-- keeps: earliest
-- audit: reason <> ''
create table rejects (
    source varchar,    -- the name given at ingest
    path varchar,      -- the label file, relative to the dump
    line integer,      -- its line, 1 first; 0 where the file has no lines
    reason varchar,    -- a named reason, kebab-case
    source_id varchar, -- the dump's own id, where it could be read
    detail varchar     -- the broken file or value
);
