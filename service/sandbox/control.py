"""The sandbox's own switches: what was asked of it, faults, a fresh start, and the whole state."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Response, jsonify, request

from service.sandbox.faults import Fault, Faults
from service.sandbox.journal import Journal

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from service.sandbox.world import World


def blueprint(world: World, journal: Journal, faults: Faults) -> Blueprint:
    control = Blueprint("control", __name__)

    @control.get("/_log")
    def log() -> Response:
        """Every API request so far: at, actor, forge, method, path, status."""
        return jsonify([record.as_json() for record in journal.records])

    @control.route("/_faults", methods=["GET", "POST", "DELETE"])
    def set_faults() -> ResponseReturnValue:
        if request.method == "DELETE":
            faults.clear()
        if request.method == "POST":
            return _add(faults)
        return jsonify([{"path": rule.path, "kind": rule.kind, "times": rule.times} for rule in faults.rules])

    @control.post("/_reset")
    def reset() -> ResponseReturnValue:
        """Starts afresh; a JSON body is a new seed."""
        seed = request.get_json(silent=True)
        world.reset(seed if isinstance(seed, dict) and seed else None)
        journal.clear()
        faults.clear()
        return "", 204

    @control.get("/_state")
    def state() -> Response:
        return jsonify(world.snapshot_json())

    @control.post("/_features/<forge>")
    def features(forge: str) -> ResponseReturnValue:
        """Switches features of a forge on and off: `{"graphql": false}`."""
        switches = request.get_json(silent=True)
        known = world.features.get(forge)
        if known is None or not isinstance(switches, dict) or not all(hasattr(known, name) for name in switches):
            return jsonify(error="unknown forge or feature"), 422
        for name, on in switches.items():
            setattr(known, name, bool(on))
        return "", 204

    return control


def _add(faults: Faults) -> ResponseReturnValue:
    given = request.get_json(silent=True)
    try:
        fault = Fault.read(given if isinstance(given, dict) else {})
    except (ValueError, TypeError) as problem:
        return jsonify(error=str(problem)), 422
    faults.add(fault)
    return "", 204
