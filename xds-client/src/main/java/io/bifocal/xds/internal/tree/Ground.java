package io.bifocal.xds.internal.tree;

import com.google.protobuf.Message;
import io.bifocal.xds.Resource;
import io.bifocal.xds.ResourceType;
import io.bifocal.xds.Update;
import io.bifocal.xds.Verdict;
import io.bifocal.xds.WatchError;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;

/** Where trees get their parts, and a turn in which to look at them. On the loop. */
public interface Ground {

  /** What a part hears of its resource. */
  interface Ear<T extends Message> {
    Verdict update(Update<T> update);

    void error(WatchError error);

    /** Whether the part is this very resource. */
    boolean holds(Resource<T> resource);
  }

  /**
   * Fetches; what is known already is told within this call.
   *
   * @return ends it
   */
  <T extends Message> Runnable fetch(
      ConfigSource source, ResourceType<T> type, String name, Ear<T> ear);

  /**
   * Runs {@link Tree#evaluate} soon, when all that one response brings has been heard, and together
   * with that of other trees, so that what they newly fetch makes one request.
   */
  void due(Tree<?> tree);
}
