package io.bifocal.dataplane.http.filter;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import io.bifocal.api.BootstrapReader;
import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.runtime.ScriptedRuntime;
import io.bifocal.dataplane.stats.StatsStore;
import io.bifocal.xds.time.VirtualTime;

/** What a test of one kind of filter needs: a clock, a runtime, statistics, and YAML. */
public final class FilterBench {
  public final VirtualTime time = new VirtualTime();
  public final ScriptedRuntime runtime = new ScriptedRuntime();
  public final StatsStore stats = new StatsStore(1);

  /** A message as a user writes it. */
  public static Any any(Message prototype, String yaml) throws ConfigException {
    return Any.pack(new BootstrapReader(false).readYaml(yaml, "test", prototype));
  }

  public HttpFilter.Maker make(HttpFilterFactory factory, Any config) throws ConfigException {
    return factory.create(
        config, new HttpFilterContext("name", "path", stats.root().scope("http.p"), runtime));
  }

  public ScriptedStream request(String method, String path, String... headers) {
    return new ScriptedStream(time, method, path, headers);
  }

  public long count(String name) {
    return stats.numbers().stream()
        .filter(number -> number.name().full().equals(name))
        .mapToLong(number -> number.value())
        .sum();
  }
}
