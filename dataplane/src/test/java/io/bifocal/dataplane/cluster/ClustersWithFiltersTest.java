package io.bifocal.dataplane.cluster;

import static io.bifocal.dataplane.cluster.ClusterFixture.inline;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.init.InitManager;
import io.bifocal.xds.ResourceType;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.Http1ProtocolOptions;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter;
import io.envoyproxy.envoy.extensions.upstreams.http.v3.HttpProtocolOptions;
import io.envoyproxy.envoy.extensions.upstreams.http.v3.HttpProtocolOptions.ExplicitHttpConfig;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Clusters whose requests meet filters on their way to connections. */
class ClustersWithFiltersTest {
  private final ClusterFixture fixture = new ClusterFixture();
  private final List<InitManager.Target> waiting = new ArrayList<>();
  private final List<String> closed = new ArrayList<>();

  /** Those of one incarnation, by the name of their only filter. */
  private final class Named implements UpstreamFilters {
    private final String name;

    Named(String name) {
      this.name = name;
    }

    @Override
    public void close() {
      closed.add(name);
    }
  }

  @BeforeEach
  void read() {
    fixture.filters =
        (filters, path, scope, init) -> {
          String name = filters.get(0).getName();
          if (name.equals("bad")) {
            throw new ConfigException(path + ": bad");
          }
          waiting.add(init.register(name));
          return new Named(name);
        };
    fixture.running();
  }

  private static Cluster filtered(String filter) {
    HttpProtocolOptions options =
        HttpProtocolOptions.newBuilder()
            .setExplicitHttpConfig(
                ExplicitHttpConfig.newBuilder()
                    .setHttpProtocolOptions(Http1ProtocolOptions.getDefaultInstance()))
            .addHttpFilters(HttpFilter.newBuilder().setName(filter))
            .build();
    return inline("a").toBuilder()
        .putTypedExtensionProtocolOptions("http", Any.pack(options))
        .build();
  }

  private void ready(int incarnation) {
    waiting.get(incarnation).ready();
    fixture.time.run();
  }

  private String serving() {
    return fixture.get("a").filters() instanceof Named named ? named.name : "none";
  }

  @Test
  void aClusterServesWhenItsFiltersAreThere() {
    fixture.cds("1", filtered("one"));
    assertThat(fixture.manager.find("a")).isNull();
    ready(0);
    assertThat(serving()).isEqualTo("one");
  }

  @Test
  void anotherIncarnationHasItsOwn() {
    fixture.cds("1", filtered("one"));
    ready(0);
    fixture.cds("2", filtered("two"));
    assertThat(serving()).isEqualTo("one");
    assertThat(closed).isEmpty();
    ready(1);
    assertThat(serving()).isEqualTo("two");
    assertThat(closed).containsExactly("one");
  }

  @Test
  void whatNeverServedIsClosedToo() {
    fixture.cds("1", filtered("one"));
    fixture.cds("2", filtered("two"));
    assertThat(closed).containsExactly("one");
    fixture.cds("3");
    assertThat(closed).containsExactly("one", "two");
  }

  @Test
  void whatCannotBeReadIsRefused() {
    fixture.xds.newRequests();
    fixture.cds("1", filtered("bad"));
    assertThat(fixture.xds.newRequests().toString()).contains("cluster 'a': bad");
    assertThat(fixture.xds.open(ResourceType.CLUSTER)).isEqualTo(1);
    assertThat(fixture.manager.find("a")).isNull();
  }
}
