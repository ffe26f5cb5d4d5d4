/*
 * What a script sees besides JavaScript itself: variables by name, `execution`, `task`, `S`, `print`, `console` and
 * `BpmnError`, which is also where Camunda's Java class of that name is.
 *
 * The value of this file is a function (source, request) that runs one script and returns a JSON text:
 * {"value", "calls": [[target, method, [argument...]]...]}, {"thrown": [code, message], "calls"} or {"error", "stack"};
 * with `null` for request it only reads the script and returns {} or {"error", "stack"}. Values are written as
 * [kind, data], see wire.py.
 */
(function (global) {
  "use strict";
  const { stringify, parse } = JSON;
  const { isFinite, isInteger, isSafeInteger } = Number;
  const { keys, values, defineProperty, hasOwn } = Object;
  const { captureStackTrace } = Error;
  const evaluate = global.eval; // called by this name it evaluates in the global scope, as a script does
  const documents = new WeakSet(); // the objects that are JSON documents, not plain objects
  const thrown = new WeakMap(); // what each BpmnError was made with
  const errorClass = "org.camunda.bpm.engine.delegate.BpmnError";

  class BpmnError extends Error {
    constructor(code, message) {
      if (typeof code !== "string" || code === "") refuse("The code of a BpmnError must be a text", BpmnError);
      super(typeof message === "string" ? message : "");
      thrown.set(this, [code, typeof message === "string" ? message : null]);
    }
    get name() {
      return "BpmnError";
    }
    get errorCode() {
      return thrown.get(this)[0];
    }
    getErrorCode() {
      return this.errorCode;
    }
    getMessage() {
      return thrown.get(this)[1];
    }
  }

  function javaType(name) {
    if (name !== errorClass) throw new TypeError(`There are no Java classes but ${errorClass}, so not ${name}`);
    return BpmnError;
  }

  function refuse(message, above) {
    const problem = new Error(message);
    captureStackTrace(problem, above); // so that the first line of the stack is the script's
    throw problem;
  }

  function decode([kind, data]) {
    switch (kind) {
      case "date":
        return new Date(data);
      case "long":
        return BigInt(data);
      case "document":
        return document(data);
      case "decision":
        return decisionResult(data);
      default:
        return data;
    }
  }

  function document(node) {
    if (node !== null && typeof node === "object") documents.add(node);
    return node;
  }

  function decisionResult(rows) {
    const first = (all) => (all.length ? all[0] : null);
    const single = (all, what) => {
      if (all.length > 1) throw new Error(`The decision has more than one ${what}`);
      return first(all);
    };
    for (const row of rows) {
      give(row, {
        getEntry: (name) => (hasOwn(row, name) ? row[name] : null),
        getEntryMap: () => ({ ...row }),
        getFirstEntry: () => first(values(row)),
        getSingleEntry: () => single(values(row), "entry"),
      });
    }
    return give(rows, {
      collectEntries: (name) => rows.filter((row) => hasOwn(row, name)).map((row) => row[name]),
      getFirstResult: () => first(rows),
      getResultList: () => rows.map((row) => ({ ...row })),
      getSingleEntry: () => (rows.length ? single(rows, "result").getSingleEntry() : null),
      getSingleResult: () => single(rows, "result"),
      size: () => rows.length,
      isEmpty: () => rows.length === 0,
    });
  }

  function give(object, methods) {
    for (const name of keys(methods)) {
      if (!hasOwn(object, name)) defineProperty(object, name, { value: methods[name] }); // an output of that name stays
    }
    return object;
  }

  function encode(value) {
    switch (typeof value) {
      case "bigint":
        return stringify(["long", String(value)]);
      case "number":
        if (!isFinite(value)) throw new TypeError(`${value} cannot be stored; use a finite number`);
        return stringify([isInteger(value) && !isSafeInteger(value) ? "double" : "json", value]);
      case "undefined":
      case "function":
      case "symbol":
        return '["json",null]';
    }
    if (value instanceof Date) return stringify(["date", value.toISOString()]);
    if (value instanceof Promise) throw new TypeError("A promise cannot be stored; scripts run without an event loop");
    return stringify([documents.has(value) ? "document" : "json", value]);
  }

  function scope(name, { properties, local: names, commands }, variables, calls, expose) {
    const local = new Set(names);
    const getters = new Map();

    function nameOf(text, above) {
      if (typeof text !== "string") refuse("The name of a variable must be a text", above);
      return text;
    }
    function record(method, args, above) {
      let written;
      try {
        written = args.map(encode).join(",");
      } catch (problem) {
        refuse(`${name}.${method}: ${describe(problem)}`, above);
      }
      calls.push(`[${stringify(name)},${stringify(method)},[${written}]]`);
    }
    function read(text, above) {
      if (!variables.has(text)) return null;
      const [kind, value] = variables.get(text);
      if (kind === "unreadable") refuse(unreadable(text, value), above);
      return value;
    }
    function readable(chosen) {
      const found = {};
      for (const each of chosen) {
        const [kind, value] = variables.get(each) ?? ["unreadable"];
        if (kind !== "unreadable") found[each] = value;
      }
      return found;
    }
    function write(method, text, value, above) {
      nameOf(text, above);
      record(method, [text, value], above);
      if (method === "setVariableLocal") local.add(text);
      variables.set(text, ["json", value ?? null]);
      expose(text);
    }
    function remove(method, text, above) {
      nameOf(text, above);
      record(method, [text], above);
      local.delete(text);
      variables.delete(text);
      expose(text);
    }

    const object = {
      getVariable: (text) => read(nameOf(text, object.getVariable), object.getVariable),
      getVariableLocal: (text) =>
        local.has(nameOf(text, object.getVariableLocal)) ? read(text, object.getVariableLocal) : null,
      getVariables: () => readable(variables.keys()),
      getVariablesLocal: () => readable(local),
      getVariableNames: () => [...variables.keys()],
      getVariableNamesLocal: () => [...local],
      hasVariable: (text) => variables.has(text),
      hasVariableLocal: (text) => local.has(text),
      hasVariables: () => variables.size > 0,
      hasVariablesLocal: () => local.size > 0,
      setVariable: (text, value) => write("setVariable", text, value, object.setVariable),
      setVariableLocal: (text, value) => write("setVariableLocal", text, value, object.setVariableLocal),
      setVariables: (values) => {
        for (const text of keys(values)) write("setVariable", text, values[text], object.setVariables);
      },
      setVariablesLocal: (values) => {
        for (const text of keys(values)) write("setVariableLocal", text, values[text], object.setVariablesLocal);
      },
      removeVariable: (text) => remove("removeVariable", text, object.removeVariable),
      removeVariableLocal: (text) => remove("removeVariableLocal", text, object.removeVariableLocal),
    };
    for (const getter of keys(properties)) {
      getters.set(getter, decode(properties[getter]));
      object[getter] = () => getters.get(getter);
      const bare = getter.replace(/^(get|is)/, "");
      defineProperty(object, bare[0].toLowerCase() + bare.slice(1), { get: object[getter], enumerable: true });
    }
    for (const command of commands) {
      object[command] = (...args) => {
        record(command, args, object[command]);
        const getter = command.replace(/^set/, "get");
        if (getters.has(getter)) getters.set(getter, args[0] ?? null);
      };
    }
    return object;
  }

  function unreadable(name, type) {
    return `The variable '${name}' is of type ${type}, which a script cannot read`;
  }

  function furnish(request, calls) {
    const variables = new Map();
    const exposed = new Set();

    function expose(name) {
      if (hasOwn(global, name) && !exposed.has(name)) return; // a name of JavaScript or of the script itself
      exposed.add(name);
      if (!variables.has(name)) {
        delete global[name];
        exposed.delete(name);
        return;
      }
      const [kind, value] = variables.get(name);
      if (kind !== "unreadable") {
        defineProperty(global, name, { value, writable: true, enumerable: true, configurable: true });
        return;
      }
      const get = () => refuse(unreadable(name, value), get);
      defineProperty(global, name, { get, enumerable: true, configurable: true });
    }

    const own = { BpmnError, Java: { type: javaType } };
    own.org = { camunda: { bpm: { engine: { delegate: { BpmnError } } } } };
    for (const name of keys(own)) {
      global[name] = own[name];
      exposed.add(name); // a variable of that name goes before it
    }
    for (const name of keys(request.objects)) {
      global[name] = scope(name, request.objects[name], variables, calls, expose);
    }
    global.S = (value) => document(typeof value === "string" ? parse(value) : value);
    global.print = () => undefined;
    global.console = { log: global.print, info: global.print, warn: global.print, error: global.print };
    for (const name of keys(request.variables)) {
      const written = request.variables[name];
      variables.set(name, [written[0], decode(written)]);
      expose(name);
    }
  }

  function describe(problem) {
    return String(problem).slice(0, 2000);
  }

  function failure(problem) {
    const stack = problem instanceof Error && typeof problem.stack === "string" ? problem.stack : "";
    return stringify({ error: describe(problem), stack: stack.slice(0, 4000) });
  }

  return function (source, request) {
    if (request === null) {
      try {
        evaluate(`throw 0;${source}`); // a script that cannot be read is refused before its first statement
      } catch (problem) {
        return problem === 0 ? "{}" : failure(problem);
      }
    }
    const calls = [];
    let value;
    try {
      furnish(parse(request), calls);
      value = evaluate(source);
    } catch (problem) {
      if (thrown.has(problem)) return `{"thrown":${stringify(thrown.get(problem))},"calls":[${calls.join(",")}]}`;
      return failure(problem);
    }
    try {
      return `{"value":${encode(value)},"calls":[${calls.join(",")}]}`;
    } catch (problem) {
      return stringify({ error: `its value cannot be stored: ${describe(problem)}`, stack: "" });
    }
  };
})(globalThis);
