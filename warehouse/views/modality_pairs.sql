-- what: how often the annotators say one thing of the text and another of the image (majorities of the dump's answers)
-- grain: source, task, text_label, image_label
-- reads: modality_majority, posts
-- audit: n > 0
create or replace view main.modality_pairs as
select p.source, p.task, t.label as text_label, i.label as image_label, count(*) as n
from modality_majority t
join modality_majority i on i.post_id = t.post_id and i.modality = 'image'
join posts p on p.post_id = t.post_id
where t.modality = 'text'
group by all;
