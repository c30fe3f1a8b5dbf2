"""The judges, one file each, behind one protocol."""
