package io.bifocal.xds.internal.state;

import io.bifocal.xds.ResourceName;
import io.bifocal.xds.internal.resource.Decoded.Good;
import io.bifocal.xds.internal.resource.Received;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryRequest;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Incremental: a request tells changes of interest, or answers one response, or both. Versions are
 * kept per resource, of accepted responses only, and told once per stream.
 */
final class DeltaLedger implements Ledger<DeltaDiscoveryRequest> {
  private record Answer(String nonce, @Nullable String error, long ticket) {}

  private final String typeUrl;
  private final Wanted wanted;
  private final Map<String, String> versions = new HashMap<>();
  private final Set<String> subscribe = new LinkedHashSet<>();
  private final Set<String> unsubscribe = new LinkedHashSet<>();
  private final Queue<Answer> answers = new ArrayDeque<>();
  private boolean announced;

  DeltaLedger(String typeUrl, Wanted wanted) {
    this.typeUrl = typeUrl;
    this.wanted = wanted;
  }

  @Override
  public void restart() {
    answers.clear();
    subscribe.clear();
    unsubscribe.clear();
    announced = false;
  }

  @Override
  public void wanted(Collection<String> names, boolean everything) {
    if (announced) {
      names.forEach(this::addName);
      if (everything) {
        addName(Wanted.EVERYTHING);
      }
    }
  }

  @Override
  public void unwanted(Collection<String> names, boolean everything) {
    // While everything is wanted, a name that nobody asks for any more may still be part of it.
    if (!wanted.everything()) {
      names.forEach(versions::remove);
      if (everything || names.stream().anyMatch(ResourceName::isCollection)) {
        versions.keySet().removeIf(name -> !wanted.wants(name));
      }
    }
    if (announced) {
      names.forEach(this::removeName);
      if (everything) {
        removeName(Wanted.EVERYTHING);
      }
    }
  }

  private void addName(String name) {
    unsubscribe.remove(name);
    subscribe.add(name);
  }

  private void removeName(String name) {
    subscribe.remove(name);
    unsubscribe.add(name);
  }

  @Override
  public void received(String nonce) {}

  @Override
  public void accepted(Good<?> response, boolean answer, long ticket) {
    for (Received<?> resource : response.resources()) {
      if (!resource.isHeartbeat() && wanted.wants(resource.name())) {
        versions.put(resource.name(), resource.version());
      }
    }
    response.removed().forEach(versions::remove);
    if (answer) {
      answers.add(new Answer(response.stamp().nonce(), null, ticket));
    }
  }

  @Override
  public void refused(String nonce, @Nullable String reason, long ticket) {
    answers.add(new Answer(nonce, reason, ticket));
  }

  @Override
  public boolean takesUnwanted() {
    return true;
  }

  @Override
  public void expired(Collection<String> names) {
    names.forEach(versions::remove);
  }

  @Override
  public boolean renews(Received<?> heartbeat) {
    return heartbeat.version().equals(versions.get(heartbeat.name()));
  }

  @Override
  public long answerTicket() {
    Answer oldest = answers.peek();
    return oldest == null ? NO_ANSWER : oldest.ticket();
  }

  @Override
  public boolean changeDue() {
    return announced ? !subscribe.isEmpty() || !unsubscribe.isEmpty() : !wanted.nothing();
  }

  @Override
  public DeltaDiscoveryRequest next() {
    DeltaDiscoveryRequest.Builder request = DeltaDiscoveryRequest.newBuilder().setTypeUrl(typeUrl);
    if (announced) {
      request.addAllResourceNamesSubscribe(subscribe);
      request.addAllResourceNamesUnsubscribe(unsubscribe);
    } else {
      announce(request);
    }
    subscribe.clear();
    unsubscribe.clear();
    Answer answer = answers.poll();
    if (answer != null) {
      request.setResponseNonce(answer.nonce());
      String error = answer.error();
      if (error != null) {
        request.setErrorDetail(Ledger.error(error));
      }
    }
    return request.build();
  }

  // Everything alone is told by an empty list, which every server understands.
  private void announce(DeltaDiscoveryRequest.Builder request) {
    if (!wanted.names().isEmpty()) {
      if (wanted.everything()) {
        request.addResourceNamesSubscribe(Wanted.EVERYTHING);
      }
      request.addAllResourceNamesSubscribe(wanted.names());
    }
    request.putAllInitialResourceVersions(versions);
    announced = true;
  }
}
