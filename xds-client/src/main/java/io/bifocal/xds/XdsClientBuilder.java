package io.bifocal.xds;

import io.bifocal.api.BootstrapReader;
import io.bifocal.api.ConfigException;
import io.bifocal.xds.file.FileWatcher;
import io.bifocal.xds.internal.bootstrap.Servers;
import io.bifocal.xds.internal.stream.Transport;
import io.bifocal.xds.rest.RestTransport;
import io.bifocal.xds.time.Loop;
import io.envoyproxy.envoy.config.bootstrap.v3.Bootstrap;
import io.envoyproxy.envoy.config.core.v3.ApiConfigSource;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import io.envoyproxy.envoy.config.core.v3.Locality;
import io.envoyproxy.envoy.config.core.v3.Node;
import io.grpc.ManagedChannel;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.BiFunction;
import java.util.function.DoubleSupplier;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What a client is made of. Who it is and where its control plane is come from a bootstrap ({@link
 * #bootstrap(Path)} and its siblings), or are said in Java ({@link #node(String, String)}, {@link
 * #server}); all else has defaults. What is said later replaces what was said before.
 */
public final class XdsClientBuilder {
  private static final String USER_AGENT = "bifocal";

  Node node = Node.getDefaultInstance();
  @Nullable ApiConfigSource ads;
  Map<ResourceType<?>, ConfigSource> sources = new HashMap<>();
  StaticResources statics = StaticResources.NONE;
  @Nullable Loop loop;
  @Nullable ChannelFactory channelFactory;
  @Nullable ManagedChannel channel;
  @Nullable Transport transport;
  @Nullable MemoryResources resources;
  TransportObserver observer = TransportObserver.NONE;
  Servers servers = Servers.ANY;
  BiFunction<Loop, Executor, RestTransport> restTransport =
      (loop, executor) -> RestTransport.none(loop);
  Function<Loop, FileWatcher> fileWatcher = FileWatcher::onFileSystem;
  @Nullable Executor decodeExecutor;
  boolean rejectUnknownFields;
  DoubleSupplier chance = () -> ThreadLocalRandom.current().nextDouble();

  XdsClientBuilder() {}

  // --- by Envoy's configuration

  /**
   * Envoy's bootstrap in a file: YAML, JSON, text or binary, by its name as {@link BootstrapReader}
   * says. Taken from it are {@code node}, {@code dynamic_resources} and {@code static_resources};
   * the rest is a data plane's. {@code envoy_grpc} leads to a static cluster's first endpoint.
   *
   * @throws ConfigException in one line, {@code FILE:LINE: field.path: what is wrong}
   */
  public XdsClientBuilder bootstrap(Path file) throws ConfigException {
    return take(BootstrapParts.checked(new BootstrapReader(false).read(file), file.toString()));
  }

  /**
   * Envoy's bootstrap as YAML.
   *
   * @throws ConfigException as {@link #bootstrap(Path)} does, with {@code bootstrap} for the file
   */
  public XdsClientBuilder bootstrapYaml(String text) throws ConfigException {
    return take(
        BootstrapParts.checked(
            new BootstrapReader(false).readYaml(text, "bootstrap"), "bootstrap"));
  }

  /**
   * Envoy's bootstrap as JSON.
   *
   * @throws ConfigException as {@link #bootstrap(Path)} does, with {@code bootstrap} for the file
   */
  public XdsClientBuilder bootstrapJson(String text) throws ConfigException {
    return take(
        BootstrapParts.checked(
            new BootstrapReader(false).readJson(text, "bootstrap", Bootstrap.getDefaultInstance()),
            "bootstrap"));
  }

  /**
   * Envoy's bootstrap as a message; what is wrong with the control plane in it is told by {@link
   * #build}.
   *
   * @throws IllegalArgumentException when it binds authorities to sources, which is not served
   */
  public XdsClientBuilder bootstrap(Bootstrap bootstrap) {
    BootstrapParts.check(bootstrap);
    return take(BootstrapParts.of(bootstrap));
  }

  private XdsClientBuilder take(BootstrapParts parts) {
    node(parts.node());
    servers = parts.servers();
    restTransport =
        (loop, executor) -> RestTransport.toStaticClusters(parts.bootstrap(), loop, executor);
    ads = parts.ads();
    sources = new HashMap<>(parts.sources());
    statics = parts.statics();
    return this;
  }

  /** Who we are; {@code user_agent_name} is filled in if it is empty. */
  public XdsClientBuilder node(Node node) {
    this.node =
        node.getUserAgentName().isEmpty()
            ? node.toBuilder().setUserAgentName(USER_AGENT).build()
            : node;
    return this;
  }

  /**
   * The control plane of the aggregated stream, {@code GRPC} or {@code DELTA_GRPC}. Without one,
   * what would come from it is an error of kind {@code CONFIGURATION}.
   */
  public XdsClientBuilder ads(ApiConfigSource ads) {
    this.ads = ads;
    return this;
  }

  /** Where resources of a type come from, unless another resource says it of them. */
  public XdsClientBuilder source(ResourceType<?> type, ConfigSource source) {
    sources.put(type, source);
    return this;
  }

  // --- in Java

  /** Who we are, by {@code node.id} and {@code node.cluster}; a control plane needs both. */
  public XdsClientBuilder node(String id, String cluster) {
    return node(node.toBuilder().setId(id).setCluster(cluster).build());
  }

  /** Where we are; any of it may be empty. */
  public XdsClientBuilder locality(String region, String zone, String subZone) {
    return node(
        node.toBuilder()
            .setLocality(Locality.newBuilder().setRegion(region).setZone(zone).setSubZone(subZone))
            .build());
  }

  /**
   * The control plane of the aggregated stream, in plain text unless {@link #tls} follows;
   * state-of-the-world unless {@link #incremental} does.
   *
   * @param target as gRPC understands it, e.g. {@code xds.example:18000}
   */
  public XdsClientBuilder server(String target) {
    ads = NamedServer.to(target);
    return this;
  }

  /**
   * Speaks the incremental dialect to the control plane named before.
   *
   * @throws IllegalStateException when none was
   */
  public XdsClientBuilder incremental() {
    ads = NamedServer.incremental(ads);
    return this;
  }

  /**
   * Speaks TLS to the server named before, trusting the system's roots.
   *
   * @throws IllegalStateException when none was
   */
  public XdsClientBuilder tls() {
    ads = NamedServer.tls(ads, null, null, null);
    return this;
  }

  /**
   * As {@link #tls()}, trusting only these.
   *
   * @param roots PEM; read when the channel is opened
   */
  public XdsClientBuilder tls(Path roots) {
    ads = NamedServer.tls(ads, roots, null, null);
    return this;
  }

  /**
   * As {@link #tls(Path)}, showing a certificate.
   *
   * @param chain PEM
   * @param key PEM, PKCS#8
   */
  public XdsClientBuilder tls(Path roots, Path chain, Path key) {
    ads = NamedServer.tls(ads, roots, chain, key);
    return this;
  }

  /**
   * A channel of yours to the control plane, state-of-the-world unless {@link #ads} or {@link
   * #incremental} says otherwise. The client does not shut it down.
   */
  public XdsClientBuilder channel(ManagedChannel channel) {
    this.channel = channel;
    return ads == null ? ads(NamedServer.UNNAMED) : this;
  }

  /** Serves {@code ads} from memory, without any server. */
  public XdsClientBuilder resources(MemoryResources resources) {
    this.resources = resources;
    return ads(NamedServer.UNNAMED);
  }

  // --- surroundings

  /**
   * Opens channels by configuration; the default serves {@code google_grpc}, and {@code envoy_grpc}
   * to static clusters of the bootstrap.
   */
  public XdsClientBuilder channelFactory(ChannelFactory channelFactory) {
    this.channelFactory = channelFactory;
    return this;
  }

  /** The loop to live on; the default is a thread of its own, which ends with the client. */
  public XdsClientBuilder loop(Loop loop) {
    this.loop = loop;
    return this;
  }

  /** Counts what happens to the aggregated stream. */
  public XdsClientBuilder transportObserver(TransportObserver observer) {
    this.observer = observer;
    return this;
  }

  /** Where responses are parsed and checked; the default is a daemon thread of its own. */
  public XdsClientBuilder decodeExecutor(Executor decodeExecutor) {
    this.decodeExecutor = decodeExecutor;
    return this;
  }

  /** Whether a resource with fields that this build does not know is refused. */
  public XdsClientBuilder rejectUnknownFields(boolean reject) {
    this.rejectUnknownFields = reject;
    return this;
  }

  /** Uniform in [0, 1), for the jitter of delays. */
  public XdsClientBuilder chance(DoubleSupplier chance) {
    this.chance = chance;
    return this;
  }

  /**
   * The servers that a source may name are those of this bootstrap, of which nothing else is taken.
   */
  public XdsClientBuilder servers(Bootstrap bootstrap) {
    servers = Servers.of(bootstrap);
    return this;
  }

  /** Asks control planes that are polled. */
  public XdsClientBuilder restTransport(RestTransport restTransport) {
    this.restTransport = (loop, executor) -> restTransport;
    return this;
  }

  /** Watches files for sources that are files; closed with the client. */
  public XdsClientBuilder fileWatcher(FileWatcher fileWatcher) {
    this.fileWatcher = loop -> fileWatcher;
    return this;
  }

  XdsClientBuilder transport(Transport transport) {
    this.transport = transport;
    return this;
  }

  /**
   * Makes the client; nothing is opened yet.
   *
   * @throws IllegalArgumentException when the control plane is of a kind that is not served, saying
   *     so
   */
  public XdsClient build() {
    return new XdsClient(this);
  }
}
