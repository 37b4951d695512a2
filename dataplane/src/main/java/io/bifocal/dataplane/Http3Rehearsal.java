package io.bifocal.dataplane;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import com.google.common.net.InetAddresses;
import io.bifocal.api.BootstrapReader;
import io.bifocal.api.ConfigException;
import io.envoyproxy.envoy.config.bootstrap.v3.Bootstrap;
import java.io.IOException;
import java.io.InputStream;
import java.net.DatagramSocket;
import java.net.HttpURLConnection;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.URI;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Requests over HTTP/3 from a proxy to itself, before those that count: the first of a process pays
 * for a JVM's loading of hundreds of classes, and for cryptography that is interpreted. It is
 * another proxy, on loopback and for itself: the one that counts has nothing of it in its
 * statistics, and nobody is told. What fails ends it.
 */
public final class Http3Rehearsal {
  private static final Logger log = LoggerFactory.getLogger(Http3Rehearsal.class);

  private static final String SCRIPT = "http3-rehearsal.yaml";
  private static final String NAME = "rehearsal.invalid";
  private static final String STAGE = "stage";

  /** The first meets a silent address; by the last one the JVM compiles what takes longest. */
  private static final int REQUESTS = 5;

  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final Duration VALID = Duration.ofDays(2);

  private static final AtomicBoolean BEGUN = new AtomicBoolean();

  private Http3Rehearsal() {}

  /** Begins it in the background, if none ever was in this process. */
  static void begin() {
    if (BEGUN.compareAndSet(false, true)) {
      Thread thread = new Thread(Http3Rehearsal::play, "bifocal-rehearsal");
      thread.setDaemon(true);
      thread.start();
    }
  }

  /** The whole of it; true if every request was served. */
  public static boolean play() {
    BEGUN.set(true);
    try (DatagramSocket silent = silent()) {
      ProxyOptions options =
          ProxyOptions.defaults().withConcurrency(1).withProgress(Level.DEBUG).withRehearsal(false);
      try (Proxy proxy = Proxy.start(script(silent.getLocalPort()), options)) {
        proxy.awaitLive(PATIENCE);
        SocketAddress stage = proxy.listenerAddresses(STAGE).get(0);
        for (int i = 0; i < REQUESTS; i++) {
          ask((InetSocketAddress) stage);
        }
        return true;
      }
    } catch (IOException
        | ConfigException
        | GeneralSecurityException
        | TimeoutException
        | RuntimeException e) {
      log.debug("no rehearsal of HTTP/3", e); // nothing depends on it but the first requests' times
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return false;
  }

  /** Whose port nobody answers at. Where there is no IPv6, the attempt just fails. */
  private static DatagramSocket silent() throws IOException {
    try {
      return new DatagramSocket(0, InetAddresses.forString("::1"));
    } catch (SocketException e) {
      return new DatagramSocket(0, InetAddresses.forString("127.0.0.1"));
    }
  }

  private static Bootstrap script(int silent)
      throws IOException, ConfigException, GeneralSecurityException {
    Instant now = Instant.now();
    RehearsalCertificate certificate =
        RehearsalCertificate.of(NAME, now.minus(VALID), now.plus(VALID));
    try (InputStream in = requireNonNull(Http3Rehearsal.class.getResourceAsStream(SCRIPT));
        ServerSocket port = new ServerSocket(0, 1, InetAddresses.forString("127.0.0.1"))) {
      String yaml =
          new String(in.readAllBytes(), UTF_8)
              .replace("SILENT_PORT", String.valueOf(silent))
              .replace("PORT", String.valueOf(port.getLocalPort()))
              .replace("KEY", certificate.key().replace("\n", "\\n"))
              .replace("CERTIFICATE", certificate.certificate().replace("\n", "\\n"));
      return new BootstrapReader(false).readYaml(yaml, SCRIPT);
    }
  }

  private static void ask(InetSocketAddress stage) throws IOException {
    URI page = URI.create("http://%s:%d/".formatted(stage.getHostString(), stage.getPort()));
    HttpURLConnection asked =
        (HttpURLConnection) page.toURL().openConnection(java.net.Proxy.NO_PROXY);
    asked.setReadTimeout((int) PATIENCE.toMillis());
    try (InputStream answer = asked.getInputStream()) {
      var unused = answer.readAllBytes();
    }
  }
}
