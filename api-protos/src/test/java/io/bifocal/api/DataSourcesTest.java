package io.bifocal.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.envoyproxy.envoy.config.core.v3.DataSource;
import java.nio.file.Files;
import java.nio.file.Path;
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
    DataSource source = DataSource.newBuilder().setFilename(file.toString()).build();
    assertThat(DataSources.read(source)).isEqualTo(BYTES);
    assertThat(DataSources.name(source)).isEqualTo(file.toString());
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
    assertThatThrownBy(
            () -> DataSources.read(DataSource.newBuilder().setFilename("/nonexistent").build()))
        .isInstanceOf(ConfigException.class)
        .hasMessage("Invalid path: /nonexistent");
    assertThatThrownBy(
            () ->
                DataSources.read(DataSource.newBuilder().setEnvironmentVariable("NO SUCH").build()))
        .hasMessage("Environment variable doesn't exist: NO SUCH");
  }
}
