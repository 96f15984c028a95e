"""No module imports itself by way of others, not even to name a type."""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter

import grimp
import pytest


def order(imported):
    return list(TopologicalSorter(imported).static_order())


def test_no_import_runs_in_a_circle():
    graph = grimp.build_graph("upright", cache_dir=None)
    imported = {name: graph.find_modules_directly_imported_by(name) for name in graph.modules}
    assert len(imported) > 300
    assert set(order(imported)) == graph.modules


def test_a_circle_would_be_found():
    with pytest.raises(CycleError):
        order({"a": {"b"}, "b": {"c"}, "c": {"a"}})
