-- what: the last word of each answer through its corrections, also where it was withdrawn
-- grain: annotation_id
-- reads: annotations
create or replace view main.annotation_heads as
from annotations
where annotation_id not in (select supersedes from annotations where supersedes is not null);
