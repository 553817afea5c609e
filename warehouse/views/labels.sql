-- what: one label a post: the reviewers' majority where there is one, else the dump's policy in force
-- grain: post_id
-- reads: review_labels, policy_labels, policy_in_force
-- audit: agreement between 0 and 1
-- audit: label_origin in ('review', 'dump')
create or replace view main.labels as
with both_origins as (
    select post_id, source, task, label, agreement, 'review' as label_origin, 'consensus' as label_policy
    from review_labels
    union all
    select post_id, source, task, label, agreement, 'dump' as label_origin, label_policy
    from policy_labels
    where label_policy = (select label_policy from policy_in_force)
)
from both_origins
qualify row_number() over (partition by post_id order by label_origin = 'review' desc) = 1;
