package io.bifocal.dataplane.connect;

/**
 * When the system asks a silent peer of a TCP connection whether it is still there. A 0 leaves the
 * system's own value.
 *
 * @param probes without an answer, after which the connection is dead
 * @param idleSeconds before the first probe
 * @param intervalSeconds between probes
 */
public record Keepalive(int probes, int idleSeconds, int intervalSeconds) {}
