package io.bifocal.dataplane.cli;

import com.google.protobuf.util.Durations;
import io.bifocal.api.BootstrapReader;
import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.Proxy;
import io.bifocal.dataplane.ProxyOptions;
import io.bifocal.dataplane.Version;
import io.envoyproxy.envoy.admin.v3.CommandLineOptions;
import io.envoyproxy.envoy.config.bootstrap.v3.Bootstrap;
import io.envoyproxy.envoy.config.core.v3.Node;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Runs a proxy until a signal or an operator ends it. */
@Command(
    name = "bifocal",
    description = "A data plane that obeys Envoy's xDS and connects upstream with Happy Eyeballs.",
    mixinStandardHelpOptions = false,
    sortOptions = false,
    footer = {
      "",
      "bifocal probe URL... races to any host and draws who raced whom: see its --help."
    })
final class Serve implements Callable<Integer> {
  private static final int PARENT_SHUTDOWN_SECONDS = 900; // Envoy's default; nobody waits for it

  private final PrintWriter out;
  private final PrintWriter err;

  @Option(
      names = {"-c", "--config-path"},
      paramLabel = "FILE",
      description = "the bootstrap: .yaml, .json, .pb_text or .pb")
  @Nullable Path configPath;

  @Option(
      names = "--config-yaml",
      paramLabel = "YAML",
      description = "a bootstrap as text; merged over --config-path where both are given")
  @Nullable String configYaml;

  @Option(
      names = "--mode",
      paramLabel = "serve|validate|init_only",
      description = "validate: check the bootstrap and exit; init_only: exit once initialised",
      defaultValue = "serve")
  Mode mode = Mode.SERVE;

  @Option(
      names = "--concurrency",
      paramLabel = "N",
      description = "worker loops; default the number of cores")
  @Nullable Integer concurrency;

  @Option(names = "--service-node", paramLabel = "ID", description = "node.id")
  @Nullable String serviceNode;

  @Option(names = "--service-cluster", paramLabel = "NAME", description = "node.cluster")
  @Nullable String serviceCluster;

  @Option(names = "--service-zone", paramLabel = "ZONE", description = "node.locality.zone")
  @Nullable String serviceZone;

  @Option(
      names = "--drain-time-s",
      paramLabel = "SECONDS",
      description = "how long open connections may take to end; default 600",
      defaultValue = "600")
  int drainTime;

  @Option(
      names = "--drain-strategy",
      paramLabel = "gradual|immediate",
      description = "accepted; connections are asked to end at once",
      defaultValue = "gradual")
  String drainStrategy = "gradual";

  @Option(
      names = "--file-flush-interval-msec",
      paramLabel = "MS",
      description = "how long lines of access logs may wait; default 10000",
      defaultValue = "10000")
  long fileFlushInterval;

  @Option(
      names = "--admin-address-path",
      paramLabel = "FILE",
      description = "where to write the admin interface's address")
  @Nullable Path adminAddressPath;

  @Option(
      names = "--allow-unknown-static-fields",
      description = "unknown fields in the bootstrap are warnings, not errors")
  boolean allowUnknownStaticFields;

  @Option(
      names = "--reject-unknown-dynamic-fields",
      description = "a resource with unknown fields is refused")
  boolean rejectUnknownDynamicFields;

  @Mixin LogSettings logging = new LogSettings();

  @Mixin EnvoyFlags envoyFlags = new EnvoyFlags();

  @Option(names = "--version", description = "print the version", versionHelp = false)
  boolean version;

  @Option(
      names = {"-h", "--help"},
      description = "print this",
      usageHelp = true)
  boolean help;

  Serve(PrintWriter out, PrintWriter err) {
    this.out = out;
    this.err = err;
  }

  @Override
  public Integer call() throws InterruptedException {
    envoyFlags.notes().forEach(note -> err.println("bifocal: " + note));
    if (version) {
      out.println("bifocal  version: " + Version.full());
      return 0;
    }
    ProxyOptions options;
    try {
      logging.apply();
      options = options();
    } catch (ConfigException e) {
      err.println("bifocal: " + e.reason());
      return 1;
    }
    try {
      BootstrapReader reader = new BootstrapReader(allowUnknownStaticFields);
      Bootstrap bootstrap = withNode(read(reader));
      options = options.withUnknownStaticFields(reader.unknownFields());
      return mode == Mode.VALIDATE ? validate(bootstrap, options) : serve(bootstrap, options);
    } catch (ConfigException e) {
      err.println("error initializing configuration '%s': %s".formatted(where(), e.reason()));
      return 1;
    }
  }

  private int validate(Bootstrap bootstrap, ProxyOptions options) throws ConfigException {
    Proxy.validate(bootstrap, options);
    out.println("configuration '%s' OK".formatted(where()));
    return 0;
  }

