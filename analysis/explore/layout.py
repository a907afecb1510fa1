"""Where the nodes of a network stand: a force-directed layout that is the same at each run and leaves no overlaps.

It is computed once from the whole record, so that no node moves when the network is filtered.
"""

from __future__ import annotations

import random

import numpy as np

from analysis.quoting import SEED

# All pairs of nodes repel each other at every step: more nodes get fewer steps, so that opening takes seconds.
_PAIRS = 350_000_000
_STEPS = (100, 500)


def positions(links: np.ndarray, weight: np.ndarray, diameter: np.ndarray) -> np.ndarray:
    """Place nodes by Fruchterman and Reingold's method (1991, doi:10.1002/spe.4380211102).

    Parameters
    ----------
    links: pairs of node numbers (shape: links x 2), none from a node to itself. weight: of each link; its square root
        attracts. diameter: of each node.

    Returns
    -------
    Array of shape nodes x 2, in the unit of the diameters, centred, wider than high.
    """
    import igraph

    size = len(diameter)
    if size < 2:
        return np.zeros((size, 2))
    graph = igraph.Graph(n=size, edges=links.tolist())
    # A circle to begin with; the few random numbers that igraph draws come from a generator of our own.
    start = graph.layout_circle()
    steps = int(np.clip(_PAIRS / size**2, *_STEPS))
    igraph.set_random_number_generator(random.Random(SEED))
    try:
        placed = graph.layout_fruchterman_reingold(weights=np.sqrt(weight).tolist(), niter=steps, seed=start,
                                                   grid=False)
    finally:
        igraph.set_random_number_generator(random)
    place = np.array(placed.coords)
    place -= place.mean(axis=0)
    # The hubs' neighbours crowd the middle and a few strays would set the scale: rings of equal area hold more equal
    # numbers of nodes, directions stay.
    radius = np.hypot(*place.T)
    ring = np.sqrt((radius.argsort(kind="stable").argsort(kind="stable") + 1) / size)
    even = (0.35 * radius / radius.max() + 0.65 * ring) / np.where(radius > 0, radius, 1)
    # Screens are wider than high. Two fifths of the area are for the nodes with some room around them.
    margin = 220 / np.sqrt(size)  # names need it; among a thousand nodes few are named
    room = np.sqrt(2.5 * np.sum((diameter / 2 + margin) ** 2))
    place *= (even * room)[:, None] * [1.12, 0.9]
    return np.round(_apart(place, diameter), 1)


def _apart(place: np.ndarray, diameter: np.ndarray, rounds: int = 60) -> np.ndarray:
    """Push nodes that lie on each other apart, until none does or the rounds are over."""
    from scipy.spatial import cKDTree

    place, gap, widest = place.copy(), 6.0, diameter.max()
    for _ in range(rounds):
        pairs = cKDTree(place).query_pairs(widest + gap, output_type="ndarray")
        pairs = pairs[np.lexsort(pairs.T[::-1])]
        a, b = pairs.T
        between = place[b] - place[a]
        distance = np.hypot(*between.T)
        lack = (diameter[a] + diameter[b]) / 2 + gap - distance
        near = lack > 0
        if not near.any():
            break
        a, b, between, distance, lack = a[near], b[near], between[near], distance[near], lack[near]
        between[distance == 0] = [1.0, 0.0]  # the very same place: any direction will do
        # The larger node stands firm and the smaller gives way.
        push = between / np.where(distance > 0, distance, 1)[:, None] * lack[:, None] * 0.55
        firm = (diameter[a] ** 2 / (diameter[a] ** 2 + diameter[b] ** 2))[:, None]
        np.add.at(place, a, -push * (1 - firm))
        np.add.at(place, b, push * firm)
    return place
