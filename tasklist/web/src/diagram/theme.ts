/** Which colours are shown, light or dark: by choice, or as the system has it. For what is painted and not styled. */

import { computed, signal } from "@preact/signals";
import { preferences } from "../preferences";

const query = window.matchMedia("(prefers-color-scheme: dark)");
const dark = signal(query.matches);
query.addEventListener("change", () => (dark.value = query.matches));

export const theme = computed<"light" | "dark">(() => {
  const chosen = preferences.value.theme;
  return chosen === "system" ? (dark.value ? "dark" : "light") : chosen;
});
