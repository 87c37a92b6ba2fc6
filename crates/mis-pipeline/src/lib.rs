//! One experiment from data to report: its builder, its TOML form and its run folders.
