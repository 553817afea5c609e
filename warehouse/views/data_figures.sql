-- what: the audit of the data as figures: what was held and refused, texts, images, labels, agreement, clusters, leaks, splits
-- grain: figure, source, task, name
-- reads: ingests, reject_counts, posts, pictures, label_counts, modality_pairs, clusters, leaks, split_counts
-- audit: value is not null
create or replace view main.data_figures as
with held as (
    unpivot (
        select source, sum(n_held) as held, sum(n_posts) as posts, sum(n_known) as known, sum(n_refused) as refused
        from ingests
        where not is_replaced
        group by source
    ) on held, posts, known, refused into name name value value
),
texts as (
    unpivot (
        select
            source,
            task,
            count(text)::double as texts,
            coalesce(min(length(text)), 0)::double as shortest,
            coalesce(median(length(text)), 0)::double as median,
            coalesce(max(length(text)), 0)::double as longest
        from posts
        group by all
    ) on texts, shortest, median, longest into name name value value
),
sizes as (
    select p.source, p.task, i.image_sha256, i.width, i.height, i.n_bytes
    from pictures i
    join posts p using (post_id)
),
looks as (
    unpivot (
        select
            source,
            task,
            count(*)::double as images,
            count(distinct image_sha256)::double as different_files,
            median(width)::double as median_width,
            median(height)::double as median_height,
            max(width * height)::double as most_pixels,
            median(n_bytes)::double as median_bytes
        from sizes
        group by all
    ) on images, different_files, median_width, median_height, most_pixels, median_bytes into name name value value
),
grouped as (
    select p.source, p.task, c.why, count(distinct c.cluster_id)::double as value
    from clusters c
    join posts p using (post_id)
    group by all
),
leaking as (
    select p.source, p.task, l.kind, count(distinct l.post_id)::double as value
    from leaks l
    join posts p using (post_id)
    group by all
)
select 'held' as figure, source, null as task, name, value::double as value from held
union all
select 'refused', source, null, reason, n from reject_counts
union all
select 'text characters', source, task, name, value from texts
union all
select 'encoding', source, task, coalesce(encoding, 'none'), count(*) from posts group by all
union all
select 'images', source, task, name, value from looks
union all
select 'label, ' || label_policy, source, task, label, n from label_counts
union all
select 'agreement, ' || label_policy, source, task, label, agreement from label_counts
union all
select 'text and image', source, task, text_label || ' and ' || image_label, n from modality_pairs
union all
select 'clusters that share', source, task, why, value from grouped
union all
select 'posts that leak', source, task, kind, value from leaking
union all
select 'split', source, task, split || ', ' || coalesce(label, 'unlabelled'), sum(n) from split_counts group by all;
