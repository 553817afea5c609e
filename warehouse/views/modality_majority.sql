-- what: what most of the dump's annotators say of one modality: at least two of three, or the only one
-- grain: post_id, modality
-- reads: dump_votes
-- audit: n_votes * 2 > n_annotators
create or replace view main.modality_majority as
select post_id, modality, label, n_votes, n_annotators
from dump_votes
where n_votes * 2 > n_annotators;
