"""The control flow of a Selenium test: unrolled where what it hangs on is known, left out as a block otherwise."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from services.ingest.adapters.faults import Faults, pointer, shown
from services.ingest.adapters.selenium.commands import carry_out, keep_disabled, known_name
from services.ingest.adapters.selenium.project import Command, Test
from services.ingest.adapters.selenium.selenese import condition_holds, is_row_loop
from services.ingest.adapters.selenium.stage import Stage
from services.ingest.adapters.selenium.storing import name_of
from services.ingest.adapters.selenium.values import Unknown, holds

MAX_LEVELS = 30  # of blocks and tests inside each other
USUAL_LIMIT = 1000  # turns of a loop, unless it names its own: as in Selenium IDE
_OPENS = frozenset({"if", "while", "times", "forEach", "do"})
_ENDS = {"if": "end", "while": "end", "times": "end", "forEach": "end", "do": "repeatIf"}
_STORES = ("store", "executescript", "executeasyncscript", "foreach")  # storeEval among them


@dataclass(slots=True)
class Branch:
    """Commands under a condition: that of `if`, `elseIf`, `while`, …"""

    head: Command
    nodes: "list[Command | Block]" = field(default_factory=list)


@dataclass(slots=True)
class Block:
    """Commands from one that opens a block to the one that ends it."""

    kind: str
    branches: list[Branch]
    tail: Command | None = None

    def commands(self) -> Iterator[Command]:
        """All in it, with those of the control flow."""
        for branch in self.branches:
            yield branch.head
            for node in branch.nodes:
                yield from node.commands() if isinstance(node, Block) else [node] if not node.disabled else []
        if self.tail is not None:
            yield self.tail


Node = Command | Block


def blocks_of(test: Test, place: int, faults: Faults) -> list[Node]:
    """The commands as a tree. A block that is not ended, or ended twice, is a fault of the file, as in Selenium IDE."""
    top: list[Node] = []
    open_blocks: list[Block] = []
    for command in test.commands:
        if not command.name:
            continue
        where = pointer("tests", place, "commands", command.place)
        name = known_name(command.name)
        nodes = open_blocks[-1].branches[-1].nodes if open_blocks else top
        if command.disabled:
            nodes.append(command)
        elif name in _OPENS:
            block = Block(str(name), [Branch(command)])
            nodes.append(block)
            open_blocks.append(block)
            if len(open_blocks) > MAX_LEVELS:
                faults.add(where, f"blocks are nested more than {MAX_LEVELS} deep.")
                return top
        elif name in ("else", "elseIf"):
            if not open_blocks or open_blocks[-1].kind != "if":
                faults.add(where, f'"{name}" stands outside of an "if"; remove it.')
            else:
                open_blocks[-1].branches.append(Branch(command))
        elif name in ("end", "repeatIf"):
            if not open_blocks or _ENDS[open_blocks[-1].kind] != name:
                faults.add(where, f'"{name}" ends nothing; remove it.')
            else:
                open_blocks.pop().tail = command
        else:
            nodes.append(command)
    for block in open_blocks:
        where = pointer("tests", place, "commands", block.branches[0].head.place)
        faults.add(where, f'"{block.kind}" has no "{_ENDS[block.kind]}"; add it.')
    return top


def run_test(stage: Stage, test: Test, place: int | None, faults: Faults) -> None:
    """The commands of a test; `place`: that of the command that runs it, where one does."""
    stage.running.append(test.name)
    nodes = blocks_of(test, stage.project.tests.index(test), faults)
    faults.refuse_if_any()
    _perform(stage, nodes, place, faults)
    stage.running.pop()


def _perform(stage: Stage, nodes: Sequence[Node], place: int | None, faults: Faults) -> None:
    for node in nodes:
        if isinstance(node, Block):
            _block(stage, node, place, faults)
            continue
        stage.count()
        command = node if place is None else node.within(place)
        if command.disabled:
            keep_disabled(stage, command)
        elif known_name(command.name) == "run":
            _run(stage, command, faults)
        else:
            carry_out(stage, command)


def _run(stage: Stage, command: Command, faults: Faults) -> None:
    """`run`: the commands of another test stand in its place."""
    name = stage.variables.said(command.target).text or command.target
    test = stage.project.test(name)
    if test is None:
        stage.leave_out(command, f"the project has no test {shown(name)}")
    elif test.name in stage.running:
        stage.leave_out(command, f"the test {shown(name)} runs itself, which would never end")
    elif len(stage.running) >= MAX_LEVELS:
        stage.leave_out(command, f"tests run each other more than {MAX_LEVELS} deep")
    else:
        stage.note(command, "carried", f"the commands of the test {shown(name)} stand here")
        run_test(stage, test, command.place, faults)


def _block(stage: Stage, block: Block, place: int | None, faults: Faults) -> None:
    stage.count()
    head = block.branches[0].head if place is None else block.branches[0].head.within(place)
    mark = stage.mark()
    try:
        for nodes in _turns(stage, block):
            _perform(stage, nodes, place, faults)
    except Unknown as error:
        stage.back_to(mark)
        stage.variables.forget(_stored(block))
        many = sum(1 for _ in block.commands())
        why = str(error) or "its condition is only known when the test runs, and a recording has no conditions"
        tail = "" if many == 1 else f" (it and {many - 1} more commands up to its end)"
        stage.leave_out(head, f"the block is left out{tail}: {why}")


def _turns(stage: Stage, block: Block) -> Iterator[Sequence[Node]]:
    """The commands to perform, one turn after the other. Raises `Unknown` as soon as only a browser could say."""
    head = block.branches[0].head
    match block.kind:
        case "if":
            yield from _chosen(stage, block)
        case "times":
            yield from [block.branches[0].nodes] * _number(stage, head)
        case "forEach":
            yield from _each(stage, block)
        case "while" if stage.project.selenese and is_row_loop(head.target):
            stage.note(head, "changed", "what is done with each row of a data file is done with each row of a job")
            yield block.branches[0].nodes
        case "while":
            for turn in range(_limit(stage, head) + 1):
                if not _holds(stage, head):
                    return
                _refuse_turn(turn, head, stage)
                yield block.branches[0].nodes
        case _:
            assert block.tail is not None
            for turn in range(_limit(stage, block.tail) + 1):
                _refuse_turn(turn, block.tail, stage)
                yield block.branches[0].nodes
                if not _holds(stage, block.tail):
                    return


def _chosen(stage: Stage, block: Block) -> Iterator[Sequence[Node]]:
    for branch in block.branches:
        stage.count()
        if known_name(branch.head.name) == "else" or _holds(stage, branch.head):
            yield branch.nodes
            return


def _each(stage: Stage, block: Block) -> Iterator[Sequence[Node]]:
    head = block.branches[0].head
    items = stage.variables.known.get(name_of(head.target))
    if not isinstance(items, list):
        raise Unknown("the list that it goes through is only known when the test runs")
    for turn, item in enumerate(items):
        _refuse_turn(turn, head, stage)
        stage.variables.know(name_of(head.value), item)
        yield block.branches[0].nodes


def _number(stage: Stage, head: Command) -> int:
    said = stage.variables.said(head.target).text
    try:
        number = int(float(said or ""))
    except (ValueError, OverflowError):
        raise Unknown("how many times is only known when the test runs") from None
    if number > _limit(stage, head):
        raise Unknown(f"{number} times are more than the {_limit(stage, head)} that are allowed")
    return max(0, number)


def _limit(stage: Stage, command: Command) -> int:
    said = stage.variables.said(command.value).text or ""
    return min(int(said), USUAL_LIMIT) if said.isdecimal() and len(said) < 9 and int(said) else USUAL_LIMIT


def _refuse_turn(turn: int, command: Command, stage: Stage) -> None:
    limit = USUAL_LIMIT if known_name(command.name) == "forEach" else _limit(stage, command)
    stage.count()
    if turn >= limit:
        raise Unknown(f"it goes on for more than {limit} turns")


def _holds(stage: Stage, command: Command) -> bool:
    if stage.project.selenese:
        return condition_holds(stage.variables, command.target)
    condition = stage.variables.script(command.target)
    if condition is None:
        raise Unknown
    return holds(condition)


def _stored(block: Block) -> list[str]:
    """The variables that something in the block may set."""
    names: list[str] = []
    for command in block.commands():
        squashed = command.name.replace(" ", "").casefold()
        if squashed.startswith(_STORES):
            names.append(name_of(command.value) or name_of(command.target))
    return names
