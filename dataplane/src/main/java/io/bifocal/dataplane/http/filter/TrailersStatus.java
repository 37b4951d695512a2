package io.bifocal.dataplane.http.filter;

/** What is to become of the fields behind a body, and of what of the message still waits. */
public enum TrailersStatus {
  /** They go on, behind all that waited. */
  CONTINUE,
  /** They wait too. */
  STOP
}
