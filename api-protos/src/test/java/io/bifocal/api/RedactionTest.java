package io.bifocal.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.xds.type.v3.TypedStruct;
import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.DataSource;
import io.envoyproxy.envoy.config.core.v3.TransportSocket;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.GenericSecret;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.Secret;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.TlsCertificate;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.TlsSessionTicketKeys;
import org.junit.jupiter.api.Test;

class RedactionTest {
  private static final TlsCertificate CERTIFICATE =
      TlsCertificate.newBuilder()
          .setCertificateChain(DataSource.newBuilder().setInlineString("public"))
          .setPrivateKey(DataSource.newBuilder().setInlineString("hush"))
          .setPassword(DataSource.newBuilder().setInlineBytes(ByteString.copyFromUtf8("hush")))
          .build();

  private static final TlsCertificate REDACTED =
      TlsCertificate.newBuilder()
          .setCertificateChain(DataSource.newBuilder().setInlineString("public"))
          .setPrivateKey(DataSource.newBuilder().setInlineString("[redacted]"))
          .setPassword(
              DataSource.newBuilder().setInlineBytes(ByteString.copyFromUtf8("[redacted]")))
          .build();

  private static Cluster holding(Any any) {
    return Cluster.newBuilder()
        .setTransportSocket(TransportSocket.newBuilder().setTypedConfig(any))
        .build();
  }

  @Test
  void stringsAndBytesBeneathASensitiveFieldAreReplaced() {
    assertThat(Redaction.of(CERTIFICATE)).isEqualTo(REDACTED);
  }

  @Test
  void listsAndMapValuesAreReplacedOneByOne() {
    DataSource secret = DataSource.newBuilder().setInlineString("hush").build();
    DataSource redacted = DataSource.newBuilder().setInlineString("[redacted]").build();
    assertThat(
            Redaction.of(TlsSessionTicketKeys.newBuilder().addKeys(secret).addKeys(secret).build()))
        .isEqualTo(TlsSessionTicketKeys.newBuilder().addKeys(redacted).addKeys(redacted).build());
    assertThat(Redaction.of(GenericSecret.newBuilder().putSecrets("a", secret).build()))
        .isEqualTo(GenericSecret.newBuilder().putSecrets("a", redacted).build());
  }

  @Test
  void aSecretInsideAnAnyIsFound() throws InvalidProtocolBufferException {
    Any any = Any.pack(Secret.newBuilder().setName("s").setTlsCertificate(CERTIFICATE).build());
    Cluster cluster = (Cluster) Redaction.of(holding(any));
    assertThat(cluster.getTransportSocket().getTypedConfig().unpack(Secret.class))
        .isEqualTo(Secret.newBuilder().setName("s").setTlsCertificate(REDACTED).build());
  }

  @Test
  void aSecretInsideATypedStructIsFound() throws InvalidProtocolBufferException {
    Struct source = Struct.newBuilder().putFields("inline_string", string("hush")).build();
    Struct certificate =
        Struct.newBuilder()
            .putFields("private_key", Value.newBuilder().setStructValue(source).build())
            .build();
    TypedStruct typed =
        TypedStruct.newBuilder()
            .setTypeUrl("type.googleapis.com/" + TlsCertificate.getDescriptor().getFullName())
            .setValue(certificate)
            .build();
    TypedStruct redacted = (TypedStruct) Redaction.of(typed);
    assertThat(
            redacted
                .getValue()
                .getFieldsOrThrow("private_key")
                .getStructValue()
                .getFieldsOrThrow("inline_string"))
        .isEqualTo(string("[redacted]"));
    Cluster cluster = (Cluster) Redaction.of(holding(Any.pack(typed)));
    assertThat(cluster.getTransportSocket().getTypedConfig().unpack(TypedStruct.class))
        .isEqualTo(redacted);
  }

  @Test
  void aTypedStructThatDoesNotFitItsTypeShowsNoString() {
    TypedStruct typed =
        TypedStruct.newBuilder()
            .setTypeUrl("type.googleapis.com/" + TlsCertificate.getDescriptor().getFullName())
            .setValue(Struct.newBuilder().putFields("private_key", string("hush")))
            .build();
    assertThat(JsonDump.print(typed)).doesNotContain("hush");
  }

  private static Value string(String text) {
    return Value.newBuilder().setStringValue(text).build();
  }

  @Test
  void whatHoldsNoSecretIsLeftAsItIs() {
    Cluster cluster =
        Cluster.newBuilder()
            .setName("a")
            .putTypedExtensionProtocolOptions("b", Any.getDefaultInstance())
            .build();
    assertThat(Redaction.of(cluster)).isEqualTo(cluster);
  }
}
