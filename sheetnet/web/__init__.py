"""A workbook as one page of HTML that calculates in the browser: nothing to install, nothing loaded from elsewhere."""
