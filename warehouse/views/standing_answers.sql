-- what: annotations that nothing has corrected and nobody has withdrawn
-- grain: annotation_id
-- reads: annotation_heads
create or replace view main.standing_answers as
from annotation_heads where status <> 'deleted';
