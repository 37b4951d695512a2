package io.bifocal.dataplane.host;

/** The families among which addresses are interleaved. */
public enum Family {
  V4,
  V6,
  PIPE
}
