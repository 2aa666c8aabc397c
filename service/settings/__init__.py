"""The environment, and the file it may name, as one checked `Settings` value. Nothing else reads os.environ.

Every mistake is reported at once, each as a sentence that names the variable and says how to put it right.
"""

from service.settings.environment import load
from service.settings.values import (
    NO_APPRISE,
    Bind,
    Forge,
    Kind,
    Outlet,
    Route,
    RouteKind,
    Settings,
    SettingsError,
    Wording,
    project_matches,
    without_secret,
)

__all__ = [
    "NO_APPRISE",
    "Bind",
    "Forge",
    "Kind",
    "Outlet",
    "Route",
    "RouteKind",
    "Settings",
    "SettingsError",
    "Wording",
    "load",
    "project_matches",
    "without_secret",
]
