//! The memory of the house: apps, grants, secrets and settings in SQLite.
