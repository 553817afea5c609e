select *, '{policy}' as label_policy from main.labels_{policy}
