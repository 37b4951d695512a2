package io.bifocal.xds.internal.tree;

import io.bifocal.xds.ResourceType;
import io.bifocal.xds.WatchError;
import io.bifocal.xds.snapshot.ClusterSnapshot;
import io.bifocal.xds.snapshot.ListenerSnapshot;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import java.util.List;

/** A resource with all that it names, for one judge. On the loop. */
public interface Tree<S> {

  /** A listener with all that it leads to. */
  static Tree<ListenerSnapshot> ofListener(
      Ground ground,
      Judge<ListenerSnapshot> judge,
      ConfigSource listeners,
      ConfigSource clusters,
      String name) {
    return new Rounds<>(
        ground, judge, clusters, new PartKey<>(listeners, ResourceType.LISTENER, name));
  }

  /** A cluster with its endpoints. */
  static Tree<ClusterSnapshot> ofCluster(
      Ground ground, Judge<ClusterSnapshot> judge, ConfigSource clusters, String name) {
    return new Rounds<>(
        ground, judge, clusters, new PartKey<>(clusters, ResourceType.CLUSTER, name));
  }

  /** Takes what has been heard, unless a verdict is still awaited; then that is done later. */
  void evaluate();

  /** What is not there, and why; parts of parts as far as they are known. */
  List<WatchError> missing();

  /** Lets go of everything; what is still to be answered is accepted. */
  void close();
}
