package io.bifocal.xds.bootstrap;

/** {@code ads}: the stream that all types share. */
public enum AggregatedSettings implements SourceSettings {
  INSTANCE
}
