"""Material flow."""
