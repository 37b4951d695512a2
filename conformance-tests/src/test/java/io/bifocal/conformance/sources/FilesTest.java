package io.bifocal.conformance.sources;

import static java.nio.file.StandardCopyOption.ATOMIC_MOVE;
import static java.nio.file.StandardCopyOption.REPLACE_EXISTING;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.parallel.ExecutionMode.CONCURRENT;

import io.bifocal.conformance.Peers;
import io.bifocal.conformance.Proxy;
import io.bifocal.conformance.Stage;
import io.bifocal.conformance.Subject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.parallel.Execution;

/**
 * The same is done to the files of Envoy and of Bifocal; after each step both have counted alike.
 */
class FilesTest {
  private static final String CDS = "cluster_manager.cds.";
  private static final String E1 = "cluster.e1.";
  private static final String LDS = "listener_manager.lds.";

  @RegisterExtension final Stage stage = new Stage();

  @BeforeEach
  void bothAreThere() {
    Peers.require("envoy");
  }

  private record Counts(long attempts, long successes, long failures, long rejections) {
    long ended() {
      return successes + failures + rejections;
    }
  }

  /** One proxy and the directory of its files. */
  private final class Side {
    final Path directory;
    final Proxy proxy;
    final List<String> course = new ArrayList<>();

    Side(Subject subject, String bootstrap) {
      directory = stage.directory().resolve(subject + "-files");
      try {
        Files.createDirectory(directory);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      write("cds.yaml", clusters("1", "a"));
      version(this, "v1", clusters("1", "a"));
      link(this, "v1", "current");
      write("lds.yaml", "version_info: '0'\nresources: []\n");
      write("eds.yaml", endpoints("1", "e1"));
      proxy = stage.start(subject, bootstrap.replace("DIRECTORY", directory.toString()));
      proxy.awaitLive();
      note("start", CDS);
    }

    void write(String name, String text) {
      try {
        Files.writeString(directory.resolve(name), text);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    void move(String from, String to) {
      try {
        Files.move(directory.resolve(from), directory.resolve(to), ATOMIC_MOVE, REPLACE_EXISTING);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    void delete(String name) {
      try {
        Files.delete(directory.resolve(name));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    /** Writes elsewhere and renames over; waits until it was read. */
    void replace(String step, String text) {
      write("next.tmp", text);
      moveAndNote(step, "next.tmp", "cds.yaml");
    }

    void moveAndNote(String step, String from, String to) {
      long before = proxy.stat(CDS + "update_attempt");
      move(from, to);
      awaitSettled(CDS, before);
      note(step, CDS);
    }

    /**
     * What was done to the clusters' file was seen, if ever it will be: the listeners' was, later.
     */
    void untouched(String step) {
      long before = proxy.stat(LDS + "update_attempt");
      write("lds.tmp", "version_info: '%d'\nresources: []\n".formatted(before));
      move("lds.tmp", "lds.yaml");
      awaitSettled(LDS, before);
      note(step, CDS);
    }

    void replaceEndpoints(String step, String text) {
      long before = proxy.stat(E1 + "update_attempt");
      write("next.tmp", text);
      move("next.tmp", "eds.yaml");
      awaitSettled(E1, before);
      note(step + ", members " + proxy.stat(E1 + "membership_total"), E1);
    }

    private void awaitSettled(String prefix, long before) {
      await(prefix)
          .atMost(Duration.ofSeconds(30))
          .pollInterval(Duration.ofMillis(20))
          .until(
              () -> {
                Counts counts = counts(prefix);
                return counts.attempts() > before && counts.attempts() == counts.ended();
              });
    }

    private Counts counts(String prefix) {
      Map<String, String> all = proxy.stats();
      return new Counts(
          count(all, prefix + "update_attempt"),
          count(all, prefix + "update_success"),
          count(all, prefix + "update_failure"),
          count(all, prefix + "update_rejected"));
    }

    private static long count(Map<String, String> stats, String name) {
      return Long.parseLong(stats.getOrDefault(name, "0"));
    }

    void note(String step, String prefix) {
      course.add(
          "%s: %s %s, %s clusters, unknown fields %s"
              .formatted(
                  step,
                  counts(prefix),
                  proxy.stats().get(prefix + "version_text"),
                  proxy.stat("cluster_manager.active_clusters"),
                  proxy.stat("server.dynamic_unknown_fields") > 0 ? "seen" : "none"));
    }
  }

  private static String clusters(String version, String name) {
    return """
        version_info: "%s"
        resources:
        - "@type": type.googleapis.com/envoy.config.cluster.v3.Cluster
          name: %s
          type: STATIC
          connect_timeout: 1s
        """
        .formatted(version, name);
  }

  private static String asking(String source) {
    return clusters("2", "asking")
        .replace("type: STATIC", "type: EDS\n  eds_cluster_config: {eds_config: " + source + "}");
  }

  private static String bootstrap(String cds) {
    return """
        node: {id: files, cluster: files}
        admin:
          address: {socket_address: {address: 127.0.0.1, port_value: 0}}
        dynamic_resources:
          cds_config: %s
          lds_config: {path_config_source: {path: DIRECTORY/lds.yaml}}
        """
        .formatted(cds);
  }

  private interface Play {
    void on(Side side);
  }

  private void bothAgree(String bootstrap, Play play) {
    Side envoy = new Side(Subject.ENVOY, bootstrap);
    play.on(envoy);
    Side bifocal = new Side(Subject.BIFOCAL, bootstrap);
    play.on(bifocal);
    assertThat(bifocal.course).containsExactlyElementsOf(envoy.course);
  }

  @Execution(CONCURRENT)
  @Test
  void whatIsMovedIntoPlaceIsReadAndWhatIsWrittenThereIsNot() {
    bothAgree(
        bootstrap("{path_config_source: {path: DIRECTORY/cds.yaml}}"),
        side -> {
          side.write("cds.yaml", clusters("2", "b"));
          side.untouched("written in place");
          side.replace("renamed over", clusters("3", "c"));
          side.delete("cds.yaml");
          side.untouched("deleted");
          side.write("cds.yaml", clusters("4", "d"));
          side.untouched("made anew");
          side.delete("cds.yaml");
          side.replace("moved to a free name", clusters("5", "e"));
        });
  }

  @Execution(CONCURRENT)
  @Test
  void whatIsBadIsCountedAndWhatWasGoodStays() {
    bothAgree(
        bootstrap("{path_config_source: {path: DIRECTORY/cds.yaml}}"),
        side -> {
          side.replace("no YAML", "resources: [");
          side.replace("not a message", "[1, 2]");
          side.replace("a field of another type", "resources: 5");
          side.replace("breaks a constraint", clusters("2", "''"));
          side.replace("a duration that is none", clusters("2", "b").replace("1s", "1x"));
          side.replace("a duration below zero", clusters("2", "b").replace("1s", "-1s"));
          side.replace(
              "another type",
              clusters("2", "b")
                  .replace("cluster.v3.Cluster", "route.v3.RouteConfiguration")
                  .replaceAll("(?m)^  (type|connect_timeout):.*\\n", ""));
          side.replace(
              "a type that nobody knows", clusters("2", "b").replace("v3.Cluster", "v3.Nothing"));
          side.replace(
              "an extension that nobody knows",
              clusters("2", "b")
                  + "  transport_socket: {name: x, typed_config: {\"@type\":"
                  + " type.googleapis.com/google.protobuf.StringValue, value: x}}\n");
          side.replace(
              "endpoints from a file that is not there",
              asking("{path_config_source: {path: /none/eds.yaml}}"));
          side.replace(
              "endpoints from a server that nobody knows",
              asking(
                  "{api_config_source: {api_type: REST, cluster_names: [x], refresh_delay: 1s}}"));
          side.replace("endpoints from nowhere", asking("{self: {}}"));
          side.replace("nothing", "");
          side.replace("good again", clusters("3", "c"));
          side.replace("a field that is not known", clusters("4", "d") + "  nonsense: 1\n");
        });
  }

  @Execution(CONCURRENT)
  @Test
  void aSwapOfLinksInAWatchedDirectoryIsSeenAndNothingElse() {
    bothAgree(
        bootstrap(
            "{path_config_source: {path: DIRECTORY/current/cds.yaml, watched_directory: {path:"
                + " DIRECTORY}}}"),
        side -> {
          version(side, "v2", clusters("2", "b"));
          link(side, "v2", "current.tmp");
          side.moveAndNote("swapped", "current.tmp", "current");
          side.write("v2/cds.yaml", clusters("3", "c"));
          side.write("v2/next", clusters("4", "d"));
          side.move("v2/next", "v2/cds.yaml");
          side.note("moved elsewhere", CDS);
          version(side, "v3", clusters("5", "e"));
          link(side, "v3", "current.tmp");
          side.moveAndNote("swapped again", "current.tmp", "current");
        });
  }

  private static void version(Side side, String name, String clusters) {
    try {
      Files.createDirectory(side.directory.resolve(name));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    side.write(name + "/cds.yaml", clusters);
  }

  private static void link(Side side, String target, String link) {
    try {
      Files.createSymbolicLink(side.directory.resolve(link), Path.of(target));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String endpoints(String version, String... names) {
    StringBuilder text = new StringBuilder("version_info: '" + version + "'\nresources:");
    for (String name : names) {
      text.append(
          "\n- {'@type': type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment,"
              + " cluster_name: "
              + name
              + ", endpoints: [{lb_endpoints: [{endpoint: {address: {socket_address: {address:"
              + " 127.0.0.1, port_value: 9}}}}]}]}");
    }
    return text + (names.length == 0 ? " []\n" : "\n");
  }

  @Execution(CONCURRENT)
  @Test
  void endpointsComeFromAFile() {
    bothAgree(
        bootstrap("{path_config_source: {path: DIRECTORY/cds.yaml}}")
            + """
            static_resources:
              clusters:
              - name: e1
                type: EDS
                connect_timeout: 1s
                eds_cluster_config: {eds_config: {path_config_source: {path: DIRECTORY/eds.yaml}}}
            """,
        side -> {
          side.note("start", E1);
          side.replaceEndpoints("changed", endpoints("2", "e1"));
          side.replaceEndpoints("of another cluster", endpoints("3", "e2"));
          side.replaceEndpoints("none", endpoints("4"));
          side.replaceEndpoints("good again", endpoints("5", "e1"));
        });
  }
}
