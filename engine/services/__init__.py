"""The services behind the facade: one module per thing that callers change or ask about."""
