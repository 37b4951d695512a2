package io.bifocal.dataplane.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.http.PathNormalization.EscapedSlashes;
import io.bifocal.dataplane.runtime.ScriptedRuntime;
import io.envoyproxy.envoy.config.core.v3.Node;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.PathWithEscapedSlashesAction;
import org.junit.jupiter.api.Test;

/** What of a connection manager's settings the runtime says. */
class HttpSettingsReaderTest {
  private static final String SLASHES = "http_connection_manager.path_with_escaped_slashes_action";

  private final ScriptedRuntime runtime = new ScriptedRuntime();
  private final HttpConnectionManager.Builder config =
      HttpConnectionManager.newBuilder().setStatPrefix("a");

  private PathNormalization paths() throws ConfigException {
    return HttpSettingsReader.read(config.build(), Node.getDefaultInstance(), runtime).path();
  }

  @Test
  void pathsAreNormalizedIfTheRuntimeSaysSoAndTheConfigurationNothing() throws ConfigException {
    assertThat(paths().normalizes()).isFalse();
    runtime.set("http_connection_manager.normalize_path", "100");
    assertThat(paths().normalizes()).isTrue();
    config.getNormalizePathBuilder().setValue(false);
    assertThat(paths().normalizes()).isFalse();
  }

  @Test
  void soItIsWithEscapedSlashes() throws ConfigException {
    assertThat(paths().escapedSlashes()).isEqualTo(EscapedSlashes.KEEP);
    runtime.set(SLASHES, "2");
    assertThat(paths().escapedSlashes()).isEqualTo(EscapedSlashes.REJECT);
    runtime.set(SLASHES, "3");
    assertThat(paths().escapedSlashes()).isEqualTo(EscapedSlashes.REDIRECT);
    config.setPathWithEscapedSlashesAction(PathWithEscapedSlashesAction.UNESCAPE_AND_FORWARD);
    assertThat(paths().escapedSlashes()).isEqualTo(EscapedSlashes.FORWARD);
  }

  @Test
  void escapedSlashesCanBeLeftAloneWhateverIsConfigured() throws ConfigException {
    config.setPathWithEscapedSlashesAction(PathWithEscapedSlashesAction.REJECT_REQUEST);
    runtime.set(SLASHES + "_enabled", "0");
    assertThat(paths().escapedSlashes()).isEqualTo(EscapedSlashes.KEEP);
  }
}
