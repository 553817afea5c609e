-- what: how much memory a merge may take; what does not fit goes to a folder of the store meanwhile
set memory_limit = '{memory}';
set temp_directory = '{spill}';
