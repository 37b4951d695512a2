package io.bifocal.xds.internal.bootstrap;

/** {@code ads}: the stream that all types share. */
enum AggregatedSettings implements SourceSettings {
  INSTANCE
}
