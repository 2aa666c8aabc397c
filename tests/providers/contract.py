"""What every forge's provider promises, tested the same way for each dialect: `class TestX(ProviderContract)`."""

from __future__ import annotations

from tests.providers.contract_changes import ChangesContract
from tests.providers.contract_sight import SightContract
from tests.providers.contract_trouble import TroubleContract


class ProviderContract(ChangesContract, SightContract, TroubleContract):
    """A dialect names its forge, what that server lacks, and how to make its provider."""
