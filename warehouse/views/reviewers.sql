-- what: who reviews which task: answers, agreement with the label in force where others judged too, seconds, accuracy
-- grain: annotator, task
-- reads: answers, posts, labels, annotator_names, ground_truth
-- audit: accuracy is null or accuracy between 0 and 1
-- audit: agreement is null or agreement between 0 and 1
create or replace view main.reviewers as
with shared as (
    select post_id
    from answers
    where project is not null and modality = 'both' and status = 'given'
    group by post_id
    having count(distinct annotator) > 1
)
select
    a.annotator,
    any_value(n.name) as name,
    p.task,
    a.origin = 'simulated' as is_simulated,
    count(*) as n_answers,
    count(*) filter (a.status = 'given') as n_labels,
    count(*) filter (a.status = 'skipped') as n_skipped,
    count(*) filter (a.status in ('unsure', 'conflict', 'broken')) as n_without_label,
    avg((a.label = l.label)::double) filter (
        a.status = 'given' and l.label_origin = 'review' and s.post_id is not null
    ) as agreement,
    count(g.post_id) filter (a.status = 'given') as n_known,
    avg((a.label = g.label)::double) filter (a.status = 'given') as accuracy,
    median(a.lead_time_s) as lead_time_s,
    max(a.annotated_at) as last_answer_at
from answers a
join posts p using (post_id)
left join labels l using (post_id)
left join shared s using (post_id)
left join annotator_names n using (annotator)
left join ground_truth g using (post_id)
where a.project is not null and a.modality = 'both'
group by a.annotator, a.origin, p.task
order by n_answers desc, a.annotator, p.task;
