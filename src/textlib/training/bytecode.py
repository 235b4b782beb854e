"""What code says and what it refers to, read from the compiled code that will run.

Compiled code knows neither comments nor layout, does not depend on a source file that may have
changed meanwhile, and tells two lambdas of one line apart. Docstrings are left out.
"""

import dis
import functools
import itertools
import re
from collections.abc import Iterator
from types import CodeType
from typing import Any, NamedTuple

UNSAID = ("__doc__", "__firstlineno__", "__static_attributes__")  # of the body of a class
SIGNATURE = 0x2AC  # flags: *args, **options, generator, coroutine
ATTRIBUTES = ("LOAD_ATTR", "LOAD_METHOD")
GLOBALS = ("LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS")
CELLS = ("LOAD_DEREF", "LOAD_CLASSDEREF", "LOAD_FROM_DICT_OR_DEREF")


class Load(NamedTuple):
    """A name that code loads or binds outside of itself, with the attributes that it asks of it.

    Attributes
    ----------
    scope
        ``"global"``, ``"closure"``, or ``"import"`` for what the code itself imports.
    name
        The name; of an imported module in full.
    attributes
        ``("b", "c")`` for ``a.b.c``.
    level
        The leading dots of a relative import.
    """

    scope: str
    name: str
    attributes: tuple[str, ...] = ()
    level: int = 0


class Reading(NamedTuple):
    """What code says as text, the names that it loads, and all attributes; inner code too."""

    text: str
    loads: tuple[Load, ...]
    attributes: frozenset[str]


@functools.lru_cache(maxsize=4096)
def read(code: CodeType) -> Reading:
    """Read compiled code.

    Parameters
    ----------
    code
        A function's ``__code__``.
    """
    said: list[str] = []
    loads: dict[Load, None] = {}
    attributes: set[str] = set()
    waiting: list[tuple[CodeType, dict[str, Load]]] = [(code, {})]
    for each, imported in waiting:  # grows: code inside code comes after it
        steps = list(dis.get_instructions(each))
        said.extend(_said(each, steps))
        attributes |= {step.argval for step in steps if step.opname in ATTRIBUTES}
        imported = {**imported, **dict(_imports(steps))}
        cells = {*each.co_cellvars, *each.co_freevars}
        loads.update(dict.fromkeys(_loads(steps, imported, cells)))
        loads.update(dict.fromkeys(_bindings(steps, each.co_freevars)))
        waiting += [(inner, imported) for inner in each.co_consts if isinstance(inner, CodeType)]
    return Reading("\n".join(said), tuple(loads), frozenset(attributes))


def stored_attributes(code: CodeType, owners: tuple[str, ...]) -> set[str]:
    """Return the attributes that code sets on local variables of the given names."""
    found = set()
    for before, step in itertools.pairwise(dis.get_instructions(code)):
        if step.opname == "STORE_ATTR" and _names(before)[-1:] and _names(before)[-1] in owners:
            found.add(step.argval)
    inner = (each for each in code.co_consts if isinstance(each, CodeType))
    return found.union(*(stored_attributes(each, owners) for each in inner))


def _said(code: CodeType, steps: list[dis.Instruction]) -> Iterator[str]:
    count = code.co_argcount + code.co_kwonlyargcount
    yield f"{code.co_argcount} {code.co_posonlyargcount} {code.co_flags & SIGNATURE}"
    yield " ".join(code.co_varnames[:count]) + code.co_exceptiontable.hex()
    for step, after in itertools.zip_longest(steps, steps[1:], fillvalue=steps[-1]):
        if any(each.opname == "STORE_NAME" and each.argval in UNSAID for each in (step, after)):
            continue
        is_constant = step.opcode in dis.hasconst
        yield f"{step.opname} {constant(step.argval) if is_constant else step.argrepr}"


def constant(value: Any) -> str:
    """Write a constant of code; the order of a set is no part of it."""
    if isinstance(value, CodeType):
        return "code"
    if isinstance(value, tuple):
        return f"({', '.join(map(constant, value))})"
    if isinstance(value, frozenset):
        return f"{{{', '.join(sorted(map(constant, value)))}}}"
    return f"{type(value).__name__} {value!r}"


def _imports(steps: list[dis.Instruction]) -> Iterator[tuple[str, Load]]:
    """Yield the variables to which code binds what it imports."""
    module = value = None
    for index, step in enumerate(steps):
        if step.opname == "IMPORT_NAME":
            level, names = steps[index - 2].argval, steps[index - 1].argval
            name = step.argval if names else step.argval.partition(".")[0]
            module = value = Load("import", name, (), level)
        elif step.opname == "IMPORT_FROM" and module is not None:
            value = module._replace(attributes=(*module.attributes, step.argval))
            if not steps[index - 1].opname.startswith("STORE"):  # import a.b as c
                module = value
        elif step.opname.startswith("STORE_") and value is not None:
            yield _names(step)[0], value
            value = None


def _loads(
    steps: list[dis.Instruction], imported: dict[str, Load], cells: set[str]
) -> Iterator[Load]:
    for index, step in enumerate(steps):
        if not step.opname.startswith("LOAD") and "LOAD_FAST" not in step.opname:
            continue
        chain = tuple(
            after.argval
            for after in itertools.takewhile(lambda s: s.opname in ATTRIBUTES, steps[index + 1 :])
        )
        names = _names(step)
        for name in names:
            if "FAST" in step.opname and name in cells:
                continue  # a cell for a function inside, which loads what is in it by itself
            asked = chain if name is names[-1] else ()
            if step.opname in GLOBALS and name not in imported:
                yield Load("global", name, asked)
            elif name in imported:
                source = imported[name]
                yield source._replace(attributes=(*source.attributes, *asked))
            elif step.opname in CELLS:
                yield Load("closure", name, asked)


def _bindings(steps: list[dis.Instruction], free: tuple[str, ...]) -> Iterator[Load]:
    """Yield the variables outside of the code that it binds: those of a module, of a closure."""
    for step in steps:
        if step.opname in ("STORE_GLOBAL", "DELETE_GLOBAL"):
            yield Load("global", step.argval)
        elif step.opname in ("STORE_DEREF", "DELETE_DEREF") and step.argval in free:
            yield Load("closure", step.argval)


def _names(step: dis.Instruction) -> tuple[str, ...]:
    """Return the variables that an operation loads or stores; since 3.13 some take two."""
    if not re.match("(LOAD|STORE)_(FAST|GLOBAL|NAME|DEREF|CLASSDEREF|FROM_DICT)", step.opname):
        return ()
    return step.argval if isinstance(step.argval, tuple) else (step.argval,)
