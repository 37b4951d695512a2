package io.bifocal.dataplane.pool;

/**
 * How the names of headers are written in HTTP/1 ({@code header_key_format}).
 *
 * <p>Source: {@code envoy.config.core.v3.Http1ProtocolOptions.HeaderKeyFormat}.
 */
public sealed interface HeaderKeyFormat {
  /** In lower case. */
  record LowerCase() implements HeaderKeyFormat {}

  /** Each of their words beginning with a capital. */
  record ProperCaseWords() implements HeaderKeyFormat {}

  /**
   * As they came, on the way to the other side. What is said is about messages that are read.
   *
   * @param properCaseOfOthers {@code formatter_type_on_envoy_headers}: how those are written that
   *     did not come
   * @param reasonPhrase {@code forward_reason_phrase}
   */
  record PreserveCase(boolean properCaseOfOthers, boolean reasonPhrase)
      implements HeaderKeyFormat {}

  /** The default. */
  HeaderKeyFormat LOWER_CASE = new LowerCase();
}
