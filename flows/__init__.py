"""One file a verb, the `msa` command line, schedules."""
