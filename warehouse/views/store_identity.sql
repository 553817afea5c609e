-- what: who this store is, wherever its folder goes: a digest of its first run, by its time and its process
-- grain: store_id
-- reads: run_history
-- audit: length(store_id) = 12
create or replace view main.store_identity as
select left(md5(concat_ws(' ', run_id, epoch_us(started_at), host)), 12) as store_id
from run_history
where verb = 'init' and inputs = '[]'
order by started_at, run_id
limit 1;
