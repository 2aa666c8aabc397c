"""Is one GraphQL schema a part of another? What a smaller server promises must be just what the real one promises."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    is_introspection_type,
    is_required_argument,
    is_required_input_field,
    is_specified_scalar_type,
    print_ast,
)


def differences(ours: GraphQLSchema, theirs: GraphQLSchema) -> list[str]:
    """Sentences on everything in `ours` that `theirs` does not have, or has differently."""
    found = []
    for name, own in ours.type_map.items():
        if is_introspection_type(own) or is_specified_scalar_type(own):
            continue
        real = theirs.type_map.get(name)
        if real is None or type(real) is not type(own):
            found.append(f"{name}: there is no such {type(own).__name__}")
        else:
            found += [f"{name}{line}" for line in _type(own, real)]
    return found


def _type(own: GraphQLNamedType, real: GraphQLNamedType) -> Iterator[str]:
    match own, real:
        case GraphQLObjectType(), GraphQLObjectType():
            yield from _composite(own, real)
        case GraphQLInterfaceType(), GraphQLInterfaceType():
            yield from _composite(own, real)
        case GraphQLInputObjectType(), GraphQLInputObjectType():
            yield from _inputs(own.fields, real.fields)
        case GraphQLEnumType(), GraphQLEnumType():
            yield from _missing(".", set(own.values), set(real.values))
        case GraphQLUnionType(), GraphQLUnionType():
            yield from _missing(" = ", _names(own.types), _names(real.types))
        case _:
            return  # a scalar is its name


def _composite(
    own: GraphQLObjectType | GraphQLInterfaceType, real: GraphQLObjectType | GraphQLInterfaceType
) -> Iterator[str]:
    yield from _missing(" implements ", _names(own.interfaces), _names(real.interfaces))
    yield from _fields(own.fields, real.fields)


def _fields(own: Mapping[str, GraphQLField], real: Mapping[str, GraphQLField]) -> Iterator[str]:
    yield from _missing(".", set(own), set(real))
    for name in own.keys() & real.keys():
        if str(own[name].type) != str(real[name].type):
            yield f".{name}: is {real[name].type}, not {own[name].type}"
        yield from (f".{name}{line}" for line in _arguments(own[name].args, real[name].args))


def _arguments(own: Mapping[str, GraphQLArgument], real: Mapping[str, GraphQLArgument]) -> Iterator[str]:
    yield from (f"({name}): does not exist" for name in sorted(own.keys() - real.keys()))
    for name, argument in own.items():
        if name in real and str(argument.type) != str(real[name].type):
            yield f"({name}): is {real[name].type}, not {argument.type}"
        if name in real and _default(argument) != _default(real[name]):
            yield f"({name}): its default is {_default(real[name])}, not {_default(argument)}"
    required = {name for name, argument in real.items() if is_required_argument(argument)}
    yield from (f"({name}): is required" for name in sorted(required - own.keys()))


def _default(argument: GraphQLArgument) -> str:
    """As written; both schemas were built from text."""
    node = argument.ast_node.default_value if argument.ast_node else None
    return print_ast(node) if node else "none"


def _inputs(own: Mapping[str, GraphQLInputField], real: Mapping[str, GraphQLInputField]) -> Iterator[str]:
    yield from _missing(".", set(own), set(real))
    for name in own.keys() & real.keys():
        if str(own[name].type) != str(real[name].type):
            yield f".{name}: is {real[name].type}, not {own[name].type}"
    required = {name for name, given in real.items() if is_required_input_field(given)}
    yield from (f".{name}: is required" for name in sorted(required - own.keys()))


def _missing(before: str, own: set[str], real: set[str]) -> Iterator[str]:
    return (f"{before}{name}: does not exist" for name in sorted(own - real))


def _names(types: Iterable[GraphQLNamedType]) -> set[str]:
    return {each.name for each in types}
