package io.bifocal.dataplane;

import io.bifocal.dataplane.transport.tls.Authority;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.Base64;

/** Servers over QUIC with whom there is no connection to be had, each for another reason. */
@SuppressWarnings("ImmutableEnumChecker") // what makes a server makes a new one each time
enum BadHttp3Peer {
  STRANGER(verification("unable to get local issuer certificate"), Shown.STRANGERS),
  SELF_SIGNED(verification("self signed certificate"), Shown.ITS_OWN),
  EXPIRED(verification("certificate has expired"), Shown.EXPIRED),
  EARLY(verification("certificate is not yet valid"), Shown.EARLY),
  OF_A_CLIENT(verification("unsupported certificate purpose"), Shown.OF_A_CLIENT),
  REVOKED(
      verification(
          "certificate revocation check against provided CRLs failed: certificate revoked"),
      Shown.REVOKED),
  OF_ANOTHER_NAME("SAN matcher, certificate SANs are [bad.test]", Shown.OF_ANOTHER_NAME),
  OF_A_SHORT_KEY(
      "CERTIFICATE_VERIFY_FAILED:Invalid leaf cert, only RSA certificates with 2048-bit or larger"
          + " keys are supported",
      at -> new Http3Peer(at, Shown.OF_A_SHORT_KEY)),
  OF_ANOTHER_VERSION("QUICHE_ERR_UNKNOWN_VERSION", BadHttp3Peer::ofAnotherVersion),
  GONE_AMID_THE_HANDSHAKE(
      "delayed connect error: Connection refused",
      at -> new Http3Peer(at, Shown.LONG).goneAfter(Shown.FEWER)),
  MUTE_AMID_THE_HANDSHAKE("", at -> new Http3Peer(at, Shown.LONG).muteAfter(Shown.FEWER));

  /** What they show. */
  @SuppressWarnings("TimeInStaticInitializer") // certificates are for the tests that run now
  private static final class Shown {
    static final Authority CA = Authority.named("ca");
    static final X509Bundle GOOD = CA.issue(Authority.leaf("good.test"));
    static final X509Bundle STRANGERS = Authority.named("other").issue(Authority.leaf("good.test"));
    static final X509Bundle ITS_OWN = Authority.signedByItself("good.test");
    static final X509Bundle EXPIRED =
        CA.issue(Authority.leaf("good.test").notAfter(Instant.now().minusSeconds(1)));
    static final X509Bundle EARLY =
        CA.issue(Authority.leaf("good.test").notBefore(Instant.now().plusSeconds(3600)));
    static final X509Bundle OF_A_CLIENT =
        CA.issue(Authority.leaf("good.test").addExtendedKeyUsageClientAuth());
    static final X509Bundle REVOKED = CA.issue(Authority.leaf("good.test"));
    static final X509Bundle OF_ANOTHER_NAME = CA.issue(Authority.leaf("bad.test"));
    static final X509Bundle OF_A_SHORT_KEY =
        CA.issue(Authority.leaf("good.test").keyPair(rsa1024()));
    static final X509Bundle LONG =
        CA.issue(
            Authority.leaf("good.test").addExtensionOctetString("1.2.3.4", false, new byte[4000]));

    private static KeyPair rsa1024() {
      try {
        KeyPairGenerator keys = KeyPairGenerator.getInstance("RSA");
        keys.initialize(1024);
        return keys.generateKeyPair();
      } catch (NoSuchAlgorithmException e) {
        throw new AssertionError(e);
      }
    }

    /** A Retry and the first datagram of several that it takes to show what is long. */
    static final int FEWER = 2;
  }

  @FunctionalInterface
  private interface Server {
    AutoCloseable at(InetSocketAddress at) throws Exception;
  }

  private final String reason;
  private final String counter;
  private final Server server;

  BadHttp3Peer(String judgement, X509Bundle shown) {
    this(
        "CERTIFICATE_VERIFY_FAILED:verify cert failed: " + judgement,
        judgement.startsWith("SAN") ? "fail_verify_san" : "fail_verify_error",
        at -> new Http3Peer(at, shown));
  }

  BadHttp3Peer(String reason, Server server) {
    this(reason, "", server);
  }

  BadHttp3Peer(String reason, String counter, Server server) {
    this.reason = reason;
    this.counter = counter;
    this.server = server;
  }

  private static String verification(String error) {
    return "X509_verify_cert: certificate verification error at depth 0: " + error;
  }

  /** Why, in the words of the access log; empty when it is told by a flag alone. */
  String reason() {
    return reason.replace(' ', '_');
  }

  /** Which of {@code ssl.fail_verify_*} counts it, or empty. */
  String counter() {
    return counter;
  }

  /** Begins to listen. */
  AutoCloseable at(InetSocketAddress at) throws Exception {
    return server.at(at);
  }

  static Authority authority() {
    return Shown.CA;
  }

  /** What a good one shows. */
  static X509Bundle good() {
    return Shown.GOOD;
  }

  /** What a validation context says besides whom it trusts. */
  static String judgedBy() throws Exception {
    byte[] revocations = Shown.CA.revocations(Shown.REVOKED.getCertificate()).getEncoded();
    return "crl: {inline_string: \"-----BEGIN X509 CRL-----\\n%s\\n-----END X509 CRL-----\\n\"}, "
            .formatted(Base64.getEncoder().encodeToString(revocations))
        + "match_typed_subject_alt_names: [{san_type: DNS, matcher: {exact: good.test}}]";
  }

  private static AutoCloseable ofAnotherVersion(InetSocketAddress at) throws IOException {
    DatagramSocket socket = new DatagramSocket(at);
    Thread thread =
        new Thread(
            () -> {
              try {
                while (true) {
                  negotiate(socket);
                }
              } catch (IOException e) {
                // Closed: the loop ends.
              }
            },
            "another-version");
    thread.setDaemon(true);
    thread.start();
    return socket;
  }

  // RFC 9000, section 17.2.1: the ids of both, turned round, and one version that nobody speaks.
  private static void negotiate(DatagramSocket socket) throws IOException {
    DatagramPacket packet = new DatagramPacket(new byte[2048], 2048);
    socket.receive(packet);
    ByteBuffer asked = ByteBuffer.wrap(packet.getData());
    byte[] to = new byte[asked.get(5)];
    asked.position(6).get(to);
    byte[] from = new byte[asked.get()];
    asked.get(from);
    ByteBuffer answer = ByteBuffer.allocate(64);
    answer.put((byte) 0xc0).putInt(0);
    answer.put((byte) from.length).put(from).put((byte) to.length).put(to).putInt(0x1a2a3a4a);
    socket.send(new DatagramPacket(answer.array(), answer.position(), packet.getSocketAddress()));
  }
}
