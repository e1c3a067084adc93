"""Kubernetes objects: typed declarations (``objects``) and how they are recognised in a document (``recognition``)."""
