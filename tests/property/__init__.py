"""Random processes against an independent reference."""
