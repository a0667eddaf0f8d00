"""The configuration: one TOML file, and one table of keys that checks and explains it."""
