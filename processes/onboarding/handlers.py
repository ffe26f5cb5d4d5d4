"""Reminds a colleague: this one only writes to the log; a real one would send a mail."""

from __future__ import annotations

import logging

from engine import Job, handler

log = logging.getLogger("baton.onboarding")


@handler("send-reminder", retries=3, timeout="PT30S")
def send_reminder(colleague: str, job: Job, reminders: int = 0) -> dict[str, int]:
    """Counts in `reminders` how many there were."""
    log.warning("Please sign your contract, %s (instance %s)", colleague, job.process_instance_id)
    return {"reminders": reminders + 1}
