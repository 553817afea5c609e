-- what: how each model stands to the posts that came after it, as it was measured last
-- grain: model_id
-- reads: drift_verdicts
create or replace view main.latest_drift as
from drift_verdicts
qualify row_number() over (partition by model_id order by measured_at desc, run_id) = 1;
