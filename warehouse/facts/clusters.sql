-- what: the group of near-duplicates that a post belongs to; the latest version counts
-- grain: post_id
-- keeps: latest
-- audit: why in ('image', 'text', 'both', 'none')
create table clusters (
    post_id varchar,    -- the post
    cluster_id varchar, -- `cluster-<digest of its smallest post_id>`
    why varchar         -- what the post shares with its cluster: image, text, both, or none when alone
);
