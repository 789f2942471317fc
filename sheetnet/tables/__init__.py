"""The passengers of the Titanic: the shipped table, its columns, and a reader for a user's own copy."""

from sheetnet.tables.passengers import SCHEMA, Raw, read_passengers

__all__ = ["SCHEMA", "Raw", "read_passengers"]
