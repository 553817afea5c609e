-- what: what each reading of the gate found for each label: F1 of the challenger less the champion's, and whether it was held
-- grain: model_id, decided_at, label
-- reads: promotions
-- audit: standing in ('held', 'lost', 'unclear', 'untold')
-- audit: n_posts >= 0 and low <= high
create or replace view main.promotion_labels as
with found as (
    select
        model_id,
        champion_id,
        decided_at,
        unnest(json_extract(figures, '$.labels[*]')) as figures
    from promotions
    where decided_by = 'gate'
)
select
    model_id,
    champion_id,
    decided_at,
    figures ->> '$.label' as label,
    (figures ->> '$.n_posts')::integer as n_posts,
    (figures ->> '$.champion')::double as champion_f1,
    (figures ->> '$.difference')::double as difference,
    (figures ->> '$.low')::double as low,
    (figures ->> '$.high')::double as high,
    figures ->> '$.standing' as standing
from found;
