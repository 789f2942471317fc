"""Workbooks as files: built, built anew, their weights, predictions and hidden record. For commands and checks."""
