"""Amazon ECS and the IAM documents beside it: typed declarations (``objects``) and how they are recognised (``recognition``)."""
