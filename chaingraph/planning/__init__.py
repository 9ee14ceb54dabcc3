"""From gaps to what is built: scenarios, the programme, and who answers for it."""
