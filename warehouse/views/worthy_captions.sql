-- what: kinds of captions that help a model: the latest worth of weighted F1 has an interval above zero
--       towers: those that it was measured with; null: an older version did not say, and any count
-- grain: task, source, kind, towers
-- reads: latest_worths
-- audit: low > 0
create or replace view main.worthy_captions as
select task, source, kind, towers, snapshot_id, difference, low, high, n_posts, n_seeds, n_captioned, measured_at
from latest_worths
where name = 'weighted_f1' and low > 0;
