-- what: who says what of each post that people judged: the people (where none has, simulated reviewers), the dump's policy
--       in force, and the model that doubts (the champion where it was mined)
-- grain: post_id, rater
-- reads: answers, policy_labels, policy_in_force, predictions, doubting_models, posts
create or replace view main.review_votes as
with judged as (
    select
        post_id,
        annotator as rater,
        label,
        origin <> 'simulated' as is_person,
        bool_or(origin <> 'simulated') over (partition by post_id) as has_person
    from answers
    where project is not null and modality = 'both' and status = 'given' and label is not null
),
people as (
    select * exclude (has_person) from judged where is_person or not has_person
),
dump as (
    select post_id, 'dump' as rater, label, false as is_person
    from policy_labels
    semi join people using (post_id)
    where label is not null and label_policy = (select label_policy from policy_in_force)
),
model as (
    select p.post_id, 'model' as rater, p.label, false as is_person
    from predictions p
    join doubting_models m using (model_id)
    join posts o on o.post_id = p.post_id and o.task = m.task
    semi join people on people.post_id = p.post_id
    where p.is_out_of_fold and p.label is not null
    qualify row_number() over (partition by p.post_id order by p.fold nulls last) = 1
),
everybody as (
    from people
    union all by name
    from dump
    union all by name
    from model
)
select e.post_id, p.task, e.rater, e.label, e.is_person
from everybody e
join posts p using (post_id);
