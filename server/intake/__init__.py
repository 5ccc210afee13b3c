"""Sources of photographs to enrol: folders, manifests and ANSI/NIST-ITL files, as rows for the workflow."""
