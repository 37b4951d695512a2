package io.bifocal.dataplane.observe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Any;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.extension.AccessLogs;
import io.bifocal.dataplane.runtime.RuntimeReader;
import io.bifocal.dataplane.stats.StatsStore;
import io.bifocal.dataplane.stream.AccessLog;
import io.bifocal.dataplane.stream.StreamInfo;
import io.bifocal.xds.time.VirtualTime;
import io.envoyproxy.envoy.config.core.v3.DataSource;
import io.envoyproxy.envoy.config.core.v3.SubstitutionFormatString;
import io.envoyproxy.envoy.config.core.v3.TypedExtensionConfig;
import io.envoyproxy.envoy.extensions.access_loggers.file.v3.FileAccessLog;
import io.envoyproxy.envoy.extensions.access_loggers.grpc.v3.HttpGrpcAccessLogConfig;
import io.envoyproxy.envoy.extensions.access_loggers.stream.v3.StdoutAccessLog;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AccessLogFilesTest {
  private final StatsStore store = new StatsStore(1);
  private final VirtualTime time = new VirtualTime();
  private final Map<String, List<ScriptedSink>> opened = new HashMap<>();
  private boolean refuseToOpen;
  private final AccessLogFiles files =
      AccessLogFiles.start(
          store.root(), time, time, () -> {}, AccessLogFiles.FLUSH_INTERVAL, this::open);

  private Sink open(String path) throws IOException {
    if (refuseToOpen) {
      throw new FileNotFoundException(path);
    }
    ScriptedSink sink = new ScriptedSink();
    opened.computeIfAbsent(path, p -> new ArrayList<>()).add(sink);
    return sink;
  }

  private List<ScriptedSink> sinks(String path) {
    return opened.getOrDefault(path, List.of());
  }

  private ScriptedSink sink(String path) {
    return sinks(path).get(sinks(path).size() - 1);
  }

  private AccessLog log(String path, String format) throws ConfigException {
    return read(
        Any.pack(
            FileAccessLog.newBuilder()
                .setPath(path)
                .setLogFormat(
                    SubstitutionFormatString.newBuilder()
                        .setTextFormatSource(DataSource.newBuilder().setInlineString(format)))
                .build()));
  }

  private AccessLog read(Any config) throws ConfigException {
    return new AccessLogs(files.registry(), RuntimeReader.NONE)
        .read(
            List.of(
                io.envoyproxy.envoy.config.accesslog.v3.AccessLog.newBuilder()
                    .setName("l")
                    .setTypedConfig(config)
                    .build()))
        .get(0);
  }

  private static StreamInfo get(String path) {
    StreamInfo stream = new StreamInfo();
    stream.path = path;
    return stream;
  }

  private long count(String name) {
    time.run();
    return store.root().counter("filesystem." + name).value();
  }

  @Test
  void lines_are_written_when_the_interval_is_over() throws ConfigException {
    AccessLog log = log("/a", "%REQ(:PATH)%\n");
    time.run();

    log.log(get("/1"));
    log.log(get("/2"));
    time.advance(Duration.ofMillis(9_999));
    assertThat(sink("/a").text()).isEmpty();

    time.advance(Duration.ofMillis(1));
    assertThat(sink("/a").text()).isEqualTo("/1\n/2\n");
    assertThat(count("write_buffered")).isEqualTo(2);
    assertThat(count("write_completed")).isEqualTo(1);
    assertThat(count("flushed_by_timer")).isEqualTo(1);

    time.advance(Duration.ofSeconds(10));
    assertThat(count("flushed_by_timer")).isEqualTo(1);
  }

  @Test
  void many_lines_are_written_at_once() throws ConfigException {
    AccessLog log = log("/a", "%REQ(:PATH)%\n");
    StreamInfo stream = get("/" + "x".repeat(1022));
    for (int i = 0; i < 63; i++) {
      log.log(stream);
    }
    time.run();
    assertThat(sink("/a").writes).isZero();

    log.log(stream);
    time.run();
    assertThat(sink("/a").text()).hasSize(64 << 10);
  }

  @Test
  void two_logs_of_one_path_share_the_file() throws ConfigException {
    AccessLog first = log("/a", "1\n");
    AccessLog second = log("/a", "2\n");
    first.log(get("/"));
    second.log(get("/"));
    files.flush();

    assertThat(sinks("/a")).hasSize(1);
    assertThat(sink("/a").text()).isEqualTo("1\n2\n");
  }

  @Test
  void a_full_buffer_drops_whole_lines_and_counts_them() throws ConfigException {
    AccessLog log = log("/a", "%REQ(:PATH)%\n");
    StreamInfo stream = get("x".repeat(1 << 17));
    for (int i = 0; i < 10; i++) {
      log.log(stream);
    }
    files.flush();

    assertThat(sink("/a").text().lines()).hasSize(7).allMatch(line -> line.length() == 1 << 17);
    assertThat(count("write_dropped")).isEqualTo(3);
    assertThat(count("write_buffered")).isEqualTo(7);

    log.log(get("/after"));
    files.flush();
    assertThat(sink("/a").text()).endsWith("\n/after\n");
  }

  @Test
  void a_disk_that_fails_is_counted_and_tried_again() throws ConfigException {
    AccessLog log = log("/a", "%REQ(:PATH)%\n");
    sink("/a").failing = true;
    log.log(get("/lost"));
    files.flush();
    assertThat(count("write_failed")).isEqualTo(1);

    sink("/a").failing = false;
    log.log(get("/kept"));
    files.flush();
    assertThat(sink("/a").text()).isEqualTo("/kept\n");
  }

  @Test
  void a_file_that_was_moved_is_opened_again() throws ConfigException {
    AccessLog log = log("/a", "%REQ(:PATH)%\n");
    log.log(get("/old"));
    files.reopen();
    time.run();
    log.log(get("/new"));
    files.flush();

    assertThat(sinks("/a")).hasSize(2);
    assertThat(sinks("/a").get(0).text()).isEqualTo("/old\n");
    assertThat(sinks("/a").get(0).closed).isTrue();
    assertThat(sink("/a").text()).isEqualTo("/new\n");
  }

  @Test
  void a_file_that_cannot_be_opened_again_stays() throws ConfigException {
    AccessLog log = log("/a", "%REQ(:PATH)%\n");
    refuseToOpen = true;
    files.reopen();
    time.run();
    log.log(get("/still"));
    files.flush();

    assertThat(count("reopen_failed")).isEqualTo(1);
    assertThat(sink("/a").text()).isEqualTo("/still\n");
  }

  @Test
  void closing_writes_what_waits() throws ConfigException {
    log("/a", "last\n").log(get("/"));
    files.close();

    assertThat(sink("/a").text()).isEqualTo("last\n");
    assertThat(sink("/a").closed).isTrue();
  }

  @Test
  void standard_output_and_old_formats_are_taken() throws ConfigException {
    read(Any.pack(StdoutAccessLog.getDefaultInstance())).log(get("/out"));
    @SuppressWarnings("deprecation")
    FileAccessLog old =
        FileAccessLog.newBuilder()
            .setPath("/old")
            .setJsonFormat(
                Struct.newBuilder()
                    .putFields("p", Value.newBuilder().setStringValue("%REQ(:PATH)%").build()))
            .build();
    read(Any.pack(old)).log(get("/é€😀"));
    files.flush();

    assertThat(sink("/dev/stdout").text()).contains(" /out ").startsWith("[1970-01-01T");
    assertThat(sink("/old").text()).isEqualTo("{\"p\":\"/é€😀\"}\n");
  }

  private static Any withFormatter(String type) {
    return Any.pack(
        FileAccessLog.newBuilder()
            .setPath("/f")
            .setLogFormat(
                SubstitutionFormatString.newBuilder()
                    .setTextFormatSource(
                        DataSource.newBuilder().setInlineString("%REQ_WITHOUT_QUERY(:PATH)%\n"))
                    .addFormatters(
                        TypedExtensionConfig.newBuilder()
                            .setName("a formatter")
                            .setTypedConfig(
                                Any.newBuilder().setTypeUrl("type.googleapis.com/" + type))))
            .build());
  }

  @Test
  void formatters_are_taken_when_their_commands_are_known() throws ConfigException {
    read(withFormatter("envoy.extensions.formatter.req_without_query.v3.ReqWithoutQuery"))
        .log(get("/p?secret"));
    files.flush();

    assertThat(sink("/f").text()).isEqualTo("/p\n");
    assertThatThrownBy(
            () -> read(withFormatter("envoy.extensions.formatter.unheard_of.v3.UnheardOf")))
        .hasMessage(
            "Didn't find a registered implementation for 'a formatter' with type URL:"
                + " 'envoy.extensions.formatter.unheard_of.v3.UnheardOf'");
  }

  @Test
  void logs_for_a_grpc_service_are_taken_and_not_sent() throws ConfigException {
    read(Any.pack(HttpGrpcAccessLogConfig.getDefaultInstance())).log(get("/"));

    assertThat(opened).isEmpty();
  }

  @Test
  void a_path_that_cannot_be_opened_is_refused_in_envoys_words(@TempDir Path dir) {
    try (AccessLogFiles real =
        AccessLogFiles.start(store.root(), time, AccessLogFiles.FLUSH_INTERVAL)) {
      String path = dir.resolve("none/x").toString();

      assertThatThrownBy(() -> real.file(path))
          .isInstanceOf(ConfigException.class)
          .hasMessage("unable to open file '" + path + "': No such file or directory");
    }
  }

  @Test
  void a_real_file_has_the_lines_of_all_threads_when_the_proxy_is_closed(@TempDir Path dir)
      throws Exception {
    Path path = dir.resolve("access.log");
    AccessLogFiles real = AccessLogFiles.start(store.root(), time, AccessLogFiles.FLUSH_INTERVAL);
    LogFile file = real.file(path.toString());
    List<Thread> workers = new ArrayList<>();
    for (int w = 0; w < 3; w++) {
      String prefix = "worker " + w + " line ";
      Thread worker =
          new Thread(
              () -> {
                for (int i = 0; i < 5_000; i++) {
                  file.append(prefix + i + "\n");
                }
              });
      worker.start();
      workers.add(worker);
    }
    for (Thread worker : workers) {
      worker.join();
    }
    real.close();

    List<String> lines = Files.readAllLines(path);
    assertThat(lines).hasSize(15_000);
    for (int w = 0; w < 3; w++) {
      String prefix = "worker " + w + " line ";
      List<String> own = lines.stream().filter(line -> line.startsWith(prefix)).toList();
      assertThat(own).hasSize(5_000).startsWith(prefix + 0).endsWith(prefix + 4_999);
    }
  }
}
