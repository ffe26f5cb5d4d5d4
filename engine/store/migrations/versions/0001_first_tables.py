"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:  # noqa: PLR0915  (one statement for each table and index)
    """Make the tables of revision 0001."""
    op.create_table(
        "comment",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("user_task_id", ID, nullable=True),
        sa.Column("process_instance_id", ID, nullable=True),
        sa.Column("root_id", ID, nullable=True),
        sa.Column("tenant_id", sa.Text, nullable=False),
        sa.Column("user_id", sa.Text, nullable=True),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_comment"),
    )
    op.create_index(
        "ix_comment_process_instance_id",
        "comment",
        ["process_instance_id"],
        postgresql_where=sa.text("process_instance_id IS NOT NULL"),
        sqlite_where=sa.text("process_instance_id IS NOT NULL"),
    )
    op.create_index(
        "ix_comment_user_task_id",
        "comment",
        ["user_task_id"],
        postgresql_where=sa.text("user_task_id IS NOT NULL"),
        sqlite_where=sa.text("user_task_id IS NOT NULL"),
    )

    op.create_table(
        "deployment",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("name", sa.Text, nullable=True),
        sa.Column("source", sa.Text, nullable=True),
        sa.Column("tenant_id", sa.Text, nullable=False),
        sa.Column("deployed_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_deployment"),
    )
    op.create_index(
        "ix_deployment_name",
        "deployment",
        ["name"],
        postgresql_where=sa.text("name IS NOT NULL"),
        sqlite_where=sa.text("name IS NOT NULL"),
    )

    op.create_table(
        "element_instance",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("process_instance_id", ID, nullable=False),
        sa.Column("root_id", ID, nullable=False),
        sa.Column("definition_id", ID, nullable=False),
        sa.Column("scope_id", ID, nullable=False),
        sa.Column("execution_id", ID, nullable=False),
        sa.Column("element_id", sa.Text, nullable=False),
        sa.Column("element_kind", sa.Text, nullable=False),
        sa.Column("element_name", sa.Text, nullable=True),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("transition", sa.Text, nullable=True),
        sa.Column("flow_id", sa.Text, nullable=True),
        sa.Column("loop_counter", sa.Integer, nullable=True),
        sa.Column("loop_total", sa.Integer, nullable=True),
        sa.Column("loop_completed", sa.Integer, nullable=False),
        sa.Column("tokens", sa.Integer, nullable=False),
        sa.Column("called_instance_id", ID, nullable=True),
        sa.Column("user_task_id", ID, nullable=True),
        sa.Column("tenant_id", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("started_at", sa.BigInteger, nullable=True),
        sa.Column("ended_at", sa.BigInteger, nullable=True),
        sa.Column("canceled", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_element_instance"),
        postgresql_with={"fillfactor": 80},
    )
    op.create_index(
        "ix_element_instance_definition_id_element_id_alive",
        "element_instance",
        ["definition_id", "element_id"],
        postgresql_where=sa.text("definition_id IS NOT NULL AND ended_at IS NULL"),
        sqlite_where=sa.text("ended_at IS NULL"),
    )
    op.create_index(
        "ix_element_instance_process_instance_id_ended_at",
        "element_instance",
        ["process_instance_id", "ended_at"],
        postgresql_where=sa.text("process_instance_id IS NOT NULL"),
    )
    op.create_index(
        "ix_element_instance_root_id_alive",
        "element_instance",
        ["root_id"],
        postgresql_where=sa.text("root_id IS NOT NULL AND ended_at IS NULL"),
        sqlite_where=sa.text("ended_at IS NULL"),
    )
    op.create_index(
        "ix_element_instance_scope_id_alive",
        "element_instance",
        ["scope_id"],
        postgresql_where=sa.text("scope_id IS NOT NULL AND ended_at IS NULL"),
        sqlite_where=sa.text("ended_at IS NULL"),
    )

    op.create_table(
        "id_block",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("next_id", ID, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_id_block"),
    )

    op.create_table(
        "identity_link",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("user_task_id", ID, nullable=False),
        sa.Column("root_id", ID, nullable=True),
        sa.Column("process_instance_id", ID, nullable=True),
        sa.Column("user_id", sa.Text, nullable=True),
        sa.Column("group_id", sa.Text, nullable=True),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("ended_at", sa.BigInteger, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_identity_link"),
    )
    op.create_index(
        "ix_identity_link_group_id_alive",
        "identity_link",
        ["group_id"],
        postgresql_where=sa.text("group_id IS NOT NULL AND ended_at IS NULL"),
        sqlite_where=sa.text("group_id IS NOT NULL AND ended_at IS NULL"),
    )
    op.create_index(
        "ix_identity_link_process_instance_id",
        "identity_link",
        ["process_instance_id"],
        postgresql_where=sa.text("process_instance_id IS NOT NULL"),
        sqlite_where=sa.text("process_instance_id IS NOT NULL"),
    )
    op.create_index(
        "ix_identity_link_root_id_alive",
        "identity_link",
        ["root_id"],
        postgresql_where=sa.text("root_id IS NOT NULL AND ended_at IS NULL"),
        sqlite_where=sa.text("root_id IS NOT NULL AND ended_at IS NULL"),
    )
    op.create_index(
        "ix_identity_link_user_id_alive",
        "identity_link",
        ["user_id"],
        postgresql_where=sa.text("user_id IS NOT NULL AND ended_at IS NULL"),
        sqlite_where=sa.text("user_id IS NOT NULL AND ended_at IS NULL"),
    )
    op.create_index(
        "ix_identity_link_user_task_id_ended_at",
        "identity_link",
        ["user_task_id", "ended_at"],
        postgresql_where=sa.text("user_task_id IS NOT NULL"),
    )

    op.create_table(
        "job",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("process_instance_id", ID, nullable=True),
        sa.Column("root_id", ID, nullable=True),
        sa.Column("element_instance_id", ID, nullable=True),
        sa.Column("definition_id", ID, nullable=True),
        sa.Column("element_id", sa.Text, nullable=True),
        sa.Column("tenant_id", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("suspended", sa.Boolean, nullable=False),
        sa.Column("exclusive", sa.Boolean, nullable=False),
        sa.Column("due_at", sa.BigInteger, nullable=True),
        sa.Column("retries", sa.Integer, nullable=True),
        sa.Column("priority", sa.BigInteger, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("lock_owner", sa.Text, nullable=True),
        sa.Column("lock_expires_at", sa.BigInteger, nullable=True),
        sa.Column("lease_token", sa.BigInteger, nullable=True),
        sa.Column("error_message", sa.Text, nullable=True),
        sa.Column("error_details", sa.Text, nullable=True),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("ended_at", sa.BigInteger, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_job"),
        postgresql_with={"fillfactor": 80},
    )
    op.create_index(
        "ix_job_definition_id_element_id_alive",
        "job",
        ["definition_id", "element_id"],
        postgresql_where=sa.text("definition_id IS NOT NULL AND ended_at IS NULL"),
        sqlite_where=sa.text("definition_id IS NOT NULL AND ended_at IS NULL"),
    )
    op.create_index(
        "ix_job_element_instance_id_alive",
        "job",
        ["element_instance_id"],
        postgresql_where=sa.text("element_instance_id IS NOT NULL AND ended_at IS NULL"),
        sqlite_where=sa.text("element_instance_id IS NOT NULL AND ended_at IS NULL"),
    )
    op.create_index(
        "ix_job_process_instance_id_ended_at",
        "job",
        ["process_instance_id", "ended_at"],
        postgresql_where=sa.text("process_instance_id IS NOT NULL"),
        sqlite_where=sa.text("process_instance_id IS NOT NULL"),
    )
    op.create_index(
        "ix_job_root_id_alive",
        "job",
        ["root_id"],
        postgresql_where=sa.text("root_id IS NOT NULL AND ended_at IS NULL"),
        sqlite_where=sa.text("root_id IS NOT NULL AND ended_at IS NULL"),
    )
    op.create_index(
        "ix_job_state_due_at_alive",
        "job",
        ["state", "due_at"],
        postgresql_where=sa.text("state IS NOT NULL AND ended_at IS NULL"),
        sqlite_where=sa.text("ended_at IS NULL"),
    )

    op.create_table(
        "process_instance",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("root_id", ID, nullable=False),
        sa.Column("parent_id", ID, nullable=True),
        sa.Column("caller_id", ID, nullable=True),
        sa.Column("definition_id", ID, nullable=False),
        sa.Column("tenant_id", sa.Text, nullable=False),
        sa.Column("business_key", sa.Text, nullable=True),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("start_element_id", sa.Text, nullable=True),
        sa.Column("start_user", sa.Text, nullable=True),
        sa.Column("started_at", sa.BigInteger, nullable=False),
        sa.Column("ended_at", sa.BigInteger, nullable=True),
        sa.Column("delete_reason", sa.Text, nullable=True),
        sa.Column("tokens", sa.Integer, nullable=False),
        sa.Column("live", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_process_instance"),
        postgresql_with={"fillfactor": 80},
    )
    op.create_index(
        "ix_process_instance_business_key",
        "process_instance",
        ["business_key"],
        postgresql_where=sa.text("business_key IS NOT NULL"),
        sqlite_where=sa.text("business_key IS NOT NULL"),
    )
    op.create_index(
        "ix_process_instance_caller_id",
        "process_instance",
        ["caller_id"],
        postgresql_where=sa.text("caller_id IS NOT NULL"),
        sqlite_where=sa.text("caller_id IS NOT NULL"),
    )
    op.create_index(
        "ix_process_instance_definition_id_alive",
        "process_instance",
        ["definition_id"],
        postgresql_where=sa.text("definition_id IS NOT NULL AND ended_at IS NULL"),
        sqlite_where=sa.text("ended_at IS NULL"),
    )
    op.create_index("ix_process_instance_definition_id_started_at", "process_instance", ["definition_id", "started_at"])
    op.create_index(
        "ix_process_instance_parent_id",
        "process_instance",
        ["parent_id"],
        postgresql_where=sa.text("parent_id IS NOT NULL"),
        sqlite_where=sa.text("parent_id IS NOT NULL"),
    )
    op.create_index("ix_process_instance_root_id", "process_instance", ["root_id"])

    op.create_table(
        "user_task",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("process_instance_id", ID, nullable=True),
        sa.Column("root_id", ID, nullable=True),
        sa.Column("element_instance_id", ID, nullable=True),
        sa.Column("execution_id", ID, nullable=True),
        sa.Column("definition_id", ID, nullable=True),
        sa.Column("element_id", sa.Text, nullable=True),
        sa.Column("tenant_id", sa.Text, nullable=False),
        sa.Column("parent_task_id", ID, nullable=True),
        sa.Column("name", sa.Text, nullable=True),
        sa.Column("description", sa.Text, nullable=True),
        sa.Column("assignee", sa.Text, nullable=True),
        sa.Column("owner", sa.Text, nullable=True),
        sa.Column("priority", sa.Integer, nullable=False),
        sa.Column("due_at", sa.BigInteger, nullable=True),
        sa.Column("follow_up_at", sa.BigInteger, nullable=True),
        sa.Column("delegation_state", sa.Text, nullable=True),
        sa.Column("form_key", sa.Text, nullable=True),
        sa.Column("form_ref", sa.Text, nullable=True),
        sa.Column("form_ref_binding", sa.Text, nullable=True),
        sa.Column("form_ref_version", sa.Text, nullable=True),
        sa.Column("case_instance_id", sa.Text, nullable=True),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("updated_at", sa.BigInteger, nullable=True),
        sa.Column("ended_at", sa.BigInteger, nullable=True),
        sa.Column("delete_reason", sa.Text, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_user_task"),
        postgresql_with={"fillfactor": 80},
    )
    op.create_index(
        "ix_user_task_assignee_ended_at",
        "user_task",
        ["assignee", "ended_at"],
        postgresql_where=sa.text("assignee IS NOT NULL"),
        sqlite_where=sa.text("assignee IS NOT NULL"),
    )
    op.create_index("ix_user_task_created_at", "user_task", ["created_at"])
    op.create_index(
        "ix_user_task_definition_id_element_id_alive",
        "user_task",
        ["definition_id", "element_id"],
        postgresql_where=sa.text("definition_id IS NOT NULL AND ended_at IS NULL"),
        sqlite_where=sa.text("definition_id IS NOT NULL AND ended_at IS NULL"),
    )
    op.create_index(
        "ix_user_task_parent_task_id",
        "user_task",
        ["parent_task_id"],
        postgresql_where=sa.text("parent_task_id IS NOT NULL"),
        sqlite_where=sa.text("parent_task_id IS NOT NULL"),
    )
    op.create_index(
        "ix_user_task_process_instance_id_ended_at",
        "user_task",
        ["process_instance_id", "ended_at"],
        postgresql_where=sa.text("process_instance_id IS NOT NULL"),
        sqlite_where=sa.text("process_instance_id IS NOT NULL"),
    )
    op.create_index(
        "ix_user_task_root_id_alive",
        "user_task",
        ["root_id"],
        postgresql_where=sa.text("root_id IS NOT NULL AND ended_at IS NULL"),
        sqlite_where=sa.text("root_id IS NOT NULL AND ended_at IS NULL"),
    )

    op.create_table(
        "variable",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("scope_id", ID, nullable=False),
        sa.Column("process_instance_id", ID, nullable=True),
        sa.Column("root_id", ID, nullable=True),
        sa.Column("element_instance_id", ID, nullable=True),
        sa.Column("user_task_id", ID, nullable=True),
        sa.Column("definition_id", ID, nullable=True),
        sa.Column("tenant_id", sa.Text, nullable=False),
        sa.Column("value_type", sa.Text, nullable=False),
        sa.Column("long_value", sa.BigInteger, nullable=True),
        sa.Column("double_value", sa.Double, nullable=True),
        sa.Column("text_value", sa.Text, nullable=True),
        sa.Column("data_value", sa.LargeBinary, nullable=True),
        sa.Column("value_meta", sa.Text, nullable=True),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("ended_at", sa.BigInteger, nullable=True),
        sa.Column("deleted", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_variable"),
        postgresql_with={"fillfactor": 80},
    )
    op.create_index(
        "ix_variable_name_alive",
        "variable",
        ["name"],
        postgresql_where=sa.text("name IS NOT NULL AND ended_at IS NULL"),
        sqlite_where=sa.text("ended_at IS NULL"),
    )
    op.create_index(
        "ix_variable_process_instance_id_ended_at",
        "variable",
        ["process_instance_id", "ended_at"],
        postgresql_where=sa.text("process_instance_id IS NOT NULL"),
        sqlite_where=sa.text("process_instance_id IS NOT NULL"),
    )
    op.create_index(
        "ix_variable_root_id_alive",
        "variable",
        ["root_id"],
        postgresql_where=sa.text("root_id IS NOT NULL AND ended_at IS NULL"),
        sqlite_where=sa.text("root_id IS NOT NULL AND ended_at IS NULL"),
    )
    op.create_index(
        "ix_variable_scope_id_ended_at",
        "variable",
        ["scope_id", "ended_at"],
        postgresql_where=sa.text("scope_id IS NOT NULL"),
    )
    op.create_index(
        "ix_variable_user_task_id",
        "variable",
        ["user_task_id"],
        postgresql_where=sa.text("user_task_id IS NOT NULL"),
        sqlite_where=sa.text("user_task_id IS NOT NULL"),
    )

    op.create_table(
        "variable_update",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("variable_id", ID, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("process_instance_id", ID, nullable=True),
        sa.Column("root_id", ID, nullable=True),
        sa.Column("element_instance_id", ID, nullable=True),
        sa.Column("user_task_id", ID, nullable=True),
        sa.Column("value_type", sa.Text, nullable=False),
        sa.Column("long_value", sa.BigInteger, nullable=True),
        sa.Column("double_value", sa.Double, nullable=True),
        sa.Column("text_value", sa.Text, nullable=True),
        sa.Column("data_value", sa.LargeBinary, nullable=True),
        sa.Column("value_meta", sa.Text, nullable=True),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("user", sa.Text, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_variable_update"),
    )
    op.create_index(
        "ix_variable_update_process_instance_id",
        "variable_update",
        ["process_instance_id"],
        postgresql_where=sa.text("process_instance_id IS NOT NULL"),
        sqlite_where=sa.text("process_instance_id IS NOT NULL"),
    )
    op.create_index(
        "ix_variable_update_user_task_id",
        "variable_update",
        ["user_task_id"],
        postgresql_where=sa.text("user_task_id IS NOT NULL"),
        sqlite_where=sa.text("user_task_id IS NOT NULL"),
    )
    op.create_index("ix_variable_update_variable_id", "variable_update", ["variable_id"])

    op.create_table(
        "resource",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("deployment_id", ID, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("generated", sa.Boolean, nullable=False),
        sa.ForeignKeyConstraint(["deployment_id"], ["deployment.id"], name="fk_resource_deployment_id"),
        sa.PrimaryKeyConstraint("id", name="pk_resource"),
        sa.UniqueConstraint("deployment_id", "name", name="uq_resource_deployment_id_name"),
    )
    op.create_index("ix_resource_name", "resource", ["name"])

    op.create_table(
        "process_definition",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("name", sa.Text, nullable=True),
        sa.Column("version_tag", sa.Text, nullable=True),
        sa.Column("deployment_id", ID, nullable=False),
        sa.Column("resource_id", ID, nullable=False),
        sa.Column("resource_name", sa.Text, nullable=False),
        sa.Column("diagram_name", sa.Text, nullable=True),
        sa.Column("tenant_id", sa.Text, nullable=False),
        sa.Column("suspended", sa.Boolean, nullable=False),
        sa.Column("history_time_to_live", sa.Integer, nullable=True),
        sa.Column("startable_in_tasklist", sa.Boolean, nullable=False),
        sa.Column("description", sa.Text, nullable=True),
        sa.Column("start_form_key", sa.Text, nullable=True),
        sa.Column("start_form_ref", sa.Text, nullable=True),
        sa.Column("start_form_ref_binding", sa.Text, nullable=True),
        sa.Column("start_form_ref_version", sa.Text, nullable=True),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(["deployment_id"], ["deployment.id"], name="fk_process_definition_deployment_id"),
        sa.ForeignKeyConstraint(["resource_id"], ["resource.id"], name="fk_process_definition_resource_id"),
        sa.PrimaryKeyConstraint("id", name="pk_process_definition"),
        sa.UniqueConstraint("tenant_id", "key", "version", name="uq_process_definition_tenant_id_key_version"),
    )
    op.create_index("ix_process_definition_deployment_id", "process_definition", ["deployment_id"])

    op.execute("INSERT INTO id_block (name, next_id) VALUES ('row', 1)")
