-- what: a decision on which model stands: by the gate, as the first of its task, by a person's override, or a rollback
-- grain: model_id, decided_at
-- keeps: earliest
-- audit: verdict in ('promoted', 'refused', 'undecided')
-- audit: decided_by in ('gate', 'first', 'override', 'rollback')
-- audit: decided_by = 'gate' or verdict = 'promoted'
create table promotions (
    model_id varchar,           -- the challenger
    decided_at timestamptz,     -- observed: UTC
    champion_id varchar,        -- the model in place before; null where there was none
    verdict varchar,            -- promoted, refused or undecided
    decided_by varchar,         -- gate, first, override or rollback
    why varchar,                -- in words
    figures varchar,            -- JSON: differences with intervals, McNemar, classes, calibration
    n_test_reads integer,       -- how often the test was read so far, this reading included: the mean over its posts
    latency_ms double,          -- observed: median milliseconds a post of the challenger, one post at a time
    champion_latency_ms double  -- observed: of the champion
);
