package io.bifocal.dataplane.transport.proxyprotocol;

import io.bifocal.dataplane.host.Address;
import java.util.List;

/**
 * What an upstream is told of a client. Equal ones make equal headers. Source: Envoy's {@code
 * ProxyProtocolData}.
 *
 * @param source the client
 * @param destination whom it meant
 * @param tlvs what else is known, as far as the upstream's configuration lets it pass
 */
public record ProxyProtocolData(Address source, Address destination, List<Tlv> tlvs) {
  public ProxyProtocolData {
    tlvs = List.copyOf(tlvs);
  }
}
