package io.bifocal.dataplane.http.filter.rbac;

import io.bifocal.dataplane.http.route.HeaderMatch;
import io.bifocal.dataplane.match.MatchInput;
import io.bifocal.dataplane.match.MatchInputs;
import io.bifocal.dataplane.match.NetworkInputs;
import io.bifocal.dataplane.stream.TlsSession;
import io.bifocal.dataplane.stream.TlsSession.NameKind;
import io.envoyproxy.envoy.extensions.matching.common_inputs.network.v3.FilterStateInput;
import io.envoyproxy.envoy.extensions.matching.common_inputs.ssl.v3.DnsSanInput;
import io.envoyproxy.envoy.extensions.matching.common_inputs.ssl.v3.SubjectInput;
import io.envoyproxy.envoy.extensions.matching.common_inputs.ssl.v3.UriSanInput;
import io.envoyproxy.envoy.type.matcher.v3.HttpRequestHeaderMatchInput;
import java.security.cert.X509Certificate;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What trees may look at: what Envoy's may, but for dynamic metadata and the environment. */
final class Inputs {
  private static final MatchInputs<Subject> OF_CONNECTIONS = ofConnections();
  private static final MatchInputs<Subject> OF_REQUESTS =
      ofConnections()
          .register(
              HttpRequestHeaderMatchInput.getDefaultInstance(),
              config -> {
                HeaderMatch header = HeaderMatch.named(config.getHeaderName());
                return subject -> header.value(subject.head());
              });

  private Inputs() {}

  static MatchInputs<Subject> of(boolean requests) {
    return requests ? OF_REQUESTS : OF_CONNECTIONS;
  }

  private static MatchInputs<Subject> ofConnections() {
    return NetworkInputs.registerEnds(new MatchInputs<Subject>(), subject -> subject)
        .register(
            FilterStateInput.getDefaultInstance(),
            config -> subject -> subject.info().filterState(config.getKey()))
        .register(
            UriSanInput.getDefaultInstance(), config -> ofPeer(peer -> names(peer, NameKind.URI)))
        .register(
            DnsSanInput.getDefaultInstance(), config -> ofPeer(peer -> names(peer, NameKind.DNS)))
        .register(
            SubjectInput.getDefaultInstance(),
            config -> ofPeer(peer -> TlsSession.text(peer.getSubjectX500Principal())));
  }

  private static String names(X509Certificate peer, NameKind kind) {
    return String.join(",", TlsSession.names(peer, kind));
  }

  /** Nothing of a client without a certificate, and for what its certificate does not tell. */
  private static MatchInput<Subject> ofPeer(Function<X509Certificate, String> text) {
    return subject -> {
      TlsSession tls = subject.connection().stream().downstreamTls;
      X509Certificate peer = tls == null ? null : tls.peerCertificate();
      return peer == null ? null : nonEmpty(text.apply(peer));
    };
  }

  private static @Nullable String nonEmpty(String text) {
    return text.isEmpty() ? null : text;
  }
}
