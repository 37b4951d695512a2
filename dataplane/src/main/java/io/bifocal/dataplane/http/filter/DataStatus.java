package io.bifocal.dataplane.http.filter;

/** What becomes of a part of a body that a filter has seen. */
public enum DataStatus {
  /** It goes on, behind what waits here. */
  CONTINUE,
  /** It waits here; what does not fit the stream's buffer limit is answered with an error. */
  STOP_AND_BUFFER,
  /** The filter has taken it for good, and owns it. */
  TAKEN
}
