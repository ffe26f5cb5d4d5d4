"""The routes of the API, resource by resource."""

from __future__ import annotations

from api.resources.ad_hoc import AD_HOC
from api.resources.authorizations import AUTHORIZATIONS
from api.resources.batches import BATCHES
from api.resources.conditions import CONDITIONS
from api.resources.decision_history import DECISION_HISTORY
from api.resources.decisions import DECISIONS, REQUIREMENTS
from api.resources.deployments import DEPLOYMENTS
from api.resources.event_subscriptions import EVENT_SUBSCRIPTIONS
from api.resources.executions import EXECUTIONS
from api.resources.external_tasks import EXTERNAL_TASKS
from api.resources.filters import FILTERS
from api.resources.groups import GROUPS
from api.resources.history import HISTORY
from api.resources.identity import IDENTITY
from api.resources.incidents import INCIDENTS
from api.resources.job_definitions import JOB_DEFINITIONS
from api.resources.job_history import JOB_HISTORY
from api.resources.jobs import JOBS
from api.resources.logs import LOGS
from api.resources.messages import MESSAGES
from api.resources.migration import MIGRATION
from api.resources.modification import MODIFICATION
from api.resources.process_definitions import PROCESS_DEFINITIONS
from api.resources.process_instances import PROCESS_INSTANCES
from api.resources.reports import REPORTS
from api.resources.restart import RESTART
from api.resources.retention import RETENTION
from api.resources.server import SERVER
from api.resources.signals import SIGNALS
from api.resources.tasks import TASKS
from api.resources.tenants import TENANTS
from api.resources.users import USERS
from api.resources.variables import VARIABLES
from api.routing import all_routes

ROUTES = all_routes(
    (
        DEPLOYMENTS,
        PROCESS_DEFINITIONS,
        RESTART,
        PROCESS_INSTANCES,
        AD_HOC,
        MODIFICATION,
        MIGRATION,
        EXECUTIONS,
        TASKS,
        FILTERS,
        VARIABLES,
        EXTERNAL_TASKS,
        JOBS,
        JOB_DEFINITIONS,
        MESSAGES,
        SIGNALS,
        CONDITIONS,
        EVENT_SUBSCRIPTIONS,
        INCIDENTS,
        BATCHES,
        USERS,
        GROUPS,
        TENANTS,
        IDENTITY,
        AUTHORIZATIONS,
        HISTORY,
        JOB_HISTORY,
        LOGS,
        RETENTION,
        REPORTS,
        DECISIONS,
        REQUIREMENTS,
        DECISION_HISTORY,
        SERVER,
    )
)
"""All routes, in the order in which they are documented."""
