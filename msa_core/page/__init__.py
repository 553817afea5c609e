"""The report: tables of the store in, one self-contained HTML page out."""
