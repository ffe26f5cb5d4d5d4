"""The models that are measured, written once for all engines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise

NAMESPACES = (
    'xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:camunda="http://camunda.org/schema/1.0/bpmn" '
    'targetNamespace="https://baton.example/bench"'
)


class Dialect(Enum):
    """How a service task says what to compute: engines read the same graph, but not the same attributes."""

    CAMUNDA = "camunda"
    PYTHON_SCRIPT = "python"


@dataclass(frozen=True)
class Model:
    """A process: its `key`, the user tasks that wait after the start, and its BPMN text."""

    key: str
    waiting: int
    elements: tuple[str, ...]
    flows: tuple[tuple[str, str], ...]

    def xml(self, dialect: Dialect = Dialect.CAMUNDA) -> bytes:
        """The BPMN file."""
        computed = COMPUTED_TASK[dialect]
        body = [computed.format(id=element[1:]) if element.startswith("=") else element for element in self.elements]
        body += [
            f'<sequenceFlow id="flow{n}" sourceRef="{source}" targetRef="{target}"/>'
            for n, (source, target) in enumerate(self.flows)
        ]
        process = "\n".join(body)
        return (
            f'<?xml version="1.0" encoding="UTF-8"?>\n<definitions {NAMESPACES}>\n'
            f'<process id="{self.key}" isExecutable="true">\n{process}\n</process>\n</definitions>\n'
        ).encode()


COMPUTED_TASK = {
    Dialect.CAMUNDA: '<serviceTask id="{id}" camunda:expression="${{1}}" camunda:resultVariable="x"/>',
    Dialect.PYTHON_SCRIPT: '<scriptTask id="{id}" scriptFormat="python"><script>x = 1</script></scriptTask>',
}
STEPS = 5
"""The durable steps of W4."""
TELL = "bench.tell"
"""The topic of the handler that tells when it began."""
START = '<startEvent id="start"/>'
END = '<endEvent id="end"/>'


def chain(names: Sequence[str]) -> Iterable[tuple[str, str]]:
    """The flows of a sequence."""
    return pairwise(names)


def one_task() -> Model:
    """W1: start -> user task -> end."""
    flows = chain(["start", "task", "end"])
    return Model("w1", 1, (START, '<userTask id="task"/>', END), tuple(flows))


def pass_through(length: int = 10) -> Model:
    """W2: start -> `length` service tasks that compute at once -> end."""
    names = [f"service{n}" for n in range(length)]
    flows = chain(["start", *names, "end"])
    return Model("w2", 0, (START, *(f"={name}" for name in names), END), tuple(flows))


def fork_join(branches: int = 5) -> Model:
    """W3: a fork to `branches` user tasks and their join."""
    names = [f"task{n}" for n in range(branches)]
    gateways = ('<parallelGateway id="fork"/>', '<parallelGateway id="join"/>')
    flows = [("start", "fork"), ("join", "end")]
    flows += [("fork", name) for name in names] + [(name, "join") for name in names]
    return Model("w3", branches, (START, *gateways, *(f'<userTask id="{n}"/>' for n in names), END), tuple(flows))


def multi_instance(size: int) -> Model:
    """W5: one user task, `size` times at once."""
    loop = f"<loopCardinality>{size}</loopCardinality>"
    task = f'<userTask id="task"><multiInstanceLoopCharacteristics>{loop}</multiInstanceLoopCharacteristics></userTask>'
    return Model(f"w5-{size}", size, (START, task, END), tuple(chain(["start", "task", "end"])))


def waiting() -> Model:
    """W6: the model of W1 under its own key, so that what waits is not what W1 left behind."""
    model = one_task()
    return Model("w6", model.waiting, model.elements, model.flows)


def topic(number: int) -> str:
    """Of the handler of a step of W4."""
    return f"bench.step{number}"


def handled() -> Model:
    """W4: service tasks in a row, each done by a handler of its own."""
    names = [f"step{number}" for number in range(STEPS)]
    tasks = (_work(name, topic(number)) for number, name in enumerate(names))
    return Model("w4", 0, (START, *tasks, END), tuple(chain(["start", *names, "end"])))


def told() -> Model:
    """One handler that tells when it began."""
    return Model("told", 0, (START, _work("tell", TELL), END), tuple(chain(["start", "tell", "end"])))


def told_by_timer() -> Model:
    """The same after a timer; the variable `due` says when."""
    elements = (START, _timer("timeDate", "${due}"), _work("tell", TELL), END)
    return Model("told-by-timer", 0, elements, tuple(chain(["start", "wait", "tell", "end"])))


def timer() -> Model:
    """An hour, and then the end."""
    elements = (START, _timer("timeDuration", "PT1H"), END)
    return Model("timer", 0, elements, tuple(chain(["start", "wait", "end"])))


def _work(id: str, topic: str) -> str:
    return f'<serviceTask id="{id}" camunda:type="external" camunda:topic="{topic}"/>'


def _timer(kind: str, value: str) -> str:
    definition = f"<timerEventDefinition><{kind}>{value}</{kind}></timerEventDefinition>"
    return f'<intermediateCatchEvent id="wait">{definition}</intermediateCatchEvent>'


def large(nodes: int) -> bytes:
    """A file of about `nodes` flow nodes, and more flows: user tasks, service tasks, gateways with conditions."""
    parts = [START]
    previous = "start"
    count = flow = 0

    def connect(source: str, target: str, condition: str = "") -> None:
        nonlocal flow
        flow += 1
        inner = (
            f'<conditionExpression xsi:type="tFormalExpression">{condition}</conditionExpression>' if condition else ""
        )
        parts.append(f'<sequenceFlow id="flow{flow}" sourceRef="{source}" targetRef="{target}">{inner}</sequenceFlow>')

    while 5 * (count + 1) + 2 <= nodes:
        fork, task, service, join, last = (f"{kind}{count}" for kind in ("fork", "task", "service", "join", "last"))
        parts += [
            f'<exclusiveGateway id="{fork}" name="Large enough?" default="flow{flow + 3}"/>',
            f'<userTask id="{task}" name="Decide {count}" camunda:candidateGroups="sales" camunda:dueDate="${{due}}"/>',
            f'<serviceTask id="{service}" camunda:expression="${{amount * 2}}" camunda:resultVariable="amount"/>',
            f'<exclusiveGateway id="{join}"/>',
        ]
        connect(previous, fork)
        connect(fork, task, f"${{amount &gt; {count}}}")
        connect(fork, service)
        connect(task, join)
        connect(service, join)
        parts.append(f'<task id="{last}" name="Go on {count}"/>')
        connect(join, last)
        previous = last
        count += 1
    parts.append(END)
    connect(previous, "end")
    process = "\n".join(parts)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<definitions {NAMESPACES} xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">\n'
        f'<process id="large" isExecutable="true">\n{process}\n</process>\n</definitions>\n'
    ).encode()
