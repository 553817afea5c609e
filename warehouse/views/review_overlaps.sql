-- what: how many people each review project asks of a post when it goes out, as its last new posts went; who is asked beyond
--       that, since a label is not settled, does not count
-- grain: project
-- reads: review_tasks
-- audit: overlap >= 1
create or replace view main.review_overlaps as
with went_out as (
    select project, post_id, overlap, coalesce(try_cast(round as integer), 0) as n -- 0: adopted
    from review_tasks
    qualify row_number() over (partition by post_id, project order by n) = 1
)
select project, arg_max(overlap, n) as overlap
from went_out
group by project;
