package io.bifocal.dataplane.http;

import io.bifocal.dataplane.http.filter.LocalReply;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import java.net.InetAddress;
import org.jspecify.annotations.Nullable;

/**
 * The client's address in a header of its own.
 *
 * <p>Source: {@code envoy.extensions.http.original_ip_detection.custom_header.v3}.
 */
record AddressHeader(AsciiString name, boolean trusts, @Nullable LocalReply refusal)
    implements OriginalAddress {
  @Override
  public @Nullable Told find(HttpHeaders headers, @Nullable InetAddress peer) {
    String value = headers.get(name);
    InetAddress address = value == null ? null : ForwardedFor.parse(value);
    return address == null ? null : new Told(address, trusts);
  }

  @Override
  public boolean appends() {
    return false;
  }
}
