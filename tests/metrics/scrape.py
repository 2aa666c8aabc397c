"""What a scraper reads from an exposition."""

from __future__ import annotations

from dataclasses import dataclass

import requests
from prometheus_client.parser import text_string_to_metric_families


@dataclass(frozen=True)
class Scrape:
    text: str

    @classmethod
    def of(cls, url: str) -> Scrape:
        answer = requests.get(f"{url}/metrics", timeout=60)
        assert answer.status_code == 200
        return cls(answer.text)

    @property
    def names(self) -> set[str]:
        """Of the metrics, with or without a sample, as the catalogue writes them."""
        families = text_string_to_metric_families(self.text)
        return {f"{found.name}_total" if found.type == "counter" else found.name for found in families}

    def values(self, name: str, **labels: str) -> dict[tuple[str, ...], float]:
        """Label values in the order of the labels' names → value, of the samples of this name that carry these labels."""
        samples = (sample for found in text_string_to_metric_families(self.text) for sample in found.samples)
        return {
            tuple(value for _, value in sorted(sample.labels.items())): sample.value
            for sample in samples
            if sample.name == name and labels.items() <= sample.labels.items()
        }

    def total(self, name: str, **labels: str) -> float:
        return sum(self.values(name, **labels).values())
