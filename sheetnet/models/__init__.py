"""Models, losses and optimisers as graph, and each of them by hand in torch. Knows no sheet."""
