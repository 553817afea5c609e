-- what: what a reviewer is called; a pseudonym where names are not to be kept
-- grain: annotator
-- keeps: latest
create table annotator_names (
    annotator varchar, -- `label-studio:<user id>`
    name varchar       -- e-mail or pseudonym
);
