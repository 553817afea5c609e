-- what: the story of each post, an event a row: when it came, where it was placed, who labelled it what and said what, which
--       model thought what, why it was doubted and queued, how its images were described, which snapshots hold it or left it
--       out; each with its run. Asked of one post, the filter reaches every file
-- grain: post_id, event, who, what, run_id
-- reads: posts, clusters, splits, annotations, quarantine, snapshots, snapshot_drops, predictions, champions, doubts, post_images, facts.captions, review_tasks, consensus, run_history
-- audit: happened_at is not null and code_version is not null
create or replace view main.post_events as
with events as (
    select
        post_id, 1 as step, 'came' as event, source as who, origin_run_id as run_id, null::timestamptz as at,
        concat_ws(', ', source_id, encoding, n_images || ' image(s)', official_split) as what
    from posts
    union all
    select
        post_id, 2, 'resembles others', 'clusters', origin_run_id, null,
        concat_ws(', ', cluster_id, why)
    from clusters
    where why <> 'none'
    union all
    select
        post_id, 3, 'was placed', 'splits', origin_run_id, null,
        concat_ws(', ', split, 'fold ' || fold)
    from splits
    union all
    select
        post_id, 4, 'was judged', annotator, origin_run_id, annotated_at,
        concat_ws(
            ', ', modality, coalesce(label, score::varchar), nullif(status, 'given'), '“' || nullif(comment, '') || '”',
            'instead of ' || supersedes, annotation_id
        )
    from annotations
    union all
    select
        post_id, 4, 'was judged in vain', coalesce(annotator, project), origin_run_id, null,
        concat_ws(', ', reason, detail, quarantine_id)
    from quarantine
    union all
    select
        post_id, 5, 'was frozen', snapshot_id, origin_run_id, null,
        concat_ws(', ', split, coalesce(label, score::varchar), label_policy, 'weight ' || weight, caption_id)
    from snapshots
    union all
    select post_id, 5, 'was left out', snapshot_id, origin_run_id, null, reason
    from snapshot_drops
    union all
    select
        p.post_id, 6, 'was predicted', p.model_id, p.origin_run_id, null,
        concat_ws(
            ', ', p.label, round(p.confidence, 3)::varchar, 'fold ' || p.fold,
            if(p.is_out_of_fold, null, 'not out of fold'), if(c.model_id is null, null, 'the champion'), p.caption_id
        )
    from predictions p
    left join champions c on c.model_id = p.model_id
    union all
    select
        post_id, 7, 'was doubted', model_id, origin_run_id, null,
        reason || ' ' || round(strength, 3)
    from doubts
    union all
    (
        select
            i.post_id, 8, 'was described', c.captioner || ':' || c.model, c.origin_run_id, null,
            concat_ws(', ', if(c.status = 'ok', c.caption, 'refused: ' || c.reason), c.caption_id)
        from post_images i
        join facts.captions c on c.image_sha256 = i.image_sha256
        qualify row_number() over (partition by i.post_id, c.caption_id order by c.origin_run_id, c.run_id) = 1
    )
    union all
    select
        post_id, 9, 'was queued', project, origin_run_id, pushed_at,
        concat_ws(', ', 'round ' || round, array_to_string(reasons, ' '))
    from review_tasks
    union all
    select
        post_id, 10, 'was settled', 'consensus', origin_run_id, null,
        concat_ws(', ', label, round(posterior, 3)::varchar, n_people || ' people')
    from consensus
    where n_votes > 0
)
select
    e.post_id,
    coalesce(e.at, h.finished_at) as happened_at,
    e.step,
    e.event,
    e.who,
    e.what,
    e.run_id,
    h.code_version
from events e
left join run_history h on h.run_id = e.run_id
where e.post_id is not null;
