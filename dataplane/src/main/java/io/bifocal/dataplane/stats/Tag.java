package io.bifocal.dataplane.stats;

/** A part of a name that a labelled format shows as a label, e.g. {@code envoy.cluster_name=a}. */
public record Tag(String name, String value) {}
