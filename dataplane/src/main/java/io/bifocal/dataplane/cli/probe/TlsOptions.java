package io.bifocal.dataplane.cli.probe;

import com.google.common.net.InetAddresses;
import io.bifocal.dataplane.stats.StatsStore;
import io.bifocal.dataplane.transport.ApplicationProtocol;
import io.bifocal.dataplane.transport.TransportSocketFactory;
import io.bifocal.dataplane.transport.quic.UpstreamQuic;
import io.bifocal.dataplane.transport.tls.PeerVerifier;
import io.bifocal.dataplane.transport.tls.TlsSettings;
import io.bifocal.dataplane.transport.tls.TlsVersion;
import io.bifocal.dataplane.transport.tls.UpstreamTls;
import io.bifocal.dataplane.worker.Worker;
import io.netty.handler.codec.quic.Quic;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How TLS is spoken with those targets with which it is, over TCP and in QUIC. */
final class TlsOptions {
  private static final int MAX_ALPN = 255;

  @Option(
      names = "--tls",
      negatable = true,
      description = "TLS or none; default: with https:// and on port 443")
  @Nullable Boolean tls;

  @Option(
      names = "--http3",
      description = {
        "HTTP/3 first, over QUIC, and TCP beside it after --attempt-delay or when HTTP/3 has failed",
        "(needs a target with TLS)"
      })
  boolean http3;

  @Option(names = "--insecure", description = "accept any certificate")
  boolean insecure;

  @Option(
      names = "--ca",
      paramLabel = "FILE",
      description = "trust the certificates in FILE (PEM); default those that Java trusts")
  @Nullable Path ca;

  @Option(
      names = "--sni",
      paramLabel = "NAME",
      description = "the name to ask and to verify the certificate for; default the target's")
  @Nullable String sni;

  @Option(
      names = "--alpn",
      paramLabel = "PROTOCOL,...",
      hideParamSyntax = true,
      split = ",",
      description = "what to offer over TCP, e.g. h2,http/1.1; default nothing, with --http3 these")
  List<String> alpn = List.of();

  /**
   * What connections to a target are made of.
   *
   * @param worker whose loop they are on
   */
  Transports transports(Target target, Worker worker) throws BadUsage {
    if (!target.tls()) {
      return Transports.PLAIN;
    }
    try {
      TransportSocketFactory.PerWorker sockets =
          new UpstreamQuic(UpstreamTls.of(settings(target)))
              .on(new StatsStore(1).root(), worker.shard());
      return http3
          ? new Transports(
              sockets.socket(ApplicationProtocol.HTTP, ""),
              sockets.socket(ApplicationProtocol.HTTP_3, ""))
          : new Transports(sockets.socket(ApplicationProtocol.OPAQUE, ""), null);
    } catch (IOException e) {
      throw new BadUsage("--alpn " + String.join(",", alpn) + ": " + e.getMessage());
    }
  }

  /** Nothing that was said is without effect. */
  void check(List<Target> targets) throws BadUsage {
    if (http3) {
      checkHttp3(targets);
    }
    boolean said = insecure || ca != null || sni != null || !alpn.isEmpty();
    if (said && targets.stream().noneMatch(Target::tls)) {
      throw new BadUsage("--insecure, --ca, --sni and --alpn need a target with TLS: add --tls");
    }
    if (insecure && ca != null) {
      throw new BadUsage("--insecure trusts everybody, --ca only some: give one of them");
    }
    if (sni != null && InetAddresses.isInetAddress(sni)) {
      throw new BadUsage("--sni '" + sni + "': must be a name, not an address");
    }
    if (alpn.stream().anyMatch(p -> p.isEmpty() || p.length() > MAX_ALPN)) {
      throw new BadUsage("--alpn: a protocol's name has 1 to " + MAX_ALPN + " characters");
    }
  }

  private static void checkHttp3(List<Target> targets) throws BadUsage {
    for (Target target : targets) {
      if (!target.tls()) {
        throw new BadUsage(
            "--http3: there is no HTTP/3 without TLS, and %s is without: add --tls, or write https://"
                .formatted(target.text()));
      }
    }
    if (!Quic.isAvailable()) {
      throw new BadUsage(
          "--http3: QUIC does not load on this machine (%s): leave it out"
              .formatted(Quic.unavailabilityCause()));
    }
  }

  private TlsSettings settings(Target target) throws BadUsage {
    String name = sni == null ? target.serverName() : sni;
    String verified = name.isEmpty() ? target.host() : name;
    return TlsSettings.DEFAULT
        .withVersions(TlsVersion.TLS_1_2, TlsVersion.TLS_1_3)
        .withSni(name)
        .withAlpn(alpn)
        .withSessions(0) // each run is to show a whole handshake
        .withVerifier(insecure ? null : verifier(verified));
  }

  private PeerVerifier verifier(String host) throws BadUsage {
    try {
      return ca == null ? PeerVerifier.ofSystem(host) : PeerVerifier.of(host, certificates(ca));
    } catch (GeneralSecurityException e) {
      throw new BadUsage(
          "the certificates that Java trusts cannot be read (%s); name some with --ca"
              .formatted(e.getMessage()));
    }
  }

  private static List<X509Certificate> certificates(Path file) throws BadUsage {
    try (InputStream pem = Files.newInputStream(file)) {
      List<X509Certificate> read =
          CertificateFactory.getInstance("X.509").generateCertificates(pem).stream()
              .map(X509Certificate.class::cast)
              .toList();
      if (read.isEmpty()) {
        throw new BadUsage("--ca " + file + ": there is no certificate in it");
      }
      return read;
    } catch (CertificateException e) {
      throw new BadUsage("--ca " + file + ": no certificates in PEM");
    } catch (IOException e) {
      throw new BadUsage(
          "--ca " + file + ": cannot be read (" + e.getClass().getSimpleName() + ")");
    }
  }
}
