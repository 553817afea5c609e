-- what: one label a post under every label policy: where reviewers agree theirs, of label_policy `consensus`, which holds under
--       all of them; else what each policy makes of the dump's answers
-- grain: post_id, label_policy
-- reads: review_labels, policy_labels
-- audit: agreement between 0 and 1
create or replace view main.standing_labels as
select post_id, source, task, label, agreement, 'review' as label_origin, 'consensus' as label_policy
from review_labels
union all
select post_id, source, task, label, agreement, 'dump' as label_origin, label_policy
from policy_labels
anti join review_labels using (post_id);
