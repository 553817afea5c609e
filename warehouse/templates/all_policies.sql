-- what: the labels under every policy, beside one another
-- grain: post_id, label_policy
-- reads: {reads}
create or replace view main.policy_labels as
{one_each};
