/** Takes people who follow a link to one of Camunda's web apps to the same thing here. */

import { useEffect } from "preact/hooks";
import { useLocation } from "preact-iso";
import { Skeleton } from "../../components/basics";
import { translate } from "./links";

export default function Camunda() {
  const { route } = useLocation();
  useEffect(() => route(translate(location.pathname, location.hash), true), []);
  return (
    <main class="page">
      <Skeleton lines={2} />
    </main>
  );
}
