"""Jobs that suspended or activated definitions at a time, and are done, are not kept any more."""

from alembic import op

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    """Go from revision 0029 to revision 0030; what the log says of these jobs is kept."""
    op.execute(
        "DELETE FROM job WHERE ended_at IS NOT NULL AND kind IN ('suspend-processdefinition', "
        "'activate-processdefinition', 'suspend-job-definition', 'activate-job-definition')"
    )
