"""The method table: a name, its parameters, and the function that answers."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from tracehold.devchain.chain import DevChain
from tracehold.devchain.errors import bad_params
from tracehold.devchain.params import named
from tracehold.devchain.view import View

REQUIRED = object()


class Param(NamedTuple):
    """One positional parameter; without a default it must be given."""

    name: str
    parse: Callable[[Any], object]
    default: object = REQUIRED


@dataclass(frozen=True, slots=True)
class Context:
    """What a method works on: the open chain, and the view that this request borrowed."""

    chain: DevChain
    view: View


Handler = Callable[..., object]
H = TypeVar("H", bound=Handler)


class Method(NamedTuple):
    """A method of the table."""

    params: tuple[Param, ...]
    handler: Handler

    def answer(self, context: Context, given: list[Any]) -> object:
        """Parse the parameters and answer. Raises RpcError -32602, and what the handler raises."""
        if len(given) > len(self.params):
            raise bad_params(f"too many arguments, want at most {len(self.params)}")
        padded = [*given, *[None] * (len(self.params) - len(given))]
        return self.handler(context, *map(_value, self.params, padded))


METHODS: dict[str, Method] = {}


def method(name: str, *params: Param) -> Callable[[H], H]:
    """Enter the function below into the table; it takes a Context and the parsed parameters."""

    def enter(handler: H) -> H:
        METHODS[name] = Method(params, handler)
        return handler

    return enter


def _value(param: Param, given: Any) -> object:
    if given is not None:
        return named(param.name, param.parse, given)
    if param.default is REQUIRED:
        raise bad_params(f"missing value for required argument {param.name}")
    return param.default
