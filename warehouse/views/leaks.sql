-- what: near-duplicates on two sides of the test or validation split; `ours` only if we made the split
-- grain: post_id, twin_post_id
-- reads: clusters, splits, posts, labels
-- audit: kind <> 'ours'
create or replace view main.leaks as
with placed as (
    select s.post_id, s.split, s.official, c.cluster_id, p.is_official_unlabelled, l.label
    from splits s
    join clusters c using (post_id)
    join posts p using (post_id)
    left join labels l using (post_id)
)
select
    a.post_id,
    a.split,
    b.post_id as twin_post_id,
    b.split as twin_split,
    a.cluster_id,
    case
        when b.is_official_unlabelled then 'reveals'
        when a.official or b.official then 'official'
        else 'ours'
    end as kind
from placed a
join placed b using (cluster_id)
where a.post_id <> b.post_id
  and not a.is_official_unlabelled
  and (
      (b.split = 'test' and a.split <> 'test')
      or (b.split = 'val' and a.split not in ('test', 'val'))
      or (b.is_official_unlabelled and a.label is not null)
  );
