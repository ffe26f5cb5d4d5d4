/** Administration: people, groups, tenants, what they may do, the audit log, and the system itself. */

import "./admin.css";
import { useLocation, useRoute } from "preact-iso";
import { Empty } from "../../components/basics";
import { may } from "../../session";
import { Audit } from "./audit";
import { Authorizations } from "./authorizations";
import { Groups, Tenants } from "./groups";
import { SignIns } from "./sign-ins";
import { System } from "./system";
import { Users } from "./users";

const PARTS = [
  { id: "users", label: "Users", show: Users },
  { id: "groups", label: "Groups", show: Groups },
  { id: "tenants", label: "Tenants", show: Tenants },
  { id: "authorizations", label: "Permissions", show: Authorizations },
  { id: "sign-ins", label: "Signed in", show: SignIns },
  { id: "audit", label: "Audit log", show: Audit },
  { id: "system", label: "System", show: System },
] as const;

/** On a phone not all parts have room beside one another. */
const intoView = (link: HTMLElement | null) => link?.scrollIntoView({ block: "nearest", inline: "center" });

export default function Admin() {
  const { params } = useRoute();
  const { path } = useLocation();
  if (!may("admin")) {
    return (
      <main class="page">
        <Empty title="This is for administrators">Ask one of them if you need something here.</Empty>
      </main>
    );
  }
  const part = PARTS.find((one) => one.id === params.part) ?? PARTS[0];
  return (
    <main class="page admin">
      <h1>Admin</h1>
      <nav class="admin-nav" aria-label="Administration">
        {PARTS.map((one) => (
          <a key={one.id} ref={one.id === part.id ? intoView : undefined} href={`/admin/${one.id}`} aria-current={one.id === part.id ? "page" : undefined}>
            {one.label}
          </a>
        ))}
      </nav>
      <part.show key={path} />
    </main>
  );
}
