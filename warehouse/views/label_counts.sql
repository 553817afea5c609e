-- what: posts per label under each policy, and under `labels` (`in force`: the reviewers first, then the policy in force)
-- grain: source, task, label_policy, label
-- reads: policy_labels, labels
-- audit: n > 0
-- audit: agreement between 0 and 1
create or replace view main.label_counts as
with every as (
    select source, task, label_policy, label, agreement from policy_labels
    union all
    select source, task, 'in force' as label_policy, label, agreement from labels
)
-- rounded, since the order of the addition is nobody's promise
select source, task, label_policy, label, count(*) as n, round(avg(agreement), 6) as agreement
from every
group by all;
