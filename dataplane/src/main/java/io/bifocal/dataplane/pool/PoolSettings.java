package io.bifocal.dataplane.pool;

import java.time.Duration;

/**
 * What the pools of one cluster obey.
 *
 * @param cluster its name, for logs and events
 * @param connectTimeout over a whole race
 * @param idleTimeout of a connection that nobody uses; zero for ever
 * @param maxRequestsPerConnection 0 for any number
 * @param bufferLimit {@code per_connection_buffer_limit_bytes}
 * @param breakers the cluster's limits, shared by all workers
 */
public record PoolSettings(
    String cluster,
    Duration connectTimeout,
    Duration idleTimeout,
    int maxRequestsPerConnection,
    int bufferLimit,
    CircuitBreakers breakers) {}
