"""The command line: `rushlight run`, `demo`, `trace`, `ops`."""
