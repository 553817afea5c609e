-- what: the last word of each annotator on each modality of a post: latest time, else the run's, then annotation_id
-- grain: post_id, annotator, modality
-- reads: standing_answers, run_history
create or replace view main.answers as
select a.*
from standing_answers a
left join run_history h on h.run_id = a.origin_run_id
qualify row_number() over (
    partition by a.post_id, a.annotator, a.modality
    order by coalesce(a.annotated_at, h.started_at) desc, a.annotation_id desc
) = 1;
