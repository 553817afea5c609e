-- what: the sources that each model was trained on: those by which it is judged where nobody names another
-- grain: model_id, source
-- reads: training_posts
create or replace view main.model_sources as
select distinct model_id, source
from training_posts;
