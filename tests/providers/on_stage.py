"""Where each dialect's tests stand: a sandbox with that dialect's features, and a post-mortem on it."""

from __future__ import annotations

from typing import ClassVar

import pytest

from service.providers.base import Provider
from service.sandbox import Sandbox
from tests.clock import Clock
from tests.contracts.recorder import Recorder
from tests.providers.stage import Stage


class OnStage:
    """A dialect says which forge it is, what that server lacks, and how its provider is made."""

    forge: ClassVar[str]
    lacks: ClassVar[tuple[str, ...]] = ()
    has: ClassVar[tuple[str, ...]] = ()

    @staticmethod
    def build(stage: Stage, login: str, url: str = "") -> Provider:
        """The dialect's provider; `url` is where the forge is served, the stage's own where it is empty."""
        raise NotImplementedError

    @pytest.fixture
    def stage(self, sandbox: Sandbox, clock: Clock, contracts: Recorder) -> Stage:  # noqa: ARG002 - it listens
        features = sandbox.world.features[self.forge]
        for name in self.lacks:
            setattr(features, name, False)
        for name in self.has:
            setattr(features, name, True)
        stage = Stage(self.forge, sandbox, clock, self.build)
        self.arrange(stage)
        stage.set_up()
        self.afterwards(stage)
        return stage

    def arrange(self, stage: Stage) -> None:
        """What a dialect adds to the world before anything is there."""

    def afterwards(self, stage: Stage) -> None:
        """What it adds to the issues that are."""
