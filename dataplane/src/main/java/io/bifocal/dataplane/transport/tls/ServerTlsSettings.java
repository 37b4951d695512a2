package io.bifocal.dataplane.transport.tls;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How TLS is spoken to clients.
 *
 * @param certificates our own, of which the client's SNI chooses; at least one
 * @param verifier of clients, or null to accept anybody
 * @param certificateRequired whether a client without a certificate is refused
 * @param clientsCiphers whether of several ciphers the client's first is taken, not the server's
 * @param tickets whether sessions are handed to the client, to be resumed later
 * @param ticketKeys seal those sessions; none for keys of the library's own making
 * @param cache whether sessions are kept here, to be resumed later
 * @param stapling what is shown of the certificates' status
 * @param keyLog where keys are written down, or null
 * @param sessionTimeout for how long; zero for the library's default
 */
record ServerTlsSettings(
    Terms terms,
    List<OwnCertificate> certificates,
    @Nullable PeerVerifier verifier,
    boolean certificateRequired,
    boolean clientsCiphers,
    boolean tickets,
    TicketKeys ticketKeys,
    boolean cache,
    Stapling stapling,
    @Nullable KeyLog keyLog,
    Duration sessionTimeout) {
  ServerTlsSettings {
    certificates = List.copyOf(certificates);
  }
}
