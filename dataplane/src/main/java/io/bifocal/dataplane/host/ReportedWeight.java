package io.bifocal.dataplane.host;

/**
 * What a host's load means for its share of the requests.
 *
 * @param since when it began to report, in nanoseconds of the workers' clock
 * @param at when it reported last
 */
public record ReportedWeight(double weight, long since, long at) {}
