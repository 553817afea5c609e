-- what: posts whose label the reviewers gave, beside the label of the dump's policy in force; null where it gives none
-- grain: post_id
-- reads: review_labels, policy_labels, policy_in_force
create or replace view main.review_changes as
with given as (
    select post_id, label
    from policy_labels
    where label_policy = (select label_policy from policy_in_force)
)
select
    r.post_id,
    r.source,
    r.task,
    g.label as given_label,
    r.label,
    g.label is distinct from r.label as is_changed
from review_labels r
left join given g using (post_id);
