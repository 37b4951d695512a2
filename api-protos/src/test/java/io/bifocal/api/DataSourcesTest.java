package io.bifocal.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.envoyproxy.envoy.config.core.v3.DataSource;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataSourcesTest {
  private static final ByteString BYTES = ByteString.copyFromUtf8("é");

  @Test
  void whatIsWrittenOutIsTaken() throws Exception {
    assertThat(DataSources.read(DataSource.newBuilder().setInlineString("é").build()))
        .isEqualTo(BYTES);
    assertThat(DataSources.read(DataSource.newBuilder().setInlineBytes(BYTES).build()))
        .isEqualTo(BYTES);
    assertThat(DataSources.read(DataSource.getDefaultInstance())).isEmpty();
  }

  @Test
  void aFileIsRead(@TempDir Path folder) throws Exception {
    Path file = Files.writeString(folder.resolve("f"), "é");
    DataSource source = file(file.toString());
    assertThat(DataSources.read(source)).isEqualTo(BYTES);
    assertThat(DataSources.name(source)).isEqualTo(file.toString());
  }

  @Test
  void aPipeIsReadThatWasInherited() throws Exception {
    assertThat(readByAnotherProcess("/dev/fd/0")).isEqualTo("é");
  }

  @Test
  void aPipeByAnyOtherNameIsNoFile() throws Exception {
    assertThat(readByAnotherProcess("/dev/stdin")).isEqualTo("Invalid path: /dev/stdin");
  }

  @Test
  void filesOfTheSystemAreNone(@TempDir Path folder) throws Exception {
    Path link = Files.createSymbolicLink(folder.resolve("link"), Path.of("/proc/version"));
    for (String name : List.of("/proc/version", link.toString(), "/dev/null")) {
      assertThatThrownBy(() -> DataSources.read(file(name)))
          .isInstanceOf(ConfigException.class)
          .hasMessage("Invalid path: " + name);
    }
  }

  /** What another process makes of its standard input, or its refusal. */
  private static String readByAnotherProcess(String name) throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Reader.class.getName(),
                name)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (OutputStream stdin = process.getOutputStream()) {
      stdin.write(BYTES.toByteArray());
    }
    return new String(process.getInputStream().readAllBytes(), UTF_8);
  }

  /** The other process. */
  static final class Reader {
    private Reader() {}

    public static void main(String[] args) throws IOException {
      byte[] told;
      try {
        told = DataSources.read(file(args[0])).toByteArray();
      } catch (ConfigException e) {
        told = e.reason().getBytes(UTF_8);
      }
      System.out.write(told);
      System.out.flush();
    }
  }

  private static DataSource file(String name) {
    return DataSource.newBuilder().setFilename(name).build();
  }

  @Test
  void anEnvironmentVariableIsRead() throws Exception {
    Map.Entry<String, String> any =
        System.getenv().entrySet().stream().filter(e -> !e.getValue().isEmpty()).findAny().get();
    DataSource source = DataSource.newBuilder().setEnvironmentVariable(any.getKey()).build();
    assertThat(DataSources.read(source).toStringUtf8()).isEqualTo(any.getValue());
    assertThat(DataSources.name(source)).isEqualTo("<inline>");
  }

  @Test
  void whatIsNotThereIsToldInEnvoysWords() {
    assertThatThrownBy(() -> DataSources.read(file("/nonexistent")))
        .isInstanceOf(ConfigException.class)
        .hasMessage("Invalid path: /nonexistent");
    assertThatThrownBy(
            () ->
                DataSources.read(DataSource.newBuilder().setEnvironmentVariable("NO SUCH").build()))
        .hasMessage("Environment variable doesn't exist: NO SUCH");
  }
}
