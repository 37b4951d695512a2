package io.bifocal.dataplane.stream;

import com.google.protobuf.Struct;
import io.bifocal.dataplane.connect.RaceReport;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.transport.OwnConnections;
import io.bifocal.dataplane.transport.proxyprotocol.ProxyProtocolData;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.listener.v3.FilterChain;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.WeakHashMap;
import org.jspecify.annotations.Nullable;

/**
 * One request, or one connection of a TCP proxy, as it passes. Plain fields, written by the worker
 * that serves it and read by the same worker's logs; never shared between threads. Times are the
 * loop's nanoseconds; −1 where a moment has not come.
 */
public final class StreamInfo {
  private static final Set<ResponseFlag> NO_FLAGS = Set.of();

  // When. The wall time is taken once; everything else is an interval from startNanos.
  public long startEpochMillis;
  public long startNanos;
  public long lastDownstreamRxNanos = -1;
  public long firstUpstreamTxNanos = -1;
  public long lastUpstreamTxNanos = -1;
  public long firstUpstreamRxNanos = -1;
  public long lastUpstreamRxNanos = -1;
  public long firstDownstreamTxNanos = -1;
  public long endNanos = -1;

  /** When the connection's handshake was over; of a connection only. */
  public long handshakeNanos = -1;

  /** How long a connection to the upstream was waited for. */
  public long upstreamReadyNanos = -1;

  /** Whether it only asks whether this proxy lives. */
  public boolean healthCheck;

  /** On what occasion it is logged. */
  public LogType logType = LogType.TCP_CONNECTION_END;

  /** The connection that a request came on; null of a connection. */
  public @Nullable StreamInfo connection;

  // What took the connection; of a connection only.
  public @Nullable Listener listener;
  public @Nullable FilterChain filterChain;

  // Downstream.
  public @Nullable Address downstreamRemote;
  public @Nullable Address downstreamLocal;

  /** Whether that is where the client wanted to go, and not where it was led; of a connection. */
  public boolean downstreamLocalRestored;

  /**
   * The socket's peer, where {@link #downstreamRemote} was told by it; null where it is the same.
   */
  public @Nullable Address downstreamDirectRemote;

  /** What upstreams that ask for it are told of the client; null when nobody has said. */
  public @Nullable ProxyProtocolData proxyProtocol;

  public long connectionId;
  public String requestedServerName = "";
  public @Nullable TlsSession downstreamTls;
  public String downstreamTransportFailureReason = "";
  public CloseType downstreamClose = CloseType.NORMAL;

  /** Why it was closed here; empty where it was not, or nobody says. */
  public String downstreamLocalCloseReason = "";

  public String filterChainName = "";

  // HTTP; null or empty on a plain TCP connection.
  public String protocol = "";
  public String method = "";
  public String path = "";
  public String authority = "";
  public String scheme = "";
  public @Nullable HttpHeaders requestHeaders;
  public @Nullable HttpHeaders responseHeaders;
  public @Nullable HttpHeaders responseTrailers;
  public int responseCode;
  public String responseCodeDetails = "";

  /** The body of an answer that is made here, while it is being made. */
  public String localReplyBody = "";

  public String routeName = "";

  /** What the route was made of; null while there is none, or none that is configured. */
  public @Nullable RouteOrigin route;

  /** How often a route was looked for. */
  public int routeLookups;

  public String virtualCluster = "";

  /** What filters keep of the stream as text, by key; null for nothing. */
  public @Nullable Map<String, String> filterState;

  // Bytes of body (HTTP) or payload (TCP).
  public long bytesReceived;
  public long bytesSent;

  /** The bytes on the client's connection, for which there is a proxy. */
  public WireBytes downstreamBytes = WireBytes.NONE;

  /** Those on the connection to an upstream, while there is one. */
  public WireBytes upstreamBytes = WireBytes.NONE;

  // Those of all tries that are over.
  public long upstreamReceived;
  public long upstreamSent;
  public long upstreamHeadersReceived;
  public long upstreamHeadersSent;
  public long upstreamDecompressedHeadersReceived;
  public long upstreamDecompressedHeadersSent;

  // Upstream.
  public String upstreamCluster = "";
  public @Nullable Cluster cluster;
  public @Nullable Host upstreamHost;
  public @Nullable Address upstreamRemote;
  public @Nullable Address upstreamLocal;
  public @Nullable TlsSession upstreamTls;

