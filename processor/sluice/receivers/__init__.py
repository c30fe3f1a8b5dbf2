"""OTLP in: one file per transport; each hands raw bytes to the pipeline and speaks its answer."""
