package io.bifocal.conformance;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** A subject that runs, seen from outside: its admin interface and its listeners. */
public final class Proxy {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final Program program;
  private final Path adminAddressFile;

  Proxy(Program program, Path adminAddressFile) {
    this.program = program;
    this.adminAddressFile = adminAddressFile;
  }

  public Program program() {
    return program;
  }

  void awaitAdmin(Duration patience) {
    await("the admin interface of " + program)
        .atMost(patience)
        .pollInterval(Duration.ofMillis(20))
        .until(
            () -> {
              requireAlive();
              return Files.exists(adminAddressFile)
                  && !Files.readString(adminAddressFile).isBlank()
                  && tryAdmin("/ready").isPresent();
            });
  }

  private void requireAlive() {
    if (!program.isAlive()) {
      throw new AssertionError(program + " ended");
    }
  }

  /** GET of an admin path. */
  public Http.Response admin(String path) {
    return Http.get(adminAddress(), path);
  }

  Optional<Http.Response> tryAdmin(String path) {
    return Http.tryGet(adminAddress(), path);
  }

  public InetSocketAddress adminAddress() {
    try {
      return address(Files.readString(adminAddressFile).strip());
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /** Waits for {@code /ready} to say LIVE. */
  public Proxy awaitLive() {
    await("LIVE")
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(20))
        .until(
            () -> {
              requireAlive();
              return tryAdmin("/ready")
                  .filter(r -> r.status() == 200 && r.body().strip().equals("LIVE"))
                  .isPresent();
            });
    return this;
  }

  /** Where a listener listens, once it does. */
  public InetSocketAddress listener(String name) {
    return await("listener " + name)
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(20))
        .until(() -> Optional.ofNullable(listeners().get(name)), Optional::isPresent)
        .orElseThrow();
  }

  /** Name to address, from {@code /listeners}. */
  public Map<String, InetSocketAddress> listeners() {
    Map<String, InetSocketAddress> listeners = new TreeMap<>();
    admin("/listeners")
        .body()
        .lines()
        .filter(line -> line.contains("::"))
        .forEach(
            line -> {
              int end = line.indexOf("::");
              listeners.put(line.substring(0, end), address(line.substring(end + 2)));
            });
    return listeners;
  }

  /** Name to value as {@code /stats} prints them. */
  public Map<String, String> stats() {
    return statsAt("/stats");
  }

  /** Those alone in whose names this is found: of many, a fraction of the time. */
  public Map<String, String> stats(Pattern names) {
    return statsAt("/stats?filter=" + URLEncoder.encode(names.pattern(), StandardCharsets.UTF_8));
  }

  private Map<String, String> statsAt(String path) {
    Map<String, String> stats = new TreeMap<>();
    admin(path)
        .body()
        .lines()
        .filter(line -> line.contains(": "))
        .forEach(
            line -> {
              int colon = line.indexOf(": ");
              stats.put(line.substring(0, colon), line.substring(colon + 2));
            });
    return stats;
  }

  /** A counter or gauge; 0 when it is not there. */
  public long stat(String name) {
    return Long.parseLong(stats().getOrDefault(name, "0"));
  }

  /** Waits until a statistic has reached a value. */
  public void awaitStat(String name, long atLeast) {
    await(name + " >= " + atLeast)
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(20))
        .until(
            () -> {
              requireAlive();
              return stat(name) >= atLeast;
            });
  }

  /** Waits until a GET through a listener answers with this body. */
  public void awaitBody(String listener, String path, String body) {
    await("body " + body)
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(20))
        .until(
            () -> {
              requireAlive();
              InetSocketAddress address = listeners().get(listener);
              return address == null
                  ? "no listener"
                  : Http.tryGet(address, path).map(Http.Response::body).orElse("no answer");
            },
            body::equals);
  }

  private static InetSocketAddress address(String text) {
    int colon = text.lastIndexOf(':');
    String host = text.substring(0, colon).replaceAll("[\\[\\]]", "");
    return new InetSocketAddress(host, Integer.parseInt(text.substring(colon + 1)));
  }
}
