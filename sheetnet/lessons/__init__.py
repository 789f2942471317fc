"""One module for each workbook: what is on which sheet, in which words."""
