-- what: who reviews which task: answers, seconds, accuracy on posts whose label is known, and agreement: the share of equal
--       labels among the pairs of one of this reviewer's and one that another gave the same post
-- grain: annotator, task
-- reads: answers, posts, reviewer_pairs, annotator_names, ground_truth
-- audit: accuracy is null or accuracy between 0 and 1
-- audit: agreement is null or agreement between 0 and 1
create or replace view main.reviewers as
with agreed as (
    select r.annotator, p.task, avg(r.is_same::integer) as agreement
    from reviewer_pairs r
    join posts p using (post_id)
    group by all
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
    any_value(r.agreement) as agreement,
    count(g.post_id) filter (a.status = 'given') as n_known,
    avg((a.label = g.label)::double) filter (a.status = 'given') as accuracy,
    median(a.lead_time_s) as lead_time_s,
    max(a.annotated_at) as last_answer_at
from answers a
join posts p using (post_id)
left join agreed r on r.annotator = a.annotator and r.task = p.task
left join annotator_names n on n.annotator = a.annotator
left join ground_truth g on g.post_id = a.post_id
where a.project is not null and a.modality = 'both'
group by a.annotator, a.origin, p.task
order by n_answers desc, a.annotator, p.task;
