-- what: what a store holds and how its models do, as named numbers: for gauges and for `msa status`
-- grain: name, task, of
-- reads: posts, labels, reject_counts, queue, task_answers, review_projects, predictions, standing_models, progress, caption_costs, test_reads, run_history
-- audit: value is not null
create or replace view main.store_figures as
select 'posts' as name, task, source as of, count(*)::double as value from posts group by all
union all
select 'labels', task, label, count(*) from labels group by all
union all
select 'rejects', null, reason, sum(n) from reject_counts group by all
union all
select 'queue', task, null, count(*) from queue group by all
union all
select 'review-open', p.task, a.project, count(*) filter (a.is_open)
from task_answers a
join review_projects p using (project)
group by all
union all
select 'predictions', m.task, m.model_id, count(*) from predictions join standing_models m using (model_id) group by all
union all
select 'champion', task, model_id, is_champion::int from standing_models
union all
select 'weighted-f1', m.task, m.model_id, p.value
from progress p
join standing_models m using (model_id)
where p.split = 'val' and p.name = 'weighted_f1'
union all
-- null where no price was known: such captions cost nothing that anybody could tell
select 'caption-cost', null, captioner, coalesce(sum(cost_usd), 0) from caption_costs group by all
union all
select 'test-reads', task, null, count(*) from test_reads group by all
union all
select 'last-run', null, verb, max(epoch_us(finished_at)) / 1e6 from run_history where verb <> 'init' group by all;
