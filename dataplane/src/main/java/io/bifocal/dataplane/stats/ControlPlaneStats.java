package io.bifocal.dataplane.stats;

import io.bifocal.xds.TransportObserver;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What Envoy counts of a stream to a control plane ({@code control_plane.*}), and what it does not
 * know ({@code server.dynamic_unknown_fields}). Belongs to the control loop.
 */
public final class ControlPlaneStats implements TransportObserver {
  private static final Logger log = LoggerFactory.getLogger(ControlPlaneStats.class);

  private final Gauge connected;
  private final Gauge pending;
  private final Counter rateLimited;
  private final TextReadout identifier;
  private final @Nullable Content content;
  private int connectedState = 1;

  private ControlPlaneStats(Scope owner, @Nullable Content content) {
    Scope scope = owner.scope("control_plane");
    connected = scope.gauge("connected_state");
    pending = scope.gauge("pending_requests");
    rateLimited = scope.counter("rate_limit_enforced");
    identifier = scope.text("identifier");
    this.content = content;
  }

  /** Of the aggregated stream, and of what comes by any way. */
  public static ControlPlaneStats ofAggregatedStream(Scope root) {
    return new ControlPlaneStats(root, new Content(root.scope("server")));
  }

  /** Where there is no aggregated stream: of what comes by any way. */
  public static TransportObserver withoutAggregatedStream(Scope root) {
    return new Content(root.scope("server"));
  }

  /** Of a stream that serves one subscription alone, under that one's scope. */
  static ControlPlaneStats ofOwnStream(Scope owner) {
    return new ControlPlaneStats(owner, null);
  }

  @Override
  public void onServer(int server) {
    connectedState = server + 1;
  }

  @Override
  public void onConnected(boolean connected) {
    this.connected.set(connected ? connectedState : 0);
  }

  @Override
  public void onPendingRequests(int count) {
    pending.set(count);
  }

  @Override
  public void onRateLimited() {
    rateLimited.inc();
  }

  @Override
  public void onIdentifier(String identifier) {
    this.identifier.set(identifier);
  }

  @Override
  public void onUnknownFields(String typeUrl, String resource, String paths) {
    if (content != null) {
      content.onUnknownFields(typeUrl, resource, paths);
    }
  }

  @Override
  public void onRefusedNotKept(String typeUrl, String resource) {
    if (content != null) {
      content.onRefusedNotKept(typeUrl, resource);
    }
  }

  /** Counts what comes, by whatever way. */
  private static final class Content implements TransportObserver {
    private final Counter unknownFields;
    private final Counter refusedNotKept;

    Content(Scope server) {
      unknownFields = server.counter("dynamic_unknown_fields");
      refusedNotKept = server.counter("dynamic_refused_not_kept");
    }

    @Override
    public void onUnknownFields(String typeUrl, String resource, String paths) {
      unknownFields.inc();
      log.warn("{} '{}' has unknown fields, which are ignored: {}", typeUrl, resource, paths);
    }

    @Override
    public void onRefusedNotKept(String typeUrl, String resource) {
      refusedNotKept.inc();
    }
  }
}
