-- what: one label a post as in the literature (Xu and Mao 2017): majority per modality; equal → that, neutral and polar → polar, positive against negative → none
-- grain: post_id
-- reads: modality_majority, answers, posts
-- audit: agreement between 0 and 1
create or replace view main.labels_literature as
with sides as (
    select
        post_id,
        max(label) filter (modality = 'text') as text_label,
        max(label) filter (modality = 'image') as image_label,
        max(label) filter (modality = 'both') as both_label
    from modality_majority
    group by post_id
),
decided as (
    select
        post_id,
        case
            when both_label is not null then both_label
            when text_label = image_label then text_label
            when text_label = 'neutral' then image_label
            when image_label = 'neutral' then text_label
        end as label
    from sides
),
agreed as (
    select d.post_id, d.label, avg((a.label = d.label)::double) as agreement
    from decided d
    join answers a on a.post_id = d.post_id and a.origin = 'dump' and a.status = 'given'
    where d.label is not null
    group by all
)
select p.post_id, p.source, p.task, a.label, a.agreement
from agreed a
join posts p using (post_id);
