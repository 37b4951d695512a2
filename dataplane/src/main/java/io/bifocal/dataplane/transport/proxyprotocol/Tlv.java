package io.bifocal.dataplane.transport.proxyprotocol;

import com.google.protobuf.ByteString;
import io.envoyproxy.envoy.config.core.v3.TlvEntry;
import java.util.List;

/**
 * A thing that version 2 says beside the addresses.
 *
 * @param type 0 to 255
 */
public record Tlv(int type, ByteString value) {
  /** As they are configured. */
  public static List<Tlv> of(List<TlvEntry> entries) {
    return entries.stream().map(entry -> new Tlv(entry.getType(), entry.getValue())).toList();
  }
}
