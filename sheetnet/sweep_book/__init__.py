"""A sweep as a workbook: an overview with heat maps and a histogram, every net a row, the weights of the best."""

from sheetnet.sweep_book.book import write_sweep

__all__ = ["write_sweep"]
