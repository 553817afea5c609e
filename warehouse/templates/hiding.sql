-- what: a moment as it will be once a forced attempt has replaced runs, also runs whose rows a compaction took over
insert into facts.runs by name
select 'force' as verb, $hiding as replaces, 'force' as run_id, 'force of a run' as origin_run_id;
