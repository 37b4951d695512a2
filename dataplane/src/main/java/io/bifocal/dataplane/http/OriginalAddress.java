package io.bifocal.dataplane.http;

import io.bifocal.dataplane.http.filter.LocalReply;
import io.netty.handler.codec.http.HttpHeaders;
import java.net.InetAddress;
import org.jspecify.annotations.Nullable;

/**
 * Who asked the proxy before this one, told by headers.
 *
 * <p>Source: {@code HttpConnectionManager.original_ip_detection_extensions}.
 */
interface OriginalAddress {
  /**
   * An address that was told.
   *
   * @param trusted whether it may be an internal one
   */
  record Told(InetAddress address, boolean trusted) {}

  /** Null when nobody is told of. */
  @Nullable Told find(HttpHeaders headers, @Nullable InetAddress peer);

  /** Whether this proxy adds its peer to {@code x-forwarded-for}. */
  boolean appends();

  /** What a request is answered with of which nobody is told; null when it may go on. */
  default @Nullable LocalReply refusal() {
    return null;
  }
}
