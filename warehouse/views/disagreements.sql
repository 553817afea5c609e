-- what: posts whose modalities were judged differently: text against image against both
-- grain: post_id
-- reads: modality_majority
-- audit: text_label is not null or image_label is not null
create or replace view main.disagreements as
select
    post_id,
    max(label) filter (modality = 'text') as text_label,
    max(label) filter (modality = 'image') as image_label,
    max(label) filter (modality = 'both') as both_label
from modality_majority
group by post_id
having count(distinct label) > 1;
