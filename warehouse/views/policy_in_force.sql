-- what: the label policy that `labels` follows where no reviewer has spoken
-- grain: label_policy
-- reads: run_history
create or replace view main.policy_in_force as
select parameters ->> '$.label_policy' as label_policy, run_id
from run_history
where verb = 'init'
order by finished_at desc, run_id desc
limit 1;
