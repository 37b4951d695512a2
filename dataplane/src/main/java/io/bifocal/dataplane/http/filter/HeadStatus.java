package io.bifocal.dataplane.http.filter;

/** What becomes of a head that a filter has seen. */
public enum HeadStatus {
  /** It goes on to the next filter. */
  CONTINUE,
  /**
   * It waits here. The body still comes to this filter; when the filter lets a part of it go on, or
   * says so, the head goes first.
   */
  STOP,
  /** It waits here and so does the body, unseen, until the filter says so. */
  STOP_ALL
}
