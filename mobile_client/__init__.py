"""The handheld of Open Identification: purpose, photograph, blind comparison, decision, receipt."""
