"""Pays what was spent: these only write to the log; real ones would ask a bank."""

from __future__ import annotations

import logging

from engine import Job, handler

log = logging.getLogger("baton.expenses")


@handler("pay-by-transfer", retries=3, timeout="PT30S")
def pay_by_transfer(number: str, amount: float, job: Job) -> dict[str, str]:
    """Answers with the `reference` of the transfer, which is the same however often it is tried."""
    log.warning("%s euros go to the account %s", amount, number)
    return {"reference": f"T-{job.id}"}


@handler("pay-by-card", retries=3, timeout="PT30S")
def pay_by_card(number: str, amount: float, job: Job) -> dict[str, str]:
    """Answers with the `reference` of the credit."""
    log.warning("%s euros go to the card %s", amount, number[-4:])
    return {"reference": f"C-{job.id}"}
