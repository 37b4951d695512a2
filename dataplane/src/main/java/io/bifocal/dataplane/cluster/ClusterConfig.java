package io.bifocal.dataplane.cluster;

import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import java.time.Duration;

/**
 * What of a cluster's configuration the data path asks for, checked.
 *
 * @param observabilityName {@code alt_stat_name}, or the name
 * @param connectTimeout over the whole race; default 5 s
 * @param bufferLimit {@code per_connection_buffer_limit_bytes}; default 1 MiB
 * @param idleTimeout of an idle connection; default 1 h; zero for ever
 * @param maxRequestsPerConnection 0 for any number
 * @param proto as it came, for dumps
 */
public record ClusterConfig(
    String name,
    String observabilityName,
    Duration connectTimeout,
    int bufferLimit,
    Duration idleTimeout,
    int maxRequestsPerConnection,
    Cluster proto) {}
