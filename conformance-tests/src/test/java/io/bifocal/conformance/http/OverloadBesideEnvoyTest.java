package io.bifocal.conformance.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bifocal.conformance.AccessLogFile;
import io.bifocal.conformance.Http;
import io.bifocal.conformance.Proxy;
import io.bifocal.conformance.SideBySide;
import io.bifocal.conformance.Sides;
import io.bifocal.conformance.Started;
import io.bifocal.conformance.Subject;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What Envoy's overload manager does, step by step as an injected resource gets short. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class OverloadBesideEnvoyTest {
  private static final String MONITORS = "type.googleapis.com/envoy.extensions.resource_monitors.";
  private static final Pattern COUNTED =
      Pattern.compile(
          "overload\\..*(pressure|active|scale_percent|failed_updates)"
              + "|http\\.ingress\\.downstream_(cx_overload_disable_keepalive|rq_overload_close)"
              + "|listener\\.(guarded|open)\\.downstream_(cx_overload_reject|global_cx_overflow)");

  private static final Pattern OF_TIMEOUTS =
      Pattern.compile(
          "overload\\.(slow|envoy\\.overload_actions\\.reduce_timeouts)\\..*"
              + "|http\\.ingress\\.downstream_(cx_idle_timeout|cx_max_duration_reached|rq_idle_timeout)");

  private static final Pattern OF_MEMORY =
      Pattern.compile(
          "(overload\\.)?envoy\\.overload_actions\\.reset_high_memory_stream\\..*"
              + "|http\\.heavy\\.downstream_rq_(rx_reset|active|2xx)|http2\\.tx_reset");

  @RegisterExtension static final Sides<Side> SIDES = new Sides<>(Side::new);

  private static final class Side {
    private final Path pressure;
    private final Path slowness;
    private final Path fullness;
    private final Path log;
    private final Proxy proxy;

    Side(Subject subject, Started started) {
      pressure = started.write(subject + ".pressure", "0");
      slowness = started.write(subject + ".slowness", "0");
      fullness = started.write(subject + ".fullness", "0");
      log = started.directory().resolve(subject + ".log");
      HearingUpstream upstream = started.keep(new HearingUpstream(Side::answer));
      proxy =
          started
              .start(
                  subject,
                  List.of(),
                  bootstrap(pressure, slowness, fullness)
                      + heavy(log, upstream.address().getPort()),
                  List.of("-l", "error", "--file-flush-interval-msec", "20"))
              .awaitLive();
    }

    private static String bootstrap(Path pressure, Path slowness, Path fullness) {
      return """
          admin: {ignore_global_conn_limit: true, address: {socket_address: {address: 127.0.0.1, port_value: 0}}}
          overload_manager:
            refresh_interval: 0.05s
            buffer_factory_config: {minimum_account_to_track_power_of_two: 10}
            resource_monitors:
            - {name: injected, typed_config: {"@type": %1$sinjected_resource.v3.InjectedResourceConfig, filename: "%2$s"}}
            - {name: envoy.resource_monitors.global_downstream_max_connections, typed_config: {"@type": %1$sdownstream_connections.v3.DownstreamConnectionsConfig, max_active_downstream_connections: 3}}
            - {name: full, typed_config: {"@type": %1$sinjected_resource.v3.InjectedResourceConfig, filename: "%4$s"}}
            - {name: slow, typed_config: {"@type": %1$sinjected_resource.v3.InjectedResourceConfig, filename: "%3$s"}}
            actions:
            - {name: envoy.overload_actions.reset_high_memory_stream, triggers: [{name: full, threshold: {value: 0.9}}]}
            - {name: envoy.overload_actions.reduce_timeouts, triggers: [{name: slow, scaled: {scaling_threshold: 0.1, saturation_threshold: 0.9}}],
               typed_config: {"@type": type.googleapis.com/envoy.config.overload.v3.ScaleTimersOverloadActionConfig, timer_scale_factors: [
                 {timer: HTTP_DOWNSTREAM_CONNECTION_IDLE, min_timeout: 0s}, {timer: HTTP_DOWNSTREAM_STREAM_IDLE, min_scale: {value: 0}},
                 {timer: HTTP_DOWNSTREAM_CONNECTION_MAX, min_timeout: 0.05s}]}}
            - {name: envoy.overload_actions.disable_http_keepalive, triggers: [{name: injected, threshold: {value: 0.3}}]}
            - {name: envoy.overload_actions.stop_accepting_requests, triggers: [{name: injected, threshold: {value: 0.5}}]}
            - {name: envoy.overload_actions.reject_incoming_connections, triggers: [{name: injected, threshold: {value: 0.7}}]}
            - {name: envoy.overload_actions.stop_accepting_connections, triggers: [{name: injected, threshold: {value: 0.9}}]}
            - {name: envoy.overload_actions.shrink_heap, triggers: [{name: injected, scaled: {scaling_threshold: 0.1, saturation_threshold: 0.9}}]}
          static_resources:
            listeners:
          """
              .formatted(MONITORS, pressure, slowness, fullness)
          + listener("guarded", "", "")
          + listener("open", "bypass_overload_manager: true, ignore_global_conn_limit: true,", "")
          + listener(
              "patient",
              "ignore_global_conn_limit: true,",
              "common_http_protocol_options: {idle_timeout: 0s},")
          + listener(
              "lasting",
              "ignore_global_conn_limit: true,",
              "common_http_protocol_options: {idle_timeout: 0s, max_connection_duration: 3600s},");
    }

    // Of the answers as many bytes come as the path says, and one is missing.
    private static String answer(HearingUpstream.Heard request) {
      int size = Integer.parseInt(request.path().substring(1));
      return "HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n".formatted(size + 1) + "x".repeat(size);
    }

    private static String heavy(Path log, int upstream) {
      return """
            - name: heavy
              ignore_global_conn_limit: true
              address: {socket_address: {address: 127.0.0.1, port_value: 0}}
              filter_chains: [{filters: [{name: http, typed_config: {
                "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager, stat_prefix: heavy,
                access_log: [{name: file, typed_config: {"@type": type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog,
                  path: "%s", log_format: {text_format_source: {inline_string: "%%REQ(:PATH)%% %%RESPONSE_CODE%% %%RESPONSE_FLAGS%% %%RESPONSE_CODE_DETAILS%%\\n"}}}}],
                route_config: {virtual_hosts: [{name: all, domains: ["*"], routes: [{match: {prefix: /}, route: {cluster: heavy, timeout: 0s}}]}]},
                http_filters: [{name: router, typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}}]}}]}]
            clusters:
            - {name: heavy, type: STATIC, load_assignment: {cluster_name: heavy, endpoints: [{lb_endpoints: [{endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: %d}}}}]}]}}
          """
          .formatted(log, upstream);
    }

    private static String listener(String name, String options, String manager) {
      return """
            - {name: %1$s, stat_prefix: %1$s, %2$s address: {socket_address: {address: 127.0.0.1, port_value: 0}}, filter_chains: [{filters: [
                {name: http, typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager,
                  stat_prefix: ingress, delayed_close_timeout: 0.05s, %3$s
                  route_config: {virtual_hosts: [{name: all, domains: ["*"], routes: [{match: {prefix: /}, direct_response: {status: 200, body: {inline_string: fine}}}]}]},
                  http_filters: [{name: router, typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}}]}}]}]}
          """
          .formatted(name, options, manager);
    }

    void press(String value) {
      set(pressure, "injected", value);
    }

    void fill(String value) {
      set(fullness, "full", value);
    }

    void slow(String value) {
      set(slowness, "slow", value);
    }

    /** Moves the next value into the file's place, and waits until it is seen. */
    private void set(Path file, String resource, String value) {
      try {
        Path next = Files.writeString(file.resolveSibling(file.getFileName() + ".next"), value);
        Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      String percent = String.valueOf((int) (Double.parseDouble(value) * 100));
      await("pressure " + percent)
          .until(() -> percent.equals(proxy.stats().get("overload." + resource + ".pressure")));
    }

    Visit visit(String listener) throws IOException {
      return new Visit(proxy.listener(listener));
    }

    Map<String, String> counted() {
      Map<String, String> stats = new TreeMap<>(proxy.stats());
      stats.keySet().removeIf(name -> !COUNTED.matcher(name).matches());
      return stats;
    }
  }

  /** A connection. */
  private static final class Visit implements AutoCloseable {
    private final Socket socket;

    Visit(InetSocketAddress address) throws IOException {
      socket = new Socket(address.getAddress(), address.getPort());
      socket.setSoTimeout(20_000);
    }

    /** The same of who is not to be answered. */
    String askInVain() throws IOException {
      socket.setSoTimeout(400);
      return ask();
    }

    /** The first line of what comes, and whether it tells of the end. */
    String ask() throws IOException {
      try {
        socket
            .getOutputStream()
            .write("GET / HTTP/1.1\r\nhost: a\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        byte[] bytes = new byte[4096];
        StringBuilder text = new StringBuilder();
        while (!text.toString().matches("(?s).*(fine|overloaded)")) {
          int read = socket.getInputStream().read(bytes);
          if (read < 0) {
            return "closed";
          }
          text.append(new String(bytes, 0, read, StandardCharsets.ISO_8859_1));
        }
        return text.substring(0, text.indexOf("\r\n"))
            + (text.indexOf("connection: close") > 0 ? " and the end" : "");
      } catch (SocketTimeoutException e) {
        return "nothing";
      } catch (IOException e) {
        return "closed";
      }
    }

    /** Sends something, and gives the first line of what comes before the end of all. */
    String outlive(String request) throws IOException {
      try {
        socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
        return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1)
            .lines()
            .findFirst()
            .orElse("closed");
      } catch (SocketTimeoutException e) {
        return "open";
      } catch (IOException e) {
        return "closed";
      }
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }

  /** Timeouts of an hour or some minutes, which are waited out only where they are reduced. */
  private static List<String> timeouts(Side side) {
    List<String> seen = new ArrayList<>();
    try (Visit idle = side.visit("guarded");
        Visit bypassing = side.visit("open");
        Visit lasting = side.visit("lasting")) {
      for (Visit visit : List.of(idle, bypassing, lasting)) {
        seen.add(visit.ask());
      }
      side.slow("0.5");
      seen.add("half as long: " + idle.ask());
      side.slow("0.95");
      seen.add(idle.outlive(""));
      seen.add(bypassing.outlive(""));
      seen.add(lasting.outlive(""));
      try (Visit slow = side.visit("patient")) {
        seen.add("a request that goes no further: " + slow.outlive("GET / HTTP/1.1\r\nho"));
      }
      Map<String, String> stats = new TreeMap<>(side.proxy.stats());
      stats.keySet().removeIf(name -> !OF_TIMEOUTS.matcher(name).matches());
      seen.add(stats.toString());
      side.slow("0");
      try (Visit again = side.visit("guarded")) {
        seen.add(again.ask() + ", " + again.ask());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    awaitNoConnection(side);
    return seen;
  }

  private static List<String> steps(Side side) {
    List<String> seen = new ArrayList<>();
    try {
      for (String pressure : List.of("0", "0.4", "0.6")) {
        side.press(pressure);
        try (Visit guarded = side.visit("guarded");
            Visit open = side.visit("open")) {
          seen.add(pressure + ": " + guarded.ask() + ", " + open.ask());
        }
        seen.add(side.counted().toString());
      }
      side.press("0");
      try (Visit before = side.visit("guarded")) {
        side.press("0.8");
        try (Visit guarded = side.visit("guarded");
            Visit open = side.visit("open")) {
          seen.add("0.8: " + before.ask() + ", " + guarded.ask() + ", " + open.ask());
        }
      }
      side.press("0.95");
      try (Visit guarded = side.visit("guarded");
          Visit open = side.visit("open")) {
        seen.add("0.95: " + guarded.askInVain() + ", " + open.ask());
      }
      // The client that waited is turned away before anything else ends.
      side.press("0.8");
      side.proxy.awaitStat("listener.guarded.downstream_cx_overload_reject", 2);
      side.press("0");
      try (Visit guarded = side.visit("guarded")) {
        seen.add("0: " + guarded.ask());
      }
      awaitNoConnection(side);
      List<Visit> many = new ArrayList<>();
      for (int i = 0; i < 5; i++) {
        many.add(side.visit("guarded"));
        seen.add("connection " + i + ": " + many.get(i).ask());
      }
      try (Visit open = side.visit("open")) {
        seen.add("one that does not count: " + open.ask());
      }
      for (Visit visit : many) {
        visit.close();
      }
      // Told when the resources are looked at the next time.
      side.proxy.awaitStat(
          "overload.envoy.resource_monitors.global_downstream_max_connections.failed_updates", 2);
      seen.add(side.counted().toString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return seen;
  }

  private static void awaitNoConnection(Side side) {
    await("no connection")
        .until(
            () ->
                side.proxy.stat("listener.guarded.downstream_cx_active") == 0
                    && side.proxy.stat("listener.open.downstream_cx_active") == 0);
  }

  @Order(1) // connections are counted
  @Test
  void everyActionIsTakenAsByEnvoy() {
    SideBySide.Both<List<String>> seen = SIDES.ask(OverloadBesideEnvoyTest::steps);
    assertThat(seen.bifocal().stream().map(OverloadBesideEnvoyTest::withoutConnections).toList())
        .isEqualTo(seen.envoy().stream().map(OverloadBesideEnvoyTest::withoutConnections).toList());
    assertThat(seen.envoy()).anyMatch(line -> line.startsWith("0.95: nothing"));
    assertThat(Http.get(SIDES.side(Subject.BIFOCAL).proxy.adminAddress(), "/ready").status())
        .isEqualTo(200);
  }

  /** Frames of HTTP/2, and what came back of them. */
  private static byte[] frame(int type, int flags, int stream, byte[] payload) {
    return ByteBuffer.allocate(9 + payload.length)
        .putInt(payload.length << 8 | type)
        .put((byte) flags)
        .putInt(stream)
        .put(payload)
        .array();
  }

  private static byte[] get(int stream, String path) {
    ByteArrayOutputStream head = new ByteArrayOutputStream();
    head.writeBytes(new byte[] {(byte) 0x82, (byte) 0x86, 0x04, (byte) path.length()});
    head.writeBytes(path.getBytes(StandardCharsets.US_ASCII));
    head.writeBytes(new byte[] {0x41, 1, 'a'});
    return frame(1, 5, stream, head.toByteArray());
  }

  /** A client that takes nothing of an answer. */
  private static List<String> memory(Side side) {
    List<String> seen = new ArrayList<>();
    try (Socket socket = new Socket()) {
      socket.connect(side.proxy.listener("heavy"));
      socket.setSoTimeout(20_000);
      OutputStream out = socket.getOutputStream();
      out.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      out.write(frame(4, 0, 0, new byte[] {0, 4, 0, 0, 0, 0})); // no window
      out.write(get(1, "/900000"));
      DataInputStream in = new DataInputStream(socket.getInputStream());
      for (String reset = ""; reset.isEmpty(); ) {
        int typed = in.readInt();
        int flags = in.readUnsignedByte();
        int stream = in.readInt();
        byte[] payload = in.readNBytes(typed >>> 8);
        switch (typed & 0xFF) {
          case 1 -> {
            side.proxy.awaitStat("cluster.heavy.upstream_cx_rx_bytes_total", 1500);
            side.fill("0.95");
          }
          case 3 -> {
            reset = "stream %d is reset: %d".formatted(stream, ByteBuffer.wrap(payload).getInt());
            seen.add(reset);
          }
          case 4 -> {
            if (flags == 0) {
              out.write(frame(4, 1, 0, new byte[0]));
            }
          }
          default -> {}
        }
      }
      side.proxy.awaitStat("envoy.overload_actions.reset_high_memory_stream.count", 1);
      Map<String, String> stats = new TreeMap<>(side.proxy.stats());
      stats.keySet().removeIf(name -> !OF_MEMORY.matcher(name).matches());
      seen.add(stats.toString());
      seen.add(
          await("the log")
              .until(() -> AccessLogFile.lines(side.log), lines -> !lines.isEmpty())
              .toString());
      side.fill("0");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return seen;
  }

  @Order(2)
  @Test
  void theStreamThatKeepsMuchInMemoryIsResetAsByEnvoy() {
    SideBySide.Both<List<String>> seen = SIDES.ask(OverloadBesideEnvoyTest::memory);
    assertThat(seen.bifocal()).isEqualTo(seen.envoy());
    assertThat(seen.envoy()).contains("stream 1 is reset: 2", "[/900000 200 OM overload]");
  }

  @Order(3)
  @Test
  void timeoutsAreReducedAsByEnvoy() {
    SideBySide.Both<List<String>> seen = SIDES.ask(OverloadBesideEnvoyTest::timeouts);
    assertThat(seen.bifocal().stream().map(OverloadBesideEnvoyTest::withoutConnections).toList())
        .isEqualTo(seen.envoy().stream().map(OverloadBesideEnvoyTest::withoutConnections).toList());
    assertThat(seen.envoy())
        .contains(
            "half as long: HTTP/1.1 200 OK",
            "closed",
            "a request that goes no further: HTTP/1.1 408 Request Timeout");
  }

  // How many there are is looked at by either at a moment of its own.
  private static String withoutConnections(String line) {
    return line.replaceAll(
        "overload\\.envoy\\.resource_monitors\\.global_downstream_max_connections\\.pressure=\\d+,? ?",
        "");
  }
}
