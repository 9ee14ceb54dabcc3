"""What pages say of products and targets; nothing is drawn here."""
