-- what: from every label in force to each answer that it rests on, who gave it, what that person was shown, code and run:
--       the last words of the reviewers on the whole post, or else those of the dump's annotators under the policy in force
-- grain: post_id, annotation_id
-- reads: labels, answers, policy_in_force, run_history
-- audit: annotation_id is not null and annotator is not null
-- audit: run_id is not null and code_version is not null
-- audit: label_origin <> 'dump' or policy_run_id is not null
create or replace view main.label_lineage as
with votes as (
    select
        post_id, annotation_id, annotator, modality, label as answer, model_id_shown, origin, origin_run_id,
        if(origin = 'dump', 'dump', 'review') as label_origin
    from answers
    where status = 'given' and (origin = 'dump' or (modality = 'both' and label is not null))
),
-- a simulated reviewer speaks only where no person has
heard as (
    select *, bool_or(label_origin = 'review' and origin <> 'simulated') over (partition by post_id) as has_person
    from votes
)
select
    l.post_id,
    l.label,
    l.label_origin,
    l.label_policy,
    v.annotation_id,
    v.annotator,
    v.modality,
    v.answer,
    v.model_id_shown as model_id,
    if(l.label_origin = 'dump', p.run_id, null) as policy_run_id,
    v.origin_run_id as run_id,
    h.code_version,
    h.finished_at as made_at
from labels l
left join heard v
    on v.post_id = l.post_id and v.label_origin = l.label_origin and (v.origin <> 'simulated' or not v.has_person)
left join policy_in_force p on p.label_policy = l.label_policy
left join run_history h on h.run_id = v.origin_run_id
where l.label is not null;
