"""Where the sites are."""
