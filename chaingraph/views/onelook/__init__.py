"""One look: the chains of a region as strips of stages, three numbers, five things to do."""
