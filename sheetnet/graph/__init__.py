"""The graph of whole matrices and one table a concern: shapes, numbers, formulas, gradients. Knows no sheet."""