  private int serve(Bootstrap bootstrap, ProxyOptions options)
      throws ConfigException, InterruptedException {
    try (Proxy proxy = Proxy.start(bootstrap, options)) {
      tellAdminAddress(proxy);
      Signals.handle(proxy);
      Shutdown shutdown = Shutdown.onSignal(proxy);
      if (mode == Mode.INIT_ONLY) {
        proxy.live().join();
      } else {
        proxy.awaitEnd();
      }
      shutdown.ended();
      return 0;
    }
  }

  private Bootstrap read(BootstrapReader reader) throws ConfigException {
    if (configPath == null && configYaml == null) {
      throw new ConfigException(
          "At least one of --config-path or --config-yaml or Options::configProto() should be"
              + " non-empty");
    }
    Bootstrap.Builder merged = Bootstrap.newBuilder();
    if (configPath != null) {
      merged.mergeFrom(reader.read(configPath));
    }
    if (configYaml != null) {
      merged.mergeFrom(reader.readYaml(configYaml, "--config-yaml"));
    }
    return merged.build();
  }

  private Bootstrap withNode(Bootstrap bootstrap) {
    Node.Builder node = bootstrap.getNode().toBuilder();
    if (serviceNode != null) {
      node.setId(serviceNode);
    }
    if (serviceCluster != null) {
      node.setCluster(serviceCluster);
    }
    if (serviceZone != null) {
      node.getLocalityBuilder().setZone(serviceZone);
    }
    return bootstrap.toBuilder().setNode(node).build();
  }

  private ProxyOptions options() throws ConfigException {
    if (concurrency != null && concurrency < 0) {
      throw new ConfigException("--concurrency must not be negative, and is " + concurrency);
    }
    if (drainTime < 0) {
      throw new ConfigException("--drain-time-s must not be negative, and is " + drainTime);
    }
    if (fileFlushInterval < 1) {
      throw new ConfigException(
          "--file-flush-interval-msec must be at least 1, and is " + fileFlushInterval);
    }
    ProxyOptions options =
        ProxyOptions.defaults()
            .withRehearsal(true)
            .withDrainTime(Duration.ofSeconds(drainTime))
            .withAccessLogFlush(Duration.ofMillis(fileFlushInterval))
            .withRejectUnknownDynamicFields(rejectUnknownDynamicFields);
    if (concurrency != null) {
      // Envoy takes 0 for "one worker".
      options = options.withConcurrency(Math.max(1, concurrency));
    }
    return options.withCommandLine(commandLine(options.concurrency()));
  }

  private CommandLineOptions commandLine(int workers) {
    return CommandLineOptions.newBuilder()
        .setConcurrency(workers)
        .setConfigPath(configPath == null ? "" : configPath.toString())
        .setConfigYaml(configYaml == null ? "" : configYaml)
        .setAllowUnknownStaticFields(allowUnknownStaticFields)
        .setRejectUnknownDynamicFields(rejectUnknownDynamicFields)
        .setAdminAddressPath(adminAddressPath == null ? "" : adminAddressPath.toString())
        .setLogLevel(logging.level())
        .setServiceCluster(serviceCluster == null ? "" : serviceCluster)
        .setServiceNode(serviceNode == null ? "" : serviceNode)
        .setServiceZone(serviceZone == null ? "" : serviceZone)
        .setFileFlushInterval(Durations.fromMillis(fileFlushInterval))
        .setParentShutdownTime(Durations.fromSeconds(PARENT_SHUTDOWN_SECONDS))
        .setDrainTime(Durations.fromSeconds(drainTime))
        .setDrainStrategy(
            drainStrategy.toLowerCase(Locale.ROOT).equals("immediate")
                ? CommandLineOptions.DrainStrategy.Immediate
                : CommandLineOptions.DrainStrategy.Gradual)
        .setMode(
            switch (mode) {
              case SERVE -> CommandLineOptions.Mode.Serve;
              case VALIDATE -> CommandLineOptions.Mode.Validate;
              case INIT_ONLY -> CommandLineOptions.Mode.InitOnly;
            })
        .setDisableHotRestart(true)
        .build();
  }

  private void tellAdminAddress(Proxy proxy) throws ConfigException {
    if (adminAddressPath == null || proxy.adminAddress().isEmpty()) {
      return;
    }
    SocketAddress address = proxy.adminAddress().get();
    String text =
        address instanceof InetSocketAddress inet
            ? io.bifocal.dataplane.host.Address.of(inet).text()
            : address.toString();
    try {
      Files.writeString(adminAddressPath, text);
    } catch (IOException e) {
      throw new ConfigException(
          "--admin-address-path %s cannot be written: %s".formatted(adminAddressPath, e), e);
    }
  }

  private String where() {
    return configPath == null ? "" : configPath.toString();
  }
}
