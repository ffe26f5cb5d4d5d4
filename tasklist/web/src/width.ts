/** How much room there is: on a phone some things are shown otherwise, and not only smaller. */

import { useEffect, useState } from "preact/hooks";

/** As in the styles. */
const NARROW = "(max-width: 900px)";

/** Is there no room for two things beside one another? */
export function useIsNarrow(): boolean {
  const [narrow, set] = useState(() => matchMedia(NARROW).matches);
  useEffect(() => {
    const media = matchMedia(NARROW);
    const look = () => set(media.matches);
    media.addEventListener("change", look);
    return () => media.removeEventListener("change", look);
  }, []);
  return narrow;
}
