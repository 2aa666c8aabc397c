"""What is asked of metrics in PromQL, held against the catalogue: whether it can be answered, and is asked rightly."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import promql_parser as promql

from service.metrics.catalogue import METRICS
from service.metrics.metric import Metric

SERIES: Mapping[str, Metric] = {
    **{metric.name: metric for metric in METRICS if metric.kind != "histogram"},
    **{f"{m.name}_{part}": m for m in METRICS if m.kind == "histogram" for part in ("bucket", "sum", "count")},
}
_SCRAPER = frozenset({"job"})  # put on everything by whoever scrapes
_CLOSED = frozenset({"result", "outcome", "state", "resource"})  # the catalogue tells all values of these in `…`
_GROWTH = frozenset({"rate", "increase"})


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a series stands: the calls around it, and the innermost aggregation."""

    calls: frozenset[str] = frozenset()
    over: str = ""
    by: tuple[str, ...] = ()


def selectors(query: str) -> Iterator[Mapping[str, str]]:
    """Of each series that the query asks for, the labels it must carry."""
    for found, _ in _walk(promql.parse(query), _Place()):
        yield {matcher.name: matcher.value for matcher in found.matchers.matchers}


def faults(query: str) -> Iterator[str]:
    """Why Prometheus would not take it, find nothing, or count a thing twice."""
    try:
        parsed = promql.parse(query)
    except ValueError as error:
        yield f"{query}: {error}"
        return
    for found, place in _walk(parsed, _Place()):
        metric = SERIES.get(found.name or "")
        said = ["is no metric"] if metric is None else [*_unknown(metric, found, place), *_wrong(metric, place)]
        yield from (f"{found.name} {fault}, in: {query}" for fault in said)


def _walk(node: Any, place: _Place) -> Iterator[tuple[promql.VectorSelector, _Place]]:
    match node:
        case promql.VectorSelector():
            yield node, place
        case promql.MatrixSelector():
            yield node.vector_selector, place
        case promql.AggregateExpr():
            by = tuple(node.modifier.labels) if node.modifier else ()
            yield from _walk(node.expr, _Place(place.calls, str(node.op), by))
        case promql.Call():
            inside = _Place(place.calls | {node.func.name}, place.over, place.by)
            yield from (found for argument in node.args for found in _walk(argument, inside))
        case promql.BinaryExpr():
            yield from (found for side in (node.lhs, node.rhs) for found in _walk(side, place))
        case promql.ParenExpr() | promql.UnaryExpr() | promql.SubqueryExpr():
            yield from _walk(node.expr, place)
        case _:
            pass


def _unknown(metric: Metric, found: promql.VectorSelector, place: _Place) -> Iterator[str]:
    labels = {*metric.labels, *_SCRAPER, *({"le"} if (found.name or "").endswith("_bucket") else ())}
    matchers = found.matchers.matchers
    yield from (f"has no label {name}" for name in {m.name for m in matchers} | {*place.by} if name not in labels)
    for matcher in matchers:
        for value in matcher.value.split("|") if matcher.name in _CLOSED else ():
            if f"`{value}`" not in metric.meaning:
                yield f"is never {matcher.name}={value}"


def _wrong(metric: Metric, place: _Place) -> Iterator[str]:
    """What all processes share is the same in each, so never added up; what each counts is of use only together."""
    if metric.kind != "gauge" and not place.calls & _GROWTH:
        yield "only ever grows: ask for its rate or increase"
    if metric.kind != "gauge" and place.over != "sum":
        yield "is counted by each process: add it up"
    if metric.source == "database" and place.over not in {"max", "min"}:
        yield "is the same in every process: take the largest"
    if metric.kind == "gauge" and not place.over and "absent" not in place.calls:
        yield "comes from each process: say how to take them together"
