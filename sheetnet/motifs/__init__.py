"""What several workbooks show: each module is one motif, as nodes and as pages. For the course; knows no lesson."""
