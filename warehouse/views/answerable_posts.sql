-- what: each post, and why no reviewer's answer about it is taken: it has no split yet, is sealed, or its label is
--       withheld; null where answers are taken
-- grain: post_id
-- reads: posts, splits
create or replace view main.answerable_posts as
select
    p.post_id,
    p.task,
    case
        when s.split is null then 'post-without-split'
        when s.split = 'test' then 'test-post'
        when p.is_official_unlabelled then 'withheld-post'
    end as refusal
from posts p
left join splits s using (post_id);
