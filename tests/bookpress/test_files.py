"""How kept facts are read again, whoever wrote them."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from bookpress.files import from_json


@dataclass(frozen=True)
class Fact:
    """Something that is kept as JSON."""

    page: str
    seconds: float
    inputs: dict[str, Any] = field(default_factory=dict)
    format: int = 2


def test_fields_of_a_later_version_are_left_out_and_missing_ones_have_their_default():
    found = from_json(Fact, {"format": 2, "page": "a", "seconds": 3, "weather": "fine"})
    assert found == Fact("a", 3)


@pytest.mark.parametrize(
    "content",
    [
        None,
        ["page"],
        {"page": "a", "seconds": 3.0},
        {"format": 1, "page": "a", "seconds": 3.0},
        {"format": 2, "page": "a"},
        {"format": 2, "page": None, "seconds": 3.0},
        {"format": 2, "page": "a", "seconds": "long"},
        {"format": 2, "page": "a", "seconds": 3.0, "inputs": [1]},
    ],
)
def test_what_has_another_shape_is_not_read(content):
    assert from_json(Fact, content) is None
