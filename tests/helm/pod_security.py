"""The restricted Pod Security standard, for what a chart can write.

https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_VOLUMES = frozenset(
    {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"}
)
_HOST = ("hostNetwork", "hostPID", "hostIPC")


def violations(pod: Mapping[str, Any]) -> Iterator[str]:
    """What an admission controller would refuse in this specification, one sentence each."""
    context = pod.get("securityContext", {})
    yield from (f"{name} is on" for name in _HOST if pod.get(name))
    for volume in pod.get("volumes", ()):
        for kind in volume.keys() - _VOLUMES - {"name"}:
            yield f"volume {volume['name']} is a {kind}"
    for container in (*pod.get("initContainers", ()), *pod["containers"]):
        own = container.get("securityContext", {})
        yield from (f"{container['name']}: {said}" for said in _of_container({**context, **own}))
        yield from (f"{container['name']}: host port" for port in container.get("ports", ()) if port.get("hostPort"))


def _of_container(context: Mapping[str, Any]) -> Iterator[str]:
    """`context` is the container's, with the pod's where it says nothing itself."""
    capabilities = context.get("capabilities", {})
    if context.get("privileged"):
        yield "privileged"
    if context.get("allowPrivilegeEscalation") is not False:
        yield "privileges may escalate"
    if context.get("runAsNonRoot") is not True or context.get("runAsUser") == 0:
        yield "may run as root"
    if context.get("seccompProfile", {}).get("type") not in {"RuntimeDefault", "Localhost"}:
        yield "no seccomp profile"
    if "ALL" not in capabilities.get("drop", ()):
        yield "keeps capabilities"
    if set(capabilities.get("add", ())) - {"NET_BIND_SERVICE"}:
        yield "adds capabilities"
    if context.get("procMount", "Default") != "Default":
        yield "unmasks /proc"
