/** The app: signs in, draws the frame, and finds the screen for the address. Screens load when they are opened. */

import "./styles/index.css"; // first, since it says which layer of styles comes before which

import { render, type ComponentType } from "preact";
import { lazy, LocationProvider, Route, Router, useLocation } from "preact-iso";
import { Compass } from "lucide-preact";
import { ApiError } from "./api/client";
import { Boundary, watchForProblems } from "./components/boundary";
import { Empty, Failure } from "./components/basics";
import { Frame } from "./components/frame";
import { keepPage } from "./dropped";
import { loadSession } from "./session";
import Tasks from "./screens/tasks";

/** A screen that is loaded when it is opened; one that cannot be loaded fails as if it had failed by itself. */
function screen(load: () => Promise<{ default: ComponentType }>) {
  return lazy(() =>
    load().catch((problem: unknown) => ({
      default: (): never => {
        throw problem;
      },
    })),
  );
}

const Modeler = screen(() => import("./screens/modeler"));
const Deployments = screen(() => import("./screens/deployments"));
const Camunda = screen(() => import("./screens/camunda"));
const ProcessList = screen(() => import("./screens/processes"));
const DefinitionScreen = screen(() => import("./screens/definition"));
const InstanceScreen = screen(() => import("./screens/instance"));
const Incidents = screen(() => import("./screens/incidents"));
const DecisionList = screen(() => import("./screens/decisions"));
const DecisionScreen = screen(() => import("./screens/decisions/decision"));
const Batches = screen(() => import("./screens/batches"));
const Admin = screen(() => import("./screens/admin"));
const TaskFilter = screen(() => import("./screens/tasks/filter"));
const Start = screen(() => import("./screens/start"));
const Account = screen(() => import("./screens/account"));
const Kit = screen(() => import("./screens/kit"));

function App() {
  return (
    <LocationProvider>
      <Frame>
        <Screens />
      </Frame>
    </LocationProvider>
  );
}

function Screens() {
  const { url } = useLocation();
  return (
    <Boundary resetOn={url}>
      <Router>
        <Route path="/" component={Tasks} />
        <Route path="/tasks" component={Tasks} />
        <Route path="/modeler" component={Modeler} />
        <Route path="/deployments" component={Deployments} />
        <Route path="/camunda/*" component={Camunda} />
        <Route path="/processes" component={ProcessList} />
        <Route path="/processes/:key" component={DefinitionScreen} />
        <Route path="/instances/:id" component={InstanceScreen} />
        <Route path="/decisions" component={DecisionList} />
        <Route path="/decisions/:key" component={DecisionScreen} />
        <Route path="/incidents" component={Incidents} />
        <Route path="/batches" component={Batches} />
        <Route path="/admin" component={Admin} />
        <Route path="/admin/:part" component={Admin} />
        <Route path="/tasks/filter" component={TaskFilter} />
        <Route path="/start" component={Start} />
        <Route path="/account" component={Account} />
        <Route path="/kit" component={Kit} />
        <Route default component={Nowhere} />
      </Router>
    </Boundary>
  );
}

function Nowhere() {
  return (
    <main class="page">
      <Empty icon={Compass} title="There is no such page">
        <a href="/tasks">Go to your tasks</a>
      </Empty>
    </main>
  );
}

watchForProblems();
keepPage();
const place = document.getElementById("app");
if (place) {
  loadSession().then(
    () => render(<App />, place),
    (problem: unknown) => {
      if (problem instanceof ApiError && problem.status === 401) return; // the client is on its way to the sign-in page
      const error = problem instanceof Error ? problem : new Error(String(problem));
      render(
        <main class="page">
          <Failure error={error} retry={() => location.reload()} />
        </main>,
        place,
      );
    },
  );
}
