package io.bifocal.dataplane.runtime;

import java.util.Set;

/**
 * How long heads of messages may be where a configuration does not say it: keys that look like
 * guards, and are numbers. They are read when something is configured.
 */
public final class HeaderLimits {
  private static final String PREFIX = "envoy.reloadable_features.max_";
  private static final String REQUEST_KB = PREFIX + "request_headers_size_kb";
  private static final String REQUEST_COUNT = PREFIX + "request_headers_count";
  private static final String RESPONSE_KB = PREFIX + "response_headers_size_kb";
  private static final String RESPONSE_COUNT = PREFIX + "response_headers_count";

  /** All of them. */
  public static final Set<String> KEYS =
      Set.of(REQUEST_KB, REQUEST_COUNT, RESPONSE_KB, RESPONSE_COUNT);

  private static final int MOST_KB = 8192;

  private final RuntimeSnapshot now;

  public HeaderLimits(RuntimeReader runtime) {
    this.now = runtime.snapshot();
  }

  /** Of requests, in kilobytes. */
  public int requestKb(int otherwise) {
    return (int) Math.min(MOST_KB, now.number(REQUEST_KB, otherwise));
  }

  /** Of requests, in fields. */
  public int requestFields(int otherwise) {
    return number(REQUEST_COUNT, otherwise);
  }

  /** Of answers, in bytes. */
  public int responseBytes(int otherwise) {
    long kb = Math.min(MOST_KB, now.number(RESPONSE_KB, 0));
    return kb == 0 ? otherwise : (int) kb * 1024;
  }

  /** Of answers, in fields. */
  public int responseFields(int otherwise) {
    return number(RESPONSE_COUNT, otherwise);
  }

  private int number(String key, int otherwise) {
    return (int) Math.min(Integer.MAX_VALUE, now.number(key, otherwise));
  }
}
