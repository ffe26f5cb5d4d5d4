# ruff: noqa: N802 - the names are Camunda's
"""What a Python script sees of the engine, `execution`, `task` and `BpmnError`: run inside the sandbox before the
script, and in the sandbox's dialect (no inheritance, no properties)."""

# A variable may have the name of a builtin.
_Exception, _dict, _isinstance, _len, _list, _set, _setattr, _str, _TypeError = (
    Exception,
    dict,
    isinstance,
    len,
    list,
    set,
    setattr,
    str,
    TypeError,
)

# The code and the message of each BpmnError that the script made.
_errors: list[list[object]] = []


def BpmnError(code: str, message: str | None = None) -> Exception:
    """An exception that ends the script with a BPMN error."""
    if not _isinstance(code, _str) or code == "":
        raise _TypeError("The code of a BpmnError must be a text")
    _errors.append([code, message if _isinstance(message, _str) else None])
    return _Exception("BpmnError " + _str(_len(_errors)))


class _Scope:
    """A host object; its changes are recorded in `calls` and seen by later reads."""

    def __init__(
        self,
        name: str,
        getters: dict[str, object],
        local: list[str],
        commands: list[str],
        variables: dict[str, object],
        unreadable: dict[str, str],
        calls: list[object],
    ) -> None:
        self._name = name
        self._getters = getters
        self._local = _set(local)
        self._variables = variables
        self._unreadable = unreadable
        self._calls = calls
        for getter, value in getters.items():
            _setattr(self, getter, self._make_getter(getter))
            _setattr(self, self._property(getter), value)
        for command in commands:
            _setattr(self, command, self._make_command(command))

    def _property(self, getter: str) -> str:
        bare = getter.removeprefix("get").removeprefix("is")
        return bare[:1].lower() + bare[1:]

    def _make_getter(self, getter: str) -> object:
        def get() -> object:
            return self._getters[getter]

        return get

    def _make_command(self, command: str) -> object:
        def run(*args: object) -> None:
            self._calls.append([self._name, command, _list(args)])
            getter = "get" + command.removeprefix("set")
            if getter in self._getters:
                self._getters[getter] = args[0]
                _setattr(self, self._property(getter), args[0])

        return run

    def _read(self, name: str) -> object:
        if name in self._unreadable:
            raise _TypeError(f"The variable '{name}' is of type {self._unreadable[name]}, which a script cannot read")
        return self._variables.get(name)

    def _write(self, method: str, name: str, value: object) -> None:
        if not _isinstance(name, _str):
            raise _TypeError("The name of a variable must be a text")
        self._calls.append([self._name, method, [name, value]])
        if method == "setVariableLocal":
            self._local.add(name)
        self._unreadable.pop(name, None)
        self._variables[name] = value

    def _remove(self, method: str, name: str) -> None:
        self._calls.append([self._name, method, [name]])
        self._local.discard(name)
        self._unreadable.pop(name, None)
        self._variables.pop(name, None)

    def getVariable(self, name: str) -> object:
        return self._read(name)

    def getVariableLocal(self, name: str) -> object:
        return self._read(name) if name in self._local else None

    def getVariables(self) -> dict[str, object]:
        return _dict(self._variables)

    def getVariablesLocal(self) -> dict[str, object]:
        return {name: self._variables[name] for name in self._local if name in self._variables}

    def getVariableNames(self) -> list[str]:
        return _list(self._variables) + _list(self._unreadable)

    def getVariableNamesLocal(self) -> list[str]:
        return _list(self._local)

    def hasVariable(self, name: str) -> bool:
        return name in self._variables or name in self._unreadable

    def hasVariableLocal(self, name: str) -> bool:
        return name in self._local

    def hasVariables(self) -> bool:
        return _len(self.getVariableNames()) > 0

    def hasVariablesLocal(self) -> bool:
        return _len(self._local) > 0

    def setVariable(self, name: str, value: object) -> None:
        self._write("setVariable", name, value)

    def setVariableLocal(self, name: str, value: object) -> None:
        self._write("setVariableLocal", name, value)

    def setVariables(self, values: dict[str, object]) -> None:
        for name, value in values.items():
            self._write("setVariable", name, value)

    def setVariablesLocal(self, values: dict[str, object]) -> None:
        for name, value in values.items():
            self._write("setVariableLocal", name, value)

    def removeVariable(self, name: str) -> None:
        self._remove("removeVariable", name)

    def removeVariableLocal(self, name: str) -> None:
        self._remove("removeVariableLocal", name)
