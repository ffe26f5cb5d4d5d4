/** What is said of the elements of a diagram by numbers and colours. */

/** How many of what there are at an element. */
export interface Badges {
  tokens?: number;
  incidents?: number;
  finished?: number;
  cancelled?: number;
  /** The number that it shares with what it belongs to in another diagram. */
  pair?: number;
}

/** How hot an element is, from 0 to 1, and what is written there. */
export interface Heat {
  level: number;
  text: string;
}

/** How an element or a flow is painted. */
export type Mark = "current" | "failed" | "done" | "added" | "removed" | "changed" | "planned";
