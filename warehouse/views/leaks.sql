-- what: near-duplicates on two sides of val or test; kind `ours` only where the split could have kept them together
--       reveals: the cluster holds an official post whose label is withheld; official: the dump's own splits; bridged: a later
--       post joined clusters that stood apart
-- grain: post_id, twin_post_id
-- reads: clusters, facts.clusters, splits, posts, labels, run_history
-- audit: kind <> 'ours'
create or replace view main.leaks as
with placed as (
    select
        s.post_id,
        s.split,
        s.official,
        c.cluster_id,
        p.is_official_unlabelled,
        bool_or(p.is_official_unlabelled) over (partition by c.cluster_id) as is_withheld,
        l.label,
        h.finished_at as placed_at
    from splits s
    join clusters c using (post_id)
    join posts p using (post_id)
    left join labels l using (post_id)
    left join run_history h on h.run_id = s.origin_run_id
),
pairs as (
    select
        a.post_id,
        a.split,
        b.post_id as twin_post_id,
        b.split as twin_split,
        a.cluster_id,
        a.is_withheld,
        a.official or b.official as is_official,
        greatest(a.placed_at, b.placed_at) as later_at
    from placed a
    join placed b using (cluster_id)
    where a.post_id <> b.post_id
      and not a.is_official_unlabelled
      and (
          (b.split = 'test' and a.split <> 'test')
          or (b.split = 'val' and a.split not in ('test', 'val'))
          or (b.is_official_unlabelled and a.label is not null)
      )
),
-- the clusters as they stood when the later twin was placed: posts that a third one bridged afterwards are not our doing
then_members as (
    select m.cluster_id, m.later_at, p.post_id, p.split, p.placed_at, arg_max(f.cluster_id, h.finished_at) as then_id
    from (select distinct cluster_id, later_at from pairs) m
    join placed p using (cluster_id)
    join facts.clusters f on f.post_id = p.post_id
    join run_history h on h.run_id = f.origin_run_id and h.finished_at <= m.later_at
    group by all
),
then_splits as (
    select cluster_id, later_at, then_id, count(distinct split) filter (placed_at < later_at) as n_splits
    from then_members
    group by all
)
select
    p.post_id,
    p.split,
    p.twin_post_id,
    p.twin_split,
    p.cluster_id,
    case
        when p.is_withheld then 'reveals'
        when p.is_official then 'official'
        when a.then_id is distinct from b.then_id or s.n_splits > 1 then 'bridged'
        else 'ours'
    end as kind
from pairs p
left join then_members a on a.cluster_id = p.cluster_id and a.later_at = p.later_at and a.post_id = p.post_id
left join then_members b on b.cluster_id = p.cluster_id and b.later_at = p.later_at and b.post_id = p.twin_post_id
left join then_splits s on s.cluster_id = p.cluster_id and s.later_at = p.later_at and s.then_id = a.then_id;
