package io.bifocal.xds;

import static io.bifocal.xds.ResourceType.CLUSTER;
import static io.bifocal.xds.ResourceType.ENDPOINTS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Any;
import com.google.protobuf.TextFormat;
import com.google.protobuf.TypeRegistry;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import io.envoyproxy.envoy.config.core.v3.PathConfigSource;
import io.envoyproxy.envoy.config.core.v3.WatchedDirectory;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryResponse;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Resources in a file. */
class FileTest {
  @TempDir private Path directory;
  private Conversation talk = Conversation.stateOfTheWorld();
  private final Counting counts = new Counting();

  private static String clusters(String version, String name) {
    return """
        version_info: "%s"
        resources:
        - "@type": type.googleapis.com/envoy.config.cluster.v3.Cluster
          name: %s
        """
        .formatted(version, name);
  }

  private Path write(String name, String text) {
    try {
      return Files.writeString(directory.resolve(name), text);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static ConfigSource at(Path path) {
    return ConfigSource.newBuilder()
        .setPathConfigSource(PathConfigSource.newBuilder().setPath(path.toString()))
        .build();
  }

  private Subscription subscribe(ConfigSource source) {
    return subscribe(source, update -> Verdict.accept());
  }

  private Subscription subscribe(
      ConfigSource source,
      Function<Update<io.envoyproxy.envoy.config.cluster.v3.Cluster>, Verdict> watcher) {
    return talk.subscribe(source, CLUSTER, Set.of(), watcher, counts);
  }

  private void moved(Path path) {
    talk.files.moved(path);
    talk.time.run();
  }

  @Test
  void itIsReadAtTheStartAndWheneverItWasMovedIntoPlace() {
    talk.start();
    Path file = write("cds.yaml", clusters("1", "a"));
    subscribe(at(file));
    assertThat(talk.takeSeen()).containsExactly("CDS all [a] @1");
    write("cds.yaml", clusters("2", "b"));
    talk.time.run();
    assertThat(talk.takeSeen()).as("nothing was moved").isEmpty();
    moved(file);
    assertThat(talk.takeSeen()).containsExactly("CDS all [b] @2");
    moved(directory.resolve("other.yaml"));
    assertThat(talk.takeSeen()).isEmpty();
    assertThat(counts).hasToString("attempt 2 success 2 version 2");
  }

  @Test
  @SuppressWarnings("deprecation") // the older field is what is tested
  void theOlderFieldMeansTheSame() {
    talk.start();
    Path file = write("cds.yaml", clusters("1", "a"));
    subscribe(ConfigSource.newBuilder().setPath(file.toString()).build());
    assertThat(talk.takeSeen()).containsExactly("CDS all [a] @1");
  }

  @Test
  void withAWatchedDirectoryOnlyMovesThereCount() throws Exception {
    talk.start();
    Path data = Files.createDirectory(directory.resolve("data"));
    Path file = write("cds.yaml", clusters("1", "a"));
    subscribe(
        ConfigSource.newBuilder()
            .setPathConfigSource(
                PathConfigSource.newBuilder()
                    .setPath(file.toString())
                    .setWatchedDirectory(WatchedDirectory.newBuilder().setPath(data.toString())))
            .build());
    write("cds.yaml", clusters("2", "b"));
    moved(file);
    assertThat(talk.takeSeen()).containsExactly("CDS all [a] @1");
    moved(data.resolve("anything"));
    assertThat(talk.takeSeen()).containsExactly("CDS all [b] @2");
  }

  @ParameterizedTest
  @ValueSource(strings = {"cds.json", "cds.pb", "cds.pb_text", "cds.yml"})
  void itsNameTellsItsFormat(String name) throws Exception {
    talk.start();
    DiscoveryResponse response =
        DiscoveryResponse.newBuilder()
            .setVersionInfo("1")
            .addResources(Any.pack(Conversation.cluster("a")))
            .build();
    Path file = directory.resolve(name);
    if (name.endsWith(".pb")) {
      Files.write(file, response.toByteArray());
    } else if (name.endsWith(".pb_text")) {
      TypeRegistry types =
          TypeRegistry.newBuilder()
              .add(io.envoyproxy.envoy.config.cluster.v3.Cluster.getDescriptor())
              .build();
      Files.writeString(
          file, TextFormat.printer().usingTypeRegistry(types).printToString(response));
    } else if (name.endsWith(".json")) {
      Files.writeString(
          file,
          "{\"version_info\": \"1\", \"resources\": [{\"@type\": \""
              + CLUSTER.typeUrl()
              + "\", \"name\": \"a\"}]}");
    } else {
      Files.writeString(file, clusters("1", "a"));
    }
    subscribe(at(file));
    assertThat(talk.takeSeen()).containsExactly("CDS all [a] @1");
  }

  @Test
  void whatCannotBeParsedIsAFailureThatEndsTheWaiting() {
    talk.start();
    Path file = write("cds.yaml", "resources: [");
    subscribe(at(file));
    assertThat(talk.takeSeen()).containsExactly("CDS Malformed");
    assertThat(counts).hasToString("attempt 1 failure 1");
  }

  @Test
  void whatBreaksAConstraintIsARefusalAndWhatWasGoodStays() {
    talk.start();
    Path file = write("cds.yaml", clusters("1", "a"));
    subscribe(at(file));
    write("cds.yaml", clusters("2", "\"\""));
    moved(file);
    assertThat(talk.takeSeen()).containsExactly("CDS all [a] @1", "CDS Malformed");
    assertThat(counts).hasToString("attempt 2 success 1 rejected 1 version 1");
  }

  @Test
  void aWatcherRefuses() {
    talk.start();
    subscribe(at(write("cds.yaml", clusters("1", "a"))), update -> Verdict.reject("no"));
    assertThat(counts).hasToString("attempt 1 rejected 1");
  }

  @Test
  void aFieldThatIsNotKnownIsLeftOutAndTold() {
    StringBuilder told = new StringBuilder();
    talk =
        Conversation.stateOfTheWorld(
            new TransportObserver() {
              @Override
              public void onUnknownFields(String typeUrl, String resource, String paths) {
                told.append(paths);
              }
            },
            false);
    talk.start();
    subscribe(at(write("cds.yaml", clusters("1", "a") + "  nonsense: 1\n")));
    assertThat(talk.takeSeen()).containsExactly("CDS all [a] @1");
    assertThat(told.toString()).contains("nonsense");
  }

  @Test
  void aFieldThatIsNotKnownIsARefusalWhereThatIsWanted() {
    talk = Conversation.stateOfTheWorld(TransportObserver.NONE, true);
    talk.start();
    subscribe(at(write("cds.yaml", clusters("1", "a") + "  nonsense: 1\n")));
    assertThat(talk.takeSeen()).containsExactly("CDS Malformed");
    assertThat(counts).hasToString("attempt 1 rejected 1");
  }

  @Test
  void aFileThatIsNotThereIsRefusedAtOnce() {
    assertThatThrownBy(() -> subscribe(at(directory.resolve("none.yaml"))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("paths must refer to an existing path in the system: '")
        .hasMessageContaining("none.yaml' does not exist");
    Path file = write("cds.yaml", "{}");
    assertThatThrownBy(
            () ->
                subscribe(
                    ConfigSource.newBuilder()
                        .setPathConfigSource(
                            PathConfigSource.newBuilder()
                                .setPath(file.toString())
                                .setWatchedDirectory(
                                    WatchedDirectory.newBuilder().setPath(file + "/none")))
                        .build()))
        .hasMessageContaining("unable to add filesystem watch for file");
  }

  @Test
  void aFileThatVanishesIsAFailure() throws Exception {
    talk.start();
    Path file = write("cds.yaml", clusters("1", "a"));
    subscribe(at(file));
    Files.delete(file);
    moved(file);
    assertThat(talk.takeSeen()).containsExactly("CDS all [a] @1", "CDS Malformed");
    assertThat(counts).hasToString("attempt 2 success 1 failure 1 version 1");
  }

  @Test
  void movesThatComeAllTogetherMakeOneMoreReading() {
    talk.start();
    Path file = write("cds.yaml", clusters("1", "a"));
    subscribe(at(file));
    for (int moves = 0; moves < 100; moves++) {
      talk.files.moved(file);
    }
    talk.time.run();
    assertThat(counts).hasToString("attempt 3 success 3 version 1");
  }

  @Test
  void updatesAreAppliedWhileAVerdictIsPendingUpToALimit() {
    talk.start();
    Verdict.Pending pending = Verdict.pending();
    Path file = write("cds.yaml", clusters("1", "a"));
    subscribe(at(file), update -> pending);
    for (int moves = 0; moves < 100; moves++) {
      moved(file);
    }
    assertThat(talk.takeSeen()).hasSize(64);
    pending.settle(Verdict.accept());
    talk.time.run();
    assertThat(talk.takeSeen()).as("what was missed").hasSize(1);
  }

  @Test
  void oneFileServesManyNames() {
    talk.start();
    Path file =
        write(
            "eds.yaml",
            """
            resources:
            - {"@type": type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment, cluster_name: e1}
            - {"@type": type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment, cluster_name: e2}
            """);
    talk.subscribe(at(file), ENDPOINTS, Set.of("e2"), update -> Verdict.accept(), counts);
    assertThat(talk.takeSeen()).containsExactly("EDS [e2] @");
  }

  @Test
  void theEndLeavesNothingBehind() {
    talk.start();
    Subscription subscription = subscribe(at(write("cds.yaml", clusters("1", "a"))));
    assertThat(talk.files.open()).isEqualTo(1);
    subscription.close();
    assertThat(talk.files.open()).isZero();
    assertThat(talk.time.pendingTimers()).isZero();
  }
}
