package io.bifocal.dataplane.http;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.dataplane.stream.TlsSession;
import io.bifocal.dataplane.transport.tls.Authority;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.ForwardClientCertDetails;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.SetCurrentClientCertDetails;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What upstreams hear of a client's certificate. */
class ClientCertHeaderTest {
  private static final String NAME = "x-forwarded-client-cert";
  private static final String BEFORE = "Hash=0;Subject=\"somebody\"";

  private static TlsSession known;
  private static TlsSession unknown;
  private static String hash;
  private static X509Bundle intermediate;

  @BeforeAll
  static void shakeHands() throws Exception {
    Authority root = Authority.named("root");
    X509Bundle server = root.issue(Authority.leaf("s.example").addSanUriName("spiffe://s/1"));
    intermediate =
        root.issue(
            new CertificateBuilder()
                .ecp256()
                .subject("CN=between")
                .setIsCertificateAuthority(true));
    X509Bundle client =
        Authority.leaf("b.example", "a.example")
            .subject("CN=c,O=o")
            .addSanUriName("spiffe://c/2")
            .addSanUriName("spiffe://c/1")
            .buildIssuedBy(intermediate);
    known = session(server, client);
    unknown = session(server, null);
    hash = TlsSession.digest(client.getCertificate(), "SHA-256");
  }

  /** A server's, of a handshake in memory. */
  private static TlsSession session(X509Bundle server, @Nullable X509Bundle client)
      throws Exception {
    SslContextBuilder asClient =
        SslContextBuilder.forClient()
            .sslProvider(SslProvider.JDK)
            .trustManager(InsecureTrustManagerFactory.INSTANCE);
    if (client != null) {
      asClient.keyManager(client.toKeyManagerFactory());
    }
    SslHandler there =
        SslContextBuilder.forServer(server.toKeyManagerFactory())
            .sslProvider(SslProvider.JDK)
            .clientAuth(ClientAuth.OPTIONAL)
            .trustManager(InsecureTrustManagerFactory.INSTANCE)
            .build()
            .newHandler(ByteBufAllocator.DEFAULT);
    EmbeddedChannel listening = new EmbeddedChannel(there);
    EmbeddedChannel calling =
        new EmbeddedChannel(asClient.build().newHandler(ByteBufAllocator.DEFAULT));
    while (!there.handshakeFuture().isDone()) {
      listening.writeInbound(calling.<Object>readOutbound());
      for (Object said = listening.readOutbound(); said != null; said = listening.readOutbound()) {
        calling.writeInbound(said);
      }
    }
    return requireNonNull(TlsSession.of(listening));
  }

  private static @Nullable String told(
      ForwardClientCertDetails mode,
      SetCurrentClientCertDetails.Builder details,
      @Nullable TlsSession tls,
      @Nullable String before) {
    HttpHeaders headers = new DefaultHttpHeaders();
    if (before != null) {
      headers.set(NAME, before);
    }
    ClientCertHeader.of(mode, details.build()).apply(headers, tls);
    return headers.get(NAME);
  }

  private static @Nullable String told(SetCurrentClientCertDetails.Builder details) {
    return told(ForwardClientCertDetails.SANITIZE_SET, details, known, BEFORE);
  }

  private static SetCurrentClientCertDetails.Builder details() {
    return SetCurrentClientCertDetails.newBuilder();
  }

  @ParameterizedTest
  @EnumSource(
      mode = EnumSource.Mode.EXCLUDE,
      names = {"ALWAYS_FORWARD_ONLY", "UNRECOGNIZED"})
  void whoShowsNoCertificateIsNotBelieved(ForwardClientCertDetails mode) {
    assertThat(told(mode, details(), null, BEFORE)).as("without TLS").isNull();
    assertThat(told(mode, details(), unknown, BEFORE)).as("without a certificate").isNull();
  }

  @Test
  void unlessEverybodyIs() {
    for (TlsSession tls : new TlsSession[] {null, unknown, known}) {
      assertThat(told(ForwardClientCertDetails.ALWAYS_FORWARD_ONLY, details(), tls, BEFORE))
          .isEqualTo(BEFORE);
    }
  }

  @Test
  void whoShowsOneMayForwardWhatItSays() {
    assertThat(told(ForwardClientCertDetails.SANITIZE, details(), known, BEFORE)).isNull();
    assertThat(told(ForwardClientCertDetails.FORWARD_ONLY, details(), known, BEFORE))
        .isEqualTo(BEFORE);
    assertThat(told(ForwardClientCertDetails.FORWARD_ONLY, details(), known, null)).isNull();
  }

  @Test
  void itsOwnStandsInThePlaceOfThatOrBehindIt() {
    String own = "By=spiffe://s/1;Hash=" + hash;
    assertThat(told(details())).isEqualTo(own);
    assertThat(told(ForwardClientCertDetails.APPEND_FORWARD, details(), known, BEFORE))
        .isEqualTo(BEFORE + "," + own);
    assertThat(told(ForwardClientCertDetails.APPEND_FORWARD, details(), known, null))
        .isEqualTo(own);
  }

  @Test
  void severalLinesBecomeOne() {
    for (ForwardClientCertDetails mode :
        new ForwardClientCertDetails[] {
          ForwardClientCertDetails.APPEND_FORWARD,
          ForwardClientCertDetails.FORWARD_ONLY,
          ForwardClientCertDetails.ALWAYS_FORWARD_ONLY
        }) {
      HttpHeaders headers = new DefaultHttpHeaders().add(NAME, BEFORE).add(NAME, "Hash=1");
      ClientCertHeader.of(mode, details().build()).apply(headers, known);
      assertThat(headers.getAll(NAME)).as(mode.name()).hasSize(1);
      assertThat(headers.get(NAME)).startsWith(BEFORE + ",Hash=1");
    }
  }

  @Test
  void namesAreToldInTheirOrder() {
    assertThat(told(details().setUri(true)))
        .endsWith(";Hash=" + hash + ";URI=spiffe://c/2;URI=spiffe://c/1");
    assertThat(told(details().setDns(true))).endsWith(";DNS=b.example;DNS=a.example");
    SetCurrentClientCertDetails.Builder subject = details();
    subject.getSubjectBuilder().setValue(true);
    assertThat(told(subject)).endsWith(";Subject=\"CN=c,O=o\"");
  }

  @Test
  void certificatesAreToldInPem() {
    String whole = told(details().setChain(true));
    assertThat(told(details().setCert(true)))
        .contains(";Cert=\"-----BEGIN%20CERTIFICATE-----%0A")
        .endsWith("%0A-----END%20CERTIFICATE-----%0A\"")
        .doesNotContain(" ", "\n");
    assertThat(whole).contains(";Chain=\"-----BEGIN%20CERTIFICATE-----%0A");
    assertThat(requireNonNull(whole).split("BEGIN%20CERTIFICATE", -1)).hasSize(3);
  }
}
