package io.bifocal.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.Duration;
import com.google.protobuf.FieldMask;
import com.google.protobuf.Message;
import com.google.protobuf.Struct;
import com.google.protobuf.Timestamp;
import io.envoyproxy.envoy.admin.v3.ClustersConfigDump;
import io.envoyproxy.envoy.admin.v3.ConfigDump;
import io.envoyproxy.envoy.admin.v3.UpdateFailureState;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.DataSource;
import io.envoyproxy.envoy.config.core.v3.Metadata;
import io.envoyproxy.envoy.config.core.v3.TransportSocket;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.TlsCertificate;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.TlsSessionTicketKeys;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class JsonDumpTest {
  /** What Envoy 1.40 prints at {@code /config_dump} for the same, maps sorted. */
  @Test
  void aBootstrapIsPrintedAsEnvoyPrintsIt() throws ConfigException {
    String yaml =
        """
        node: {id: "n <&> \\"", metadata: {a: 1, b: 1.5, c: [true, null, {}], d: {}, e: []}}
        stats_config:
          histogram_bucket_settings:
            match: {prefix: a}
            buckets: [0.1, 1, 100000000000, 1e15, 0.00001, 123456789.125]
        static_resources:
          clusters:
          - name: a
            type: STATIC
            connect_timeout: 0.25s
            metadata:
              typed_filter_metadata:
                q: {"@type": type.googleapis.com/google.protobuf.Duration, value: 1.000000005s}
                r: {"@type": type.googleapis.com/google.protobuf.UInt64Value, value: "18446744073709551615"}
            common_lb_config: {healthy_panic_threshold: {value: 12.5}, update_merge_window: 0s}
            load_assignment: {cluster_name: a, endpoints: [{locality: {}}]}
        """;
    assertThat(JsonDump.print(new BootstrapReader(false).readYaml(yaml, "b.yaml")))
        .isEqualTo(
            """
            {
             "node": {
              "id": "n \\u003c&\\u003e \\"",
              "metadata": {
               "a": 1,
               "b": "1.5",
               "c": [
                true,
                null,
                {}
               ],
               "d": {},
               "e": []
              }
             },
             "static_resources": {
              "clusters": [
               {
                "name": "a",
                "type": "STATIC",
                "connect_timeout": "0.250s",
                "metadata": {
                 "typed_filter_metadata": {
                  "q": {
                   "@type": "type.googleapis.com/google.protobuf.Duration",
                   "value": "1.000000005s"
                  },
                  "r": {
                   "@type": "type.googleapis.com/google.protobuf.UInt64Value",
                   "value": "18446744073709551615"
                  }
                 }
                },
                "common_lb_config": {
                 "healthy_panic_threshold": {
                  "value": 12.5
                 },
                 "update_merge_window": "0s"
                },
                "load_assignment": {
                 "cluster_name": "a",
                 "endpoints": [
                  {
                   "locality": {}
                  }
                 ]
                }
               }
              ]
             },
             "stats_config": {
              "histogram_bucket_settings": [
               {
                "match": {
                 "prefix": "a"
                },
                "buckets": [
                 0.1,
                 1,
                 100000000000,
                 1e+15,
                 1e-05,
                 123456789.125
                ]
               }
              ]
             }
            }
            """);
  }

  @Test
  void anAnyIsOpenedAndItsTypeComesFirst() {
    ClustersConfigDump dump =
        ClustersConfigDump.newBuilder()
            .addStaticClusters(
                ClustersConfigDump.StaticCluster.newBuilder()
                    .setCluster(Any.pack(Cluster.newBuilder().setName("a").build()))
                    .setLastUpdated(Timestamp.newBuilder().setSeconds(1).setNanos(5_000_000)))
            .build();
    assertThat(JsonDump.print(dump))
        .isEqualTo(
            """
            {
             "static_clusters": [
              {
               "cluster": {
                "@type": "type.googleapis.com/envoy.config.cluster.v3.Cluster",
                "name": "a"
               },
               "last_updated": "1970-01-01T00:00:01.005Z"
              }
             ]
            }
            """);
  }

  @Test
  void anAnyOfATypeThatIsNotKnownIsPrintedAsItsBytes() {
    assertThat(typedConfig("a.B")).contains("\"value\": \"/w==\"");
  }

  @Test
  void anAnyThatDoesNotDecodeIsHidden() {
    assertThat(typedConfig("envoy.config.cluster.v3.Cluster"))
        .isEqualTo(
            """
            {
             "typed_config": {
              "@type": "type.googleapis.com/envoy.config.cluster.v3.Cluster",
              "value": "W3JlZGFjdGVkXQ=="
             }
            }
            """);
  }

  private static String typedConfig(String type) {
    ByteString broken = ByteString.copyFrom(new byte[] {(byte) 0xff});
    Any any = Any.newBuilder().setTypeUrl("type.googleapis.com/" + type).setValue(broken).build();
    return JsonDump.print(TransportSocket.newBuilder().setTypedConfig(any).build());
  }

  @Test
  void anAnyInAnAnyInAnAnyEndlesslyIsPrintedToADepth() {
    Any any = Any.pack(DataSource.newBuilder().setInlineString("innermost").build());
    for (int i = 0; i < 2_000; i++) {
      any = Any.pack(any);
    }
    assertThat(JsonDump.print(any)).contains("google.protobuf.Any").doesNotContain("innermost");
    assertThat(UnknownFields.in(any)).isEmpty();
  }

  @Test
  void secretsAreNotPrinted() {
    TlsCertificate certificate =
        TlsCertificate.newBuilder()
            .setPrivateKey(DataSource.newBuilder().setInlineBytes(ByteString.copyFromUtf8("hush")))
            .setPassword(DataSource.newBuilder().setInlineString("hush"))
            .build();
    assertThat(JsonDump.print(certificate))
        .isEqualTo(
            """
            {
             "private_key": {
              "inline_bytes": "W3JlZGFjdGVkXQ=="
             },
             "password": {
              "inline_string": "[redacted]"
             }
            }
            """);
  }

  private static ClustersConfigDump.StaticCluster named(String name) {
    return ClustersConfigDump.StaticCluster.newBuilder()
        .setCluster(Any.pack(Cluster.newBuilder().setName(name).build()))
        .setLastUpdated(Timestamp.newBuilder().setSeconds(1))
        .build();
  }

  private static List<Message> sections() {
    Any secret =
        Any.pack(
            TlsCertificate.newBuilder()
                .setPrivateKey(DataSource.newBuilder().setInlineString("hush"))
                .build());
    return List.of(
        ClustersConfigDump.newBuilder()
            .setVersionInfo("7")
            .addStaticClusters(named("a"))
            .addStaticClusters(named("b"))
            .addDynamicActiveClusters(
                ClustersConfigDump.DynamicCluster.newBuilder()
                    .setErrorState(UpdateFailureState.newBuilder().setFailedConfiguration(secret)))
            .addDynamicWarmingClusters(ClustersConfigDump.DynamicCluster.getDefaultInstance())
            .build(),
        ClustersConfigDump.getDefaultInstance(),
        Metadata.newBuilder()
            .putFilterMetadata("b", Struct.getDefaultInstance())
            .putFilterMetadata("a", Struct.getDefaultInstance())
            .build(),
        TlsCertificate.newBuilder()
            .setPassword(DataSource.newBuilder().setInlineString("hush"))
            .addSignedCertificateTimestamp(DataSource.newBuilder().setFilename("f"))
            .build(),
        TlsSessionTicketKeys.newBuilder()
            .addKeys(DataSource.newBuilder().setInlineString("hush"))
            .addKeys(DataSource.newBuilder().setInlineString("hush"))
            .build());
  }

  @Test
  void aListInPiecesIsTheSameText() {
    ConfigDump.Builder whole = ConfigDump.newBuilder();
    sections().forEach(section -> whole.addConfigs(Any.pack(section)));
    String text = joined(JsonDump.listOfAny("configs", sections().iterator()));
    assertThat(text).isEqualTo(JsonDump.print(whole.build()));
    assertThat(text).contains("redacted").doesNotContain("hush");

    ClustersConfigDump clusters = (ClustersConfigDump) sections().get(0);
    assertThat(
            joined(JsonDump.list("static_clusters", clusters.getStaticClustersList().iterator())))
        .isEqualTo(
            JsonDump.print(
                ClustersConfigDump.newBuilder()
                    .addAllStaticClusters(clusters.getStaticClustersList())
                    .build()));
    assertThat(joined(JsonDump.listOfAny("configs", Collections.emptyIterator())))
        .isEqualTo(JsonDump.print(ConfigDump.getDefaultInstance()));
  }

  private static String joined(Iterator<String> pieces) {
    return String.join("", ImmutableList.copyOf(pieces));
  }

  @Test
  void ofAListAPieceIsAsLargeAsAnElementAndMadeWhenItIsAskedFor() {
    int[] made = {0};
    Iterator<ClustersConfigDump> endless =
        Stream.generate(() -> ClustersConfigDump.newBuilder().addStaticClusters(named("c")).build())
            .peek(dump -> made[0]++)
            .iterator();
    Iterator<String> pieces = JsonDump.listOfAny("configs", endless);
    for (int i = 0; i < 1000; i++) {
      assertThat(pieces.next().length()).isLessThan(200);
    }
    assertThat(made[0]).isLessThan(500);

    ClustersConfigDump large =
        ClustersConfigDump.newBuilder()
            .addAllStaticClusters(Collections.nCopies(10_000, named("c")))
            .build();
    JsonDump.list("configs", List.of(large).iterator())
        .forEachRemaining(piece -> assertThat(piece.length()).isLessThan(200));
  }

  @Test
  void valuesOutOfRangeArePrintedAsWhatTheyHold() {
    assertThat(JsonDump.print(Duration.newBuilder().setSeconds(1).setNanos(-1).build()))
        .isEqualTo("{\n \"seconds\": \"1\",\n \"nanos\": -1\n}\n");
    assertThat(JsonDump.print(Cluster.newBuilder().setTypeValue(77).build()))
        .isEqualTo("{\n \"type\": 77\n}\n");
  }

  @Test
  void otherWellKnownTypesHaveTheirOwnForm() {
    assertThat(JsonDump.print(FieldMask.newBuilder().addPaths("a_b").addPaths("c.d_e").build()))
        .isEqualTo("\"aB,c.dE\"\n");
    assertThat(JsonDump.print(Cluster.getDefaultInstance())).isEqualTo("{}\n");
  }
}
