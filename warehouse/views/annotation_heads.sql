-- what: the last word of each answer through its corrections, also where it was withdrawn
-- grain: annotation_id
-- reads: annotations, facts.annotations
create or replace view main.annotation_heads as
from annotations
where annotation_id not in (select supersedes from facts.annotations where supersedes is not null);
