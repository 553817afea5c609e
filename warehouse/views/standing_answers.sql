-- what: annotations that nothing has corrected and nobody has withdrawn
-- grain: annotation_id
-- reads: annotation_heads
-- audit: project is null or post_id not in (select post_id from splits where split = 'test')
create or replace view main.standing_answers as
from annotation_heads where status <> 'deleted';
