-- what: what the dump's own annotators say now, each of each modality of a post
-- grain: post_id, annotator, modality
-- reads: answers
create or replace view main.dump_answers as
select post_id, annotator, modality, annotation_id, label, score
from answers
where origin = 'dump';
