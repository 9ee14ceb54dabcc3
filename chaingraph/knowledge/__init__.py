"""What is known of a product in a region, and since when: evidence, totals, series at a date."""
