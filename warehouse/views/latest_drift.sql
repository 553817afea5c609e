-- what: how each model stands to the posts that came after it, as it was measured last, of all sources (null) and of each
-- grain: model_id, source
-- reads: drift_verdicts
create or replace view main.latest_drift as
from drift_verdicts
qualify row_number() over (partition by model_id, source order by measured_at desc, run_id) = 1;
