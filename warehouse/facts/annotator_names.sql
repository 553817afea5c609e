-- what: what a reviewer is called; a pseudonym where names are not to be kept
-- grain: annotator
-- keeps: latest
-- forgets: earlier
create table annotator_names (
    annotator varchar, -- `label-studio:<user id>`, or `<name of a server or reviewer>:<user id>`
    name varchar       -- e-mail or pseudonym
);
