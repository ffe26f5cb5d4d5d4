/** The versions of DMN: dmn-js reads 1.3 only, and what the others have in common with it is written alike. */

const CURRENT = "https://www.omg.org/spec/DMN/20191111";

/** What stands for each namespace of the others in 1.3. */
const NAMESPACES: readonly [string, string][] = [
  ["http://www.omg.org/spec/DMN/20151101/dmn.xsd", `${CURRENT}/MODEL/`],
  ["http://www.omg.org/spec/DMN/20151101/dmn11.xsd", `${CURRENT}/MODEL/`],
  ["http://www.omg.org/spec/DMN/20180521/MODEL/", `${CURRENT}/MODEL/`],
  ["http://www.omg.org/spec/DMN/20180521/DMNDI/", `${CURRENT}/DMNDI/`],
  ["https://www.omg.org/spec/DMN/20211108/MODEL/", `${CURRENT}/MODEL/`],
  ["https://www.omg.org/spec/DMN/20211108/DMNDI/", `${CURRENT}/DMNDI/`],
  ["https://www.omg.org/spec/DMN/20230324/MODEL/", `${CURRENT}/MODEL/`],
  ["https://www.omg.org/spec/DMN/20230324/DMNDI/", `${CURRENT}/DMNDI/`],
];

/** The kinds of expressions that came with DMN 1.4. */
const LATER = /<(?:[\w-]+:)?(conditional|filter|for|every|some)[\s>]/;

/** The file as one of DMN 1.3. Throws for one that uses what 1.3 has no place for. */
export function asReadable(xml: string): string {
  const used = NAMESPACES.filter(([namespace]) => xml.includes(`"${namespace}"`) || xml.includes(`'${namespace}'`));
  const later = used.length > 0 && LATER.exec(xml)?.[1];
  if (later) throw new Error(`It holds a “${later}”, which only DMN 1.4 and later have.`);
  return used.reduce((text, [namespace, current]) => text.replaceAll(`"${namespace}"`, `"${current}"`).replaceAll(`'${namespace}'`, `'${current}'`), xml);
}
