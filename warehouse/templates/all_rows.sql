-- what: the fact `{name}`, unique by construction
create or replace view main.{name} as
from facts.{name};
