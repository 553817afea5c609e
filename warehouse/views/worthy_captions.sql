-- what: kinds of captions that help a model: the latest worth of weighted F1 has an interval above zero
-- grain: task, source, kind
-- reads: latest_worths
-- audit: low > 0
create or replace view main.worthy_captions as
select task, source, kind, snapshot_id, difference, low, high, n_posts, n_seeds, n_captioned, measured_at
from latest_worths
where name = 'weighted_f1' and low > 0;
