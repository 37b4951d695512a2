package io.bifocal.xds.internal.state;

import io.bifocal.xds.internal.resource.Decoded.Good;
import io.bifocal.xds.internal.resource.Received;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryRequest;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/**
 * State of the world: every request names the last version taken, the last nonce received and all
 * names wanted. Requests that wait coalesce, for the newest says it all.
 */
final class SotwLedger implements Ledger<DiscoveryRequest> {
  private final String typeUrl;
  private final Wanted wanted;
  private String version = "";
  private String nonce = "";
  private @Nullable String error;
  private boolean announced;
  private boolean namesSent;
  private boolean changed;
  private long ticket = NO_ANSWER;

  SotwLedger(String typeUrl, Wanted wanted) {
    this.typeUrl = typeUrl;
    this.wanted = wanted;
  }

  @Override
  public void restart() {
    nonce = "";
    error = null;
    announced = false;
    namesSent = false;
    changed = false;
    ticket = NO_ANSWER;
  }

  // Even a second interest in a known name is told: the server answers it, which is how a changed
  // cluster gets its endpoints.
  @Override
  public void wanted(Collection<String> names, boolean everything) {
    changed = true;
  }

  @Override
  public void unwanted(Collection<String> names, boolean everything) {
    changed = true;
  }

  @Override
  public void received(String nonce) {
    this.nonce = nonce;
  }

  @Override
  public void accepted(Good<?> response, boolean answer, long ticket) {
    version = response.stamp().version();
    // Nobody watches, so nobody answers; a later request tells the version.
    if (answer && !wanted.nothing()) {
      error = null;
      this.ticket = Math.min(this.ticket, ticket);
    }
  }

  @Override
  public void refused(String nonce, @Nullable String reason, long ticket) {
    error = reason;
    this.ticket = Math.min(this.ticket, ticket);
  }

  @Override
  public boolean takesUnwanted() {
    return false;
  }

  @Override
  public void expired(Collection<String> names) {}

  @Override
  public boolean renews(Received<?> heartbeat) {
    return heartbeat.version().equals(version);
  }

  @Override
  public long answerTicket() {
    return ticket;
  }

  @Override
  public boolean changeDue() {
    return announced ? changed : !wanted.nothing();
  }

  @Override
  public DiscoveryRequest next() {
    DiscoveryRequest.Builder request =
        DiscoveryRequest.newBuilder()
            .setTypeUrl(typeUrl)
            .setVersionInfo(version)
            .setResponseNonce(nonce);
    // After a name has been sent, an empty list would mean "nothing".
    namesSent |= !wanted.names().isEmpty();
    if (wanted.everything() && namesSent) {
      request.addResourceNames(Wanted.EVERYTHING);
    }
    request.addAllResourceNames(wanted.names());
    if (error != null) {
      request.setErrorDetail(Ledger.error(error));
    }
    error = null;
    announced = true;
    changed = false;
    ticket = NO_ANSWER;
    return request.build();
  }
}
