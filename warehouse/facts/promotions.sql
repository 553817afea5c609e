-- what: a decision of the gate
-- grain: model_id, decided_at
-- keeps: earliest
-- audit: verdict in ('promoted', 'refused', 'undecided')
create table promotions (
    model_id varchar,       -- the challenger
    decided_at timestamptz, -- observed: UTC
    champion_id varchar,    -- the model in place
    verdict varchar,        -- promoted, refused or undecided
    figures varchar,        -- JSON
    n_test_reads integer    -- readings of the test score so far
);
