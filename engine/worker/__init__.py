"""What does the jobs: it drives the engine's facade from threads of its own, or from the workers of Celery."""
