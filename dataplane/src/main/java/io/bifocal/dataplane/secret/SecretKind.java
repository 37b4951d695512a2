package io.bifocal.dataplane.secret;

import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.Secret;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.Secret.TypeCase;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What a secret can be. Each kind has names of its own. */
public enum SecretKind {
  TLS_CERTIFICATE(TypeCase.TLS_CERTIFICATE, "static secret", "TlsCertificate"),
  VALIDATION_CONTEXT(
      TypeCase.VALIDATION_CONTEXT,
      "static certificate validation context",
      "CertificateValidationContext"),
  SESSION_TICKET_KEYS(
      TypeCase.SESSION_TICKET_KEYS, "tls session ticket keys", "TlsSessionTicketKeys"),
  GENERIC_SECRET(TypeCase.GENERIC_SECRET, "static generic secret", "GenericSecret");

  private final TypeCase type;
  private final String unknown;
  private final String duplicate;

  SecretKind(TypeCase type, String unknown, String duplicate) {
    this.type = type;
    this.unknown = unknown;
    this.duplicate = duplicate;
  }

  /** Null for a secret that is nothing. */
  static @Nullable SecretKind of(Secret secret) {
    for (SecretKind kind : values()) {
      if (kind.type == secret.getTypeCase()) {
        return kind;
      }
    }
    return null;
  }

  /** The field of {@code Secret} that it stands in. */
  String field() {
    return name().toLowerCase(Locale.ROOT);
  }

  // The words are Envoy's.
  String unknown(String name) {
    return "Unknown " + unknown + ": " + name;
  }

  String duplicate(String name) {
    return "Duplicate static " + duplicate + " secret name " + name;
  }
}
