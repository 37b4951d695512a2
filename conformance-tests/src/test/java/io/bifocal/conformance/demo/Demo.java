package io.bifocal.conformance.demo;

import io.bifocal.api.BootstrapReader;
import io.bifocal.conformance.Bootstraps;
import io.bifocal.conformance.Bootstraps.Dialect;
import io.bifocal.conformance.Resources;
import io.bifocal.conformance.javacontrolplane.ControlPlane;
import io.bifocal.dataplane.Proxy;
import io.bifocal.dataplane.ProxyOptions;
import io.bifocal.dataplane.connect.AttemptEvent;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.observe.Waterfall;
import io.envoyproxy.envoy.config.bootstrap.v3.Bootstrap;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** The main job on an embedded default: see {@code scripts/demo --help}. */
public final class Demo {
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final int WIDTH = 78;
  private static final String LISTENER = "demo";
  private static final String CLUSTER = "backend";
  private static final String ROUTES = "routes";

  private final PrintStream out;

  Demo(PrintStream out) {
    this.out = out;
  }

  public static void main(String[] args) throws Exception {
    boolean keep = List.of(args).contains("--keep");
    if (args.length > (keep ? 1 : 0)) {
      System.err.println("demo: only --keep is known (scripts/demo --help)");
      System.exit(1);
    }
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    try (Stage stage = Stage.set(out)) {
      new Demo(out).run(stage.addresses(), keep);
    }
  }

  /** Pushes one endpoint with {@code addresses}, sends a request, and draws the race for it. */
  void run(List<InetSocketAddress> addresses, boolean keep) throws Exception {
    CompletableFuture<List<AttemptEvent>> race = new CompletableFuture<>();
    ProxyOptions options =
        ProxyOptions.defaults()
            .withConcurrency(1)
            .withRaces(
                told -> {
                  if (told.plan().cluster().equals(CLUSTER)) {
                    race.complete(told.attempts());
                  }
                });
    try (ControlPlane controlPlane = new ControlPlane(0)) {
      push(controlPlane, addresses);
      out.printf(
          "control plane   java-control-plane on 127.0.0.1:%d pushes one endpoint:%n"
              + "                %s%n",
          controlPlane.port(),
          addresses.stream().map(Demo::text).collect(Collectors.joining(", then ")));
      try (Proxy proxy = Proxy.start(bootstrap(controlPlane.port()), options)) {
        proxy.awaitLive(PATIENCE);
        SocketAddress listener = proxy.listenerAddresses(LISTENER).get(0);
        out.printf("data plane      listens on %s%n", text(listener));
        String answer = get(listener);
        out.printf("%nThe race for the request's connection, from its events:%n%n");
        List<AttemptEvent> attempts = race.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        Waterfall.draw(attempts, WIDTH).forEach(line -> out.println("  " + line));
        out.printf("%nthe answer      %s%n", answer);
        if (keep) {
          out.printf(
              "still up        admin on http://%s/ (Ctrl-C ends it)%n",
              text(proxy.adminAddress().orElseThrow()));
          proxy.awaitEnd();
        }
      }
    }
  }

  private static void push(ControlPlane controlPlane, List<InetSocketAddress> addresses) {
    controlPlane.publish(
        "1",
        List.of(Resources.edsCluster(CLUSTER)),
        List.of(Resources.assignment(CLUSTER, addresses.toArray(new InetSocketAddress[0]))),
        List.of(Resources.listener(LISTENER, ROUTES)),
        List.of(Resources.route(ROUTES, CLUSTER)));
  }

  private static Bootstrap bootstrap(int controlPlanePort) throws Exception {
    return new BootstrapReader(false)
        .readYaml(Bootstraps.ads(controlPlanePort, Dialect.SOTW), "the demo's bootstrap");
  }

  private static String get(SocketAddress listener) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://%s/".formatted(text(listener))))
            .timeout(PATIENCE)
            .build();
    HttpResponse<String> response =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .build()
            .send(request, HttpResponse.BodyHandlers.ofString());
    if (response.statusCode() != 200) {
      throw new IllegalStateException(
          "the answer is %d: %s".formatted(response.statusCode(), response.body()));
    }
    return "200: " + response.body().strip();
  }

  static String text(SocketAddress address) {
    return Address.of(address).text();
  }
}
