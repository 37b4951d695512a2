package io.bifocal.dataplane.http;

import com.google.common.net.InetAddresses;
import io.bifocal.dataplane.http.codec.HeaderNames;
import io.bifocal.dataplane.match.CidrRanges;
import io.netty.handler.codec.http.HttpHeaders;
import java.net.InetAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The client's address in {@code x-forwarded-for}, counted from its end.
 *
 * <p>Source: {@code xff_num_trusted_hops} and {@code
 * envoy.extensions.http.original_ip_detection.xff.v3.XffConfig}.
 *
 * @param hops how many addresses at the end are trusted proxies'
 * @param trusted trusted proxies by their addresses, in place of a number
 */
record ForwardedFor(int hops, CidrRanges trusted, boolean appends) implements OriginalAddress {
  @Override
  public @Nullable Told find(HttpHeaders headers, @Nullable InetAddress peer) {
    String value = value(headers);
    if (value == null) {
      return null;
    }
    if (trusted.isEmpty()) {
      return last(value, hops);
    }
    return peer != null && trusted.contains(peer) ? lastUntrusted(value) : null;
  }

  /** All values of the header, as one list, which it is from now on; null when there is none. */
  static @Nullable String value(HttpHeaders headers) {
    String first = headers.get(HeaderNames.X_FORWARDED_FOR);
    if (first == null) {
      return null;
    }
    List<String> all = headers.getAll(HeaderNames.X_FORWARDED_FOR);
    if (all.size() == 1) {
      return first;
    }
    String joined = String.join(",", all);
    headers.set(HeaderNames.X_FORWARDED_FOR, joined);
    return joined;
  }

  /** The last address but {@code hops}. */
  static @Nullable Told last(String value, int hops) {
    int end = value.length();
    for (int i = 0; i < hops; i++) {
      end = value.lastIndexOf(',', end - 1);
      if (end < 0) {
        return null;
      }
    }
    int start = value.lastIndexOf(',', end - 1) + 1;
    InetAddress address = parse(value.substring(start, end));
    return address == null ? null : new Told(address, start == 0 && hops == 0);
  }

  private @Nullable Told lastUntrusted(String value) {
    InetAddress last = null;
    int end = value.length();
    while (end >= 0) {
      int comma = end == 0 ? -1 : value.lastIndexOf(',', end - 1);
      InetAddress address = parse(value.substring(comma + 1, end));
      if (address == null) {
        return last == null ? null : new Told(last, false);
      }
      last = address;
      if (!trusted.contains(address)) {
        return new Told(address, false);
      }
      end = comma;
    }
    return last == null ? null : new Told(last, true);
  }

  static @Nullable InetAddress parse(String text) {
    String bare = text.strip();
    return InetAddresses.isInetAddress(bare) ? InetAddresses.forString(bare) : null;
  }
}
