/** The columns of the tasks, as a table has them. */

import { Avatar, Id, When } from "../../components/basics";
import type { Column } from "../../components/table";
import { me } from "../../session";
import type { Row } from "./rows";
import { valueText, type ShownVariable } from "./shown";
import { nameOf, processOf } from "./views";

/** `variables` are the ones that the list shows; a link leads to the task. */
export function columnsOf(variables: readonly ShownVariable[], href: (row: Row) => string, focused: (row: Row) => void): Column<Row>[] {
  return [
    {
      id: "name",
      label: "Task",
      sortBy: "name",
      show: (row) => (
        <a class="strong task-name" href={href(row)} dir="auto" onFocus={() => focused(row)}>
          {nameOf(row)}
        </a>
      ),
    },
    {
      id: "process",
      label: "Process",
      show: (row) => <span dir="auto">{processOf(row)}</span>,
      inFile: [
        { label: "Process", path: ["processDefinitionName"] },
        { label: "Key of the process", path: ["processDefinitionKey"] },
      ],
    },
    { id: "businessKey", label: "Business key", show: (row) => <span dir="auto">{row.businessKey}</span> },
    ...variables.map(
      ({ name, label }): Column<Row> => ({
        id: `variable-${encodeURIComponent(name).replaceAll(".", "%2E")}`,
        label,
        show: (row) => <span dir="auto">{valueText(row.shown[name])}</span>,
        inFile: [{ label, path: ["shown", name, "value"] }],
      }),
    ),
    {
      id: "assignee",
      label: "Assignee",
      show: (row) =>
        row.assignee && (
          <span class="mark-text">
            <Avatar name={row.assignee} /> <span aria-hidden="true">{row.assignee === me() ? "You" : row.assignee}</span>
          </span>
        ),
    },
    {
      id: "candidates",
      label: "Offered to",
      extra: true,
      show: (row) => [...row.candidateGroups, ...row.candidateUsers].join(", "),
      inFile: [
        { label: "Offered to groups", path: ["candidateGroups"] },
        { label: "Offered to users", path: ["candidateUsers"] },
      ],
    },
    { id: "due", label: "Due", sortBy: "due", show: (row) => row.due && <When at={row.due} late /> },
    { id: "followUp", label: "Snoozed until", extra: true, show: (row) => row.followUp && <When at={row.followUp} /> },
    { id: "priority", label: "Priority", sortBy: "priority", number: true, show: (row) => row.priority },
    { id: "created", label: "Created", sortBy: "created", show: (row) => <When at={row.created} /> },
    { id: "lastUpdated", label: "Last changed", sortBy: "changed", extra: true, show: (row) => row.lastUpdated && <When at={row.lastUpdated} /> },
    { id: "comments", label: "Comments", number: true, extra: true, show: (row) => row.comments || "" },
    { id: "owner", label: "Owner", extra: true, show: (row) => row.owner },
    { id: "tenantId", label: "Tenant", extra: true, show: (row) => row.tenantId },
    { id: "id", label: "Id", extra: true, show: (row) => <Id value={row.id} /> },
  ];
}
