/** A browser as people call it, by what it says of itself. */
export function browserName(agent: string | null): string {
  if (!agent) return "A program";
  const browser = ([["Edg/", "Edge"], ["OPR/", "Opera"], ["Firefox/", "Firefox"], ["Chrome/", "Chrome"], ["Safari/", "Safari"]] as const).find(([sign]) => agent.includes(sign))?.[1];
  const system = ([["Android", "Android"], ["iPhone", "iPhone"], ["iPad", "iPad"], ["Windows", "Windows"], ["Mac OS", "Mac"], ["Linux", "Linux"]] as const).find(([sign]) => agent.includes(sign))?.[1];
  if (!browser) return agent.slice(0, 60);
  return system ? `${browser} on ${system}` : browser;
}
