"""What compensation starts: where it is by the model, and which completed scope a scope stands for."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Go from revision 0005 to revision 0006."""
    for name in ("flow_scope_id", "compensates_id"):
        op.add_column("element_instance", sa.Column(name, ID, nullable=True))
