package io.bifocal.dataplane.cluster;

import io.bifocal.dataplane.pool.PriorityBreakers;

/**
 * A cluster as the workers get it; immutable but for the breakers, which are atomics.
 *
 * @param incarnation differs between two configurations under one name; updates of hosts keep it
 */
record ClusterSnapshot(
    long incarnation, ClusterConfig config, PriorityBreakers breakers, Hosts hosts) {}
