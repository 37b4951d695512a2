package io.bifocal.dataplane.admin;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import io.bifocal.dataplane.cluster.ClusterConfig;
import io.bifocal.dataplane.cluster.ClusterStatusView;
import io.bifocal.dataplane.host.HostSet;
import io.bifocal.dataplane.pool.PriorityBreakers;
import io.envoyproxy.envoy.admin.v3.ClustersConfigDump;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.time.Duration;
import java.util.AbstractList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Pages about ten thousand clusters are never there as a whole. */
class LargePagesTest {
  private static final int CLUSTERS = 10_000;
  private static final Cluster CLUSTER = Cluster.newBuilder().setName("c").build();
  private static final int PIECE = 16 << 10;

  /** All of them, one as the other; knows how many have been looked at. */
  private static final class Seen extends AbstractList<ClusterStatusView> {
    private final ClusterStatusView one =
        new ClusterStatusView(
            new ClusterConfig(
                "c", "c", Duration.ofSeconds(1), 1 << 20, Duration.ofHours(1), 0, CLUSTER),
            true,
            new HostSet(List.of(List.of()), 140),
            PriorityBreakers.defaults());
    private int most;

    @Override
    public ClusterStatusView get(int index) {
      most = Math.max(most, index);
      return one;
    }

    @Override
    public int size() {
      return CLUSTERS;
    }
  }

  private static void readOnePiece(Iterator<? extends CharSequence> body) {
    TextChunks chunks = new TextChunks(body, () -> {});
    ByteBuf first = requireNonNull(chunks.readChunk(UnpooledByteBufAllocator.DEFAULT));
    assertThat(first.readableBytes()).isEqualTo(PIECE);
    first.release();
  }

  private static void assertPiecesAreSmall(Iterator<? extends CharSequence> body) {
    long length = 0;
    while (body.hasNext()) {
      int piece = body.next().length();
      assertThat(piece).isLessThan(PIECE);
      length += piece;
    }
    assertThat(length).isGreaterThan(1 << 20);
  }

  @Test
  void clustersAreLookedAtAsTheClientReads() {
    Seen clusters = new Seen();
    readOnePiece(ClustersPage.json(clusters));
    assertThat(clusters.most).isLessThan(100);

    assertPiecesAreSmall(ClustersPage.json(clusters));
    assertThat(clusters.most).isEqualTo(CLUSTERS - 1);
  }

  @Test
  void theirConfigurationIsPrintedOneByOne() {
    List<Message> sections =
        List.of(
            ClustersConfigDump.newBuilder()
                .addAllDynamicActiveClusters(
                    Collections.nCopies(
                        CLUSTERS,
                        ClustersConfigDump.DynamicCluster.newBuilder()
                            .setCluster(Any.pack(CLUSTER))
                            .build()))
                .build());
    for (String of : List.of("", "?resource=dynamic_active_clusters", "?name_regex=c")) {
      Request request = Request.of("GET", "/config_dump" + of);
      readOnePiece(ConfigDumpPage.answer(request, sections).body());
      assertPiecesAreSmall(ConfigDumpPage.answer(request, sections).body());
    }
  }
}
