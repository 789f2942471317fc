"""Where things stand on sheets: areas, blocks and names, pages, looks. Knows the graph, no model or table."""