  /** Of the connection to the upstream; −1 where there is none. */
  public long upstreamConnectionId = -1;

  /** What is spoken with the upstream; empty where that is not HTTP. */
  public String upstreamProtocol = "";

  public String upstreamTransportFailureReason = "";
  public CloseType upstreamClose = CloseType.NORMAL;
  public String upstreamLocalCloseReason = "";

  /** The race that made the upstream connection, or that failed; perhaps before this request. */
  public @Nullable RaceReport race;

  public int requestAttempts;
  public String connectionTerminationDetails = "";

  /** Hosts to which a TCP proxy's connection did not come about, in order. */
  public List<Host> failedHosts = List.of();

  /** What filters say to each other and to logs, by namespace. */
  public Map<String, Struct> dynamicMetadata = Map.of();

  // What filters keep between the streams of a connection.
  private @Nullable Map<Object, Object> kept;
  private @Nullable Set<ResponseFlag> flags;
  private @Nullable OwnConnections ownUpstreams;
  private @Nullable String uniqueId;

  /** What is known of the connection: that of a request, or this one itself. */
  public StreamInfo ofConnection() {
    return connection == null ? this : connection;
  }

  /** What filters keep under a key, of a request or else of its connection; null for nothing. */
  public @Nullable String filterState(String key) {
    String own = filterState == null ? null : filterState.get(key);
    return own != null || connection == null ? own : connection.filterState(key);
  }

  /** An id that nothing else has; made when it is first asked for. */
  public String uniqueId() {
    if (uniqueId == null) {
      uniqueId = UUID.randomUUID().toString();
    }
    return uniqueId;
  }

  /** A request is tried at {@code host}: what is told of the upstream is about this try alone. */
  public void beginTry(Host host) {
    upstreamHost = host;
    upstreamRemote = null;
    upstreamLocal = null;
    upstreamTls = null;
    upstreamConnectionId = -1;
    upstreamProtocol = "";
    upstreamReadyNanos = -1;
    upstreamTransportFailureReason = "";
    race = null;
  }

  /** A try is over that has taken so many: they stay counted. */
  public void endTry(WireBytes bytes) {
    if (upstreamBytes == bytes) {
      upstreamBytes = WireBytes.NONE;
    }
    upstreamReceived += bytes.received();
    upstreamSent += bytes.sent();
    upstreamHeadersReceived += bytes.headersReceived();
    upstreamHeadersSent += bytes.headersSent();
    upstreamDecompressedHeadersReceived += bytes.decompressedHeadersReceived();
    upstreamDecompressedHeadersSent += bytes.decompressedHeadersSent();
  }

  /** No connection to {@code host} came about. */
  public void failedAt(Host host) {
    if (failedHosts.isEmpty()) {
      failedHosts = new ArrayList<>(2);
    }
    failedHosts.add(host);
  }

  /** Keeps {@code value} for whoever asks with that key, for as long as others hold the key. */
  public void keep(Object key, Object value) {
    if (kept == null) {
      kept = new WeakHashMap<>(4); // a connection can outlive many configurations
    }
    kept.put(key, value);
  }

  /** What is kept; null for nothing. */
  public @Nullable Object kept(Object key) {
    return kept == null ? null : kept.get(key);
  }

  /** Adds to what is said in a namespace; of a key that is there already the new value counts. */
  public void addMetadata(String namespace, Struct fields) {
    if (dynamicMetadata.isEmpty()) {
      dynamicMetadata = new LinkedHashMap<>(4);
    }
    dynamicMetadata.merge(
        namespace,
        fields,
        (old, more) -> old.toBuilder().putAllFields(more.getFieldsMap()).build());
  }

  /** The connections to upstreams that serve this connection alone. */
  public OwnConnections ownUpstreams() {
    OwnConnections known = ownUpstreams;
    if (known == null) {
      known = new OwnConnections();
      ownUpstreams = known;
    }
    return known;
  }

  /** This connection is closed, and what serves it alone ends. */
  public void endOwnUpstreams() {
    if (ownUpstreams != null) {
      ownUpstreams.clientGone();
    }
  }

  public void flag(ResponseFlag flag) {
    if (flags == null) {
      flags = new LinkedHashSet<>();
    }
    flags.add(flag);
  }

  public Set<ResponseFlag> flags() {
    return flags == null ? NO_FLAGS : flags;
  }

  public boolean has(ResponseFlag flag) {
    return flags != null && flags.contains(flag);
  }
}
