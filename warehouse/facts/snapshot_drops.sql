-- what: a labelled post of train, val or pool that a frozen training set left out, and why
-- grain: snapshot_id, post_id
-- keeps: earliest
-- audit: reason in ('leak', 'broken', 'duplicate', 'conflicting-twins')
-- audit: not exists (from snapshots s where s.snapshot_id = snapshot_drops.snapshot_id and s.post_id = snapshot_drops.post_id)
create table snapshot_drops (
    snapshot_id varchar, -- the training set
    post_id varchar,     -- the post
    reason varchar       -- leak (a twin is sealed), broken (reviewers say so), duplicate, conflicting-twins
);
