package io.bifocal.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnknownFieldSet;
import com.google.protobuf.Value;
import com.google.protobuf.util.Durations;
import io.envoyproxy.envoy.config.bootstrap.v3.Bootstrap;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryResponse;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BootstrapReaderTest {
  private final BootstrapReader strict = new BootstrapReader(false);

  @TempDir Path folder = Path.of("");

  private Bootstrap yaml(String text) throws ConfigException {
    return strict.readYaml(text, "b.yaml");
  }

  private static String cluster(String fields) {
    return "static_resources: {clusters: [{name: a, " + fields + "}]}";
  }

  private Cluster yamlCluster(String fields) throws ConfigException {
    return yaml(cluster(fields)).getStaticResources().getClusters(0);
  }

  private Path file(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text);
  }

  @Test
  void aUsualBootstrapIsRead() throws ConfigException {
    Bootstrap bootstrap =
        yaml(
            """
            node:
              id: me
              cluster: c
            admin:
              address:
                socket_address: {address: 127.0.0.1, port_value: 9901}
            static_resources:
              clusters:
              - name: a
                type: STRICT_DNS
                connect_timeout: 0.25s
                load_assignment:
                  cluster_name: a
                  endpoints:
                  - lb_endpoints:
                    - endpoint:
                        address: {socket_address: {address: "::1", port_value: 80}}
            """);
    assertThat(bootstrap.getNode().getId()).isEqualTo("me");
    assertThat(bootstrap.getAdmin().getAddress().getSocketAddress().getPortValue()).isEqualTo(9901);
    Cluster cluster = bootstrap.getStaticResources().getClusters(0);
    assertThat(cluster.getType()).isEqualTo(Cluster.DiscoveryType.STRICT_DNS);
    assertThat(cluster.getConnectTimeout()).isEqualTo(Durations.fromMillis(250));
    assertThat(
            cluster
                .getLoadAssignment()
                .getEndpoints(0)
                .getLbEndpoints(0)
                .getEndpoint()
                .getAddress()
                .getSocketAddress()
                .getAddress())
        .isEqualTo("::1");
  }

  @Test
  void aMisspeltFieldIsNamedWithFileLinePathAndTheNearestName() {
    assertThatThrownBy(
            () ->
                yaml(
                    """
                    static_resources:
                      clusters:
                      - name: a
                        connect_timeot: 1s
                    """))
        .isInstanceOf(ConfigException.class)
        .hasMessage(
            "b.yaml:4: static_resources.clusters[0].connect_timeot: no such field in"
                + " envoy.config.cluster.v3.Cluster (did you mean connect_timeout?)");
  }

  @Test
  void aFieldThatResemblesNoneMayBeNewerThanThisBuild() {
    assertThatThrownBy(() -> yaml(cluster("quantum_tunnel: 1")))
        .hasMessage(
            "b.yaml:1: static_resources.clusters[0].quantum_tunnel: no such field in"
                + " envoy.config.cluster.v3.Cluster of Envoy API 1.34; newer than this build, or"
                + " misspelt");
  }

  @Test
  void unknownFieldsAreLeftOutWhenAllowed() throws ConfigException {
    BootstrapReader lenient = new BootstrapReader(true);
    Bootstrap bootstrap = lenient.readYaml(cluster("quantum_tunnel: 1, type: NOPE"), "b.yaml");
    assertThat(bootstrap.getStaticResources().getClusters(0))
        .isEqualTo(Cluster.newBuilder().setName("a").build());
    assertThat(lenient.unknownFields()).isEqualTo(2);
  }

  @ParameterizedTest
  @ValueSource(strings = {"ignore_health_on_host_removal", "ignoreHealthOnHostRemoval"})
  void snakeAndCamelCaseNameTheSameField(String name) throws ConfigException {
    assertThat(yamlCluster(name + ": true").getIgnoreHealthOnHostRemoval()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "y",
        "Y",
        "yes",
        "Yes",
        "YES",
        "on",
        "On",
        "true",
        "True",
        "yEs",
        "\"true\"",
        "\"1\""
      })
  void booleansAreThoseOfYaml11(String word) throws ConfigException {
    assertThat(yamlCluster("ignore_health_on_host_removal: " + word).getIgnoreHealthOnHostRemoval())
        .isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"n", "no", "off", "FALSE"})
  void falseHasAsManyWords(String word) throws ConfigException {
    assertThat(yamlCluster("ignore_health_on_host_removal: " + word).getIgnoreHealthOnHostRemoval())
        .isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"1", "0x1", "\"on\"", "maybe"})
  void otherWordsAreNoBooleans(String word) {
    assertThatThrownBy(() -> yamlCluster("ignore_health_on_host_removal: " + word))
        .hasMessageContaining("ignore_health_on_host_removal: expected a boolean");
  }

  @Test
  void aNodeIdThatYamlTakesForABooleanHasToBeQuoted() throws ConfigException {
    assertThatThrownBy(() -> yaml("node: {id: n}"))
        .hasMessage(
            "b.yaml:1: node.id: expected a string, found the boolean false (quote it to mean the"
                + " text)");
    assertThat(yaml("node: {id: 'n'}").getNode().getId()).isEqualTo("n");
  }

  @Test
  void aNumberIsNoStringButADecimalIsAsInEnvoy() throws ConfigException {
    assertThatThrownBy(() -> yaml("node: {id: 123}")).hasMessageContaining("the number 123");
    assertThat(yaml("node: {id: 1.50}").getNode().getId()).isEqualTo("1.50");
  }

  @ParameterizedTest
  @CsvSource({"12,12", "'\"12\"',12", "3.0,3", "1e3,1000", "010,8", "0x1f,31", "{value: 5},5"})
  void numbersMayBeWrittenInMoreThanOneWay(String written, int value) throws ConfigException {
    assertThat(
            yamlCluster("per_connection_buffer_limit_bytes: " + written)
                .getPerConnectionBufferLimitBytes()
                .getValue())
        .isEqualTo(value);
  }

  @ParameterizedTest
  @CsvSource({
    "-1,out of range",
    "4294967296,out of range",
    "1.5,not a whole number",
    "1e999,out of range",
    "1e9999999,expected a number",
    "abc,expected a number",
    "'\"\"',expected a number",
    "[],expected"
  })
  void numbersThatDoNotFitAreRefused(String written, String text) {
    assertThatThrownBy(() -> yamlCluster("per_connection_buffer_limit_bytes: " + written))
        .hasMessageStartingWith(
            "b.yaml:1: static_resources.clusters[0].per_connection_buffer_limit_bytes: ")
        .hasMessageContaining(text);
  }

  @Test
  void durationsMayBeObjects() throws ConfigException {
    assertThat(yamlCluster("connect_timeout: {seconds: 1, nanos: 5}").getConnectTimeout())
        .isEqualTo(Durations.fromNanos(1_000_000_005));
    assertThatThrownBy(() -> yamlCluster("connect_timeout: 5"))
        .hasMessageContaining("clusters[0].connect_timeout: expected");
    assertThatThrownBy(() -> yamlCluster("connect_timeout: 5sec"))
        .hasMessageContaining("expected a duration such as 0.250s, found '5sec'");
  }

  @ParameterizedTest
  @ValueSource(strings = {"EDS", "eds", "3", "\"3\""})
  void enumsAreNamesInAnyCaseOrNumbers(String written) throws ConfigException {
    assertThat(yamlCluster("type: " + written).getType()).isEqualTo(Cluster.DiscoveryType.EDS);
  }

  @Test
  void anUnknownEnumValueIsNamedWithTheNearest() {
    assertThatThrownBy(() -> yamlCluster("type: STRICTDNS"))
        .hasMessageContaining(
            "clusters[0].type: unknown value 'STRICTDNS' of"
                + " envoy.config.cluster.v3.Cluster.DiscoveryType (did you mean STRICT_DNS?)");
  }

  @Test
  void oneObjectStandsForAListOfOne() throws ConfigException {
    assertThat(
            yaml("static_resources: {clusters: {name: a}}").getStaticResources().getClustersList())
        .hasSize(1);
  }

  @Test
  void nullMeansNotSet() throws ConfigException {
    assertThat(yaml("node:\nstatic_resources: ~").hasNode()).isFalse();
  }

  @Test
  void aTypedConfigIsPackedByItsType() throws ConfigException, InvalidProtocolBufferException {
    String url = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext";
    Any any =
        yamlCluster("transport_socket: {name: tls, typed_config: {\"@type\": " + url + ", sni: x}}")
            .getTransportSocket()
            .getTypedConfig();
    assertThat(any.getTypeUrl()).isEqualTo(url);
    assertThat(any.unpack(UpstreamTlsContext.class).getSni()).isEqualTo("x");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"@type\": type.googleapis.com/a.B} | unknown \"@type\" 'type.googleapis.com/a.B'",
        "{\"@type\": a.B} | must be a type URL such as type.googleapis.com/a.B",
        "{foo: 1} | \"@type\" is missing",
        "{\"@type\": 1} | \"@type\" must be a string",
        "{\"@type\": type.googleapis.com/google.protobuf.Duration} | \"value\" is missing",
        "abc | expected an object with \"@type\", found a string",
      })
  void aTypedConfigThatCannotBePackedSaysWhy(String any, String text) {
    assertThatThrownBy(() -> yamlCluster("transport_socket: {name: x, typed_config: " + any + "}"))
        .hasMessageStartingWith(
            "b.yaml:1: static_resources.clusters[0].transport_socket.typed_config: ")
        .hasMessageContaining(text);
  }

  @Test
  void aFieldInsideATypedConfigHasItsPath() {
    String raw = "type.googleapis.com/" + RawBuffer.getDescriptor().getFullName();
    assertThatThrownBy(
            () ->
                yamlCluster(
                    "transport_socket: {name: x, typed_config: {\"@type\": " + raw + ", q: 1}}"))
        .hasMessageStartingWith(
            "b.yaml:1: static_resources.clusters[0].transport_socket.typed_config.q: no such field");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "node: [a] | node: expected an object (envoy.config.core.v3.Node), found a list",
        "node: abc | node: expected an object (envoy.config.core.v3.Node), found a string",
        "node: {id: {a: b}} | node.id: expected a string, found an object",
        "node: {id: a, id: b} | duplicate key 'id'",
        "{static_resources: {}, staticResources: {}} | staticResources: duplicate",
        "[] | expected an object (envoy.config.bootstrap.v3.Bootstrap), found a list",
        "abc | expected an object (envoy.config.bootstrap.v3.Bootstrap), found a string",
        "'' | expected an object (envoy.config.bootstrap.v3.Bootstrap), found null",
        "{? {a: b} : c} | a key must be a scalar",
        "node: *x | alias '*x' has no anchor before it",
      })
  void theWrongKindOfValueIsNamedWhereItIs(String yaml, String text) {
    assertThatThrownBy(() -> yaml(yaml))
        .isInstanceOf(ConfigException.class)
        .hasMessage(
            "b.yaml:1: "
                + text
                + (text.endsWith("duplicate") ? ": static_resources is set already" : ""));
  }

  @Test
  void brokenYamlIsOneLineWithItsNumber() {
    assertThatThrownBy(() -> yaml("node:\n  id: \"a\n"))
        .isInstanceOf(ConfigException.class)
        .hasMessageStartingWith("b.yaml:3: ")
        .hasMessageNotContaining("\n");
  }

  @Test
  void aSecondMemberOfAOneofIsRefused() {
    assertThatThrownBy(() -> yamlCluster("type: STATIC, cluster_type: {name: x}"))
        .hasMessageContaining(
            "clusters[0].cluster_type: 'cluster_discovery_type' is set already, by type");
  }

  @Test
  void anchorsAndAliasesWorkAndIgnoredKeysHoldThem() throws ConfigException {
    Bootstrap bootstrap =
        yaml(
            """
            !ignore templates: &a {name: a, type: EDS}
            static_resources:
              clusters: [*a, *a]
            """);
    assertThat(bootstrap.getStaticResources().getClustersList()).hasSize(2);
  }

  @Test
  void aliasesThatMultiplyAreStopped() {
    StringBuilder bomb = new StringBuilder("!ignore a0: &a0 [x]\n");
    for (int i = 1; i < 40; i++) {
      bomb.append("!ignore a%d: &a%d [*a%d, *a%d]\n".formatted(i, i, i - 1, i - 1));
    }
    assertThatThrownBy(() -> yaml(bomb.toString()))
        .hasMessageContaining("aliases repeat more than");
  }

  @Test
  void nestingIsBounded() {
    String deep = "[".repeat(10_000);
    assertThatThrownBy(() -> yaml("node: " + deep))
        .hasMessage("b.yaml:1: nested deeper than 100 levels");
    // Each alias starts from where an earlier value ended.
    StringBuilder chain = new StringBuilder("!ignore a0: &a0 {x: 1}\n");
    for (int i = 1; i < 200; i++) {
      chain.append("!ignore a%d: &a%d {x: *a%d}\n".formatted(i, i, i - 1));
    }
    chain.append("node: {metadata: *a199}");
    assertThatThrownBy(() -> yaml(chain.toString())).hasMessageContaining("nested deeper than 100");
  }

  @Test
  void aSecondDocumentIsNotSilentlyIgnored() {
    assertThatThrownBy(() -> yaml("node: {id: a}\n---\nnode: {id: b}\n"))
        .hasMessage("b.yaml:2: a second document in the same file");
  }

  @Test
  void bytesAreBase64OfEitherAlphabet() throws ConfigException {
    String check =
        "health_checks: [{timeout: 1s, interval: 1s, unhealthy_threshold: 1, healthy_threshold: 1,"
            + " tcp_health_check: {send: {binary: '%s'}}}]";
    assertThat(
            yamlCluster(check.formatted("_-8"))
                .getHealthChecks(0)
                .getTcpHealthCheck()
                .getSend()
                .getBinary()
                .toByteArray())
        .isEqualTo(new byte[] {(byte) 0xff, (byte) 0xef});
    assertThatThrownBy(() -> yamlCluster(check.formatted("!!!")))
        .hasMessageContaining("tcp_health_check.send.binary: not base64");
  }

  @Test
  void aStructKeepsWhatWasWritten() throws ConfigException {
    Bootstrap bootstrap = yaml("node: {metadata: {a: 1, b: [x, true, null, 0.5], c: {d: 'y'}}}");
    var fields = bootstrap.getNode().getMetadata().getFieldsMap();
    assertThat(fields.get("a")).isEqualTo(Value.newBuilder().setNumberValue(1).build());
    assertThat(fields)
        .extractingByKey("b")
        .extracting(value -> value.getListValue().getValuesList())
        .asString()
        .contains("\"x\"", "true", "NULL_VALUE", "\"0.5\"");
  }

  @Test
  void jsonNumbersAreNumbersAndItsStringsAreStrings() throws ConfigException, IOException {
    Bootstrap bootstrap =
        strict.read(
            file("b.json", "{\n\t\"node\": {\"id\": \"n\\/a\",\n\t\t\"metadata\": {\"a\": 0.5}}}"));
    assertThat(bootstrap.getNode().getId()).isEqualTo("n/a");
    assertThat(bootstrap.getNode().getMetadata().getFieldsOrThrow("a").getNumberValue())
        .isEqualTo(0.5);
    Path yes = file("c.json", "{\"node\":\n {\"id\": yes}}");
    assertThatThrownBy(() -> strict.read(yes)).hasMessage(yes + ":2: not JSON: yes");
  }

  @Test
  void theFileNameSaysTheFormat() throws ConfigException, IOException {
    Bootstrap expected = yaml("node: {id: a}");
    assertThat(strict.read(file("b.yaml", "node: {id: a}"))).isEqualTo(expected);
    assertThat(strict.read(file("b.YML", "node: {id: a}"))).isEqualTo(expected);
    assertThat(strict.read(file("b.conf", " {\"node\": {\"id\": \"a\"}}"))).isEqualTo(expected);
    assertThat(strict.read(file("b.pb_text", "node { id: \"a\" }"))).isEqualTo(expected);
    Path binary = Files.write(folder.resolve("b.pb"), expected.toByteArray());
    assertThat(strict.read(binary)).isEqualTo(expected);
  }

  @Test
  void textProtoOpensTheTypesItNames() throws ConfigException, IOException {
    String raw = "type.googleapis.com/" + RawBuffer.getDescriptor().getFullName();
    Bootstrap bootstrap =
        strict.read(
            file(
                "b.textproto",
                "static_resources { clusters { name: \"a\" transport_socket { name: \"x\""
                    + " typed_config { ["
                    + raw
                    + "] {} } } } }"));
    assertThat(bootstrap.getStaticResources().getClusters(0).getTransportSocket().getTypedConfig())
        .isEqualTo(Any.newBuilder().setTypeUrl(raw).build());
    Path broken = file("c.textproto", "node {\n id: 1 }");
    assertThatThrownBy(() -> strict.read(broken)).hasMessageStartingWith(broken + ":2: ");
  }

  @Test
  void unknownFieldsInTheTextFormatAreFatalEvenWhenAllowed() throws IOException {
    Path path = file("b.textproto", "node {\n id: 'a' idd: 'b'\n}");
    assertThatThrownBy(() -> new BootstrapReader(true).read(path))
        .hasMessage(
            path
                + ":2: Input contains unknown fields and/or extensions:"
                + " envoy.config.core.v3.Node.idd");
  }

  @Test
  void unknownFieldsInABinaryAreFatalUnlessAllowed() throws IOException, ConfigException {
    Bootstrap bootstrap =
        Bootstrap.newBuilder()
            .setUnknownFields(
                UnknownFieldSet.newBuilder()
                    .addField(9999, UnknownFieldSet.Field.newBuilder().addVarint(1).build())
                    .build())
            .build();
    Path path = Files.write(folder.resolve("b.pb"), bootstrap.toByteArray());
    assertThatThrownBy(() -> strict.read(path)).hasMessage(path + ": unknown fields: #9999");
    BootstrapReader lenient = new BootstrapReader(true);
    assertThat(lenient.read(path).getNode().getId()).isEmpty();
    assertThat(lenient.unknownFields()).isEqualTo(1);
  }

  @Test
  void aByteOrderMarkIsPassedOverAndOtherEncodingsAreRefused() throws ConfigException, IOException {
    assertThat(strict.read(file("b.yaml", "\ufeffnode: {id: a}")).getNode().getId()).isEqualTo("a");
    Path latin = Files.write(folder.resolve("c.yaml"), new byte[] {'#', (byte) 0xe9});
    assertThatThrownBy(() -> strict.read(latin)).hasMessage(latin + ": not UTF-8");
  }

  @Test
  void garbageIsRefusedAndDoesNoMore() {
    String good =
        """
        node: {id: "a\\n", metadata: {a: 1.5e3, b: [x, ~], c: &d {e: f}, g: *d}}
        static_resources:
          clusters:
          - name: a
            type: EDS
            connect_timeout: 0.25s
            transport_socket:
              typed_config: {"@type": type.googleapis.com/google.protobuf.Duration, value: 1s}
            health_checks: {timeout: {seconds: 1}, tcp_health_check: {send: {binary: aGk=}}}
        """;
    String symbols = "{}[]:,&*!|>'\"%@`#?-~ \n\t\u0000\ufeff\ud83d0eE.x/\\";
    Random random = new Random(6555);
    int refused = 0;
    for (int i = 0; i < 3_000; i++) {
      StringBuilder text = new StringBuilder(good);
      for (int j = random.nextInt(4); j >= 0; j--) {
        int at = random.nextInt(text.length());
        switch (random.nextInt(3)) {
          case 0 -> text.setCharAt(at, symbols.charAt(random.nextInt(symbols.length())));
          case 1 -> text.insert(at, symbols.charAt(random.nextInt(symbols.length())));
          default -> text.delete(at, Math.min(text.length(), at + random.nextInt(20)));
        }
      }
      try {
        var unused = yaml(text.toString());
      } catch (ConfigException e) {
        refused++;
        assertThat(e.reason()).startsWith("b.yaml:").doesNotContain("\n");
      }
    }
    assertThat(refused).isGreaterThan(1_000);
  }

  @Test
  void aFileThatIsNotThereIsAnErrorWithItsName() {
    Path missing = folder.resolve("missing.yaml");
    assertThatThrownBy(() -> strict.read(missing))
        .isInstanceOf(ConfigException.class)
        .hasMessageStartingWith("unable to read file: " + missing);
  }

  @Test
  void otherMessagesAreReadByTheSameDoor() throws ConfigException {
    DiscoveryResponse response =
        strict.readYaml(
            """
            version_info: "1"
            resources:
            - "@type": type.googleapis.com/envoy.config.cluster.v3.Cluster
              name: a
            """,
            "cds.yaml",
            DiscoveryResponse.getDefaultInstance());
    assertThat(response.getResources(0).getTypeUrl()).endsWith("Cluster");
    assertThat(response.getVersionInfo()).isEqualTo("1");
  }
}
